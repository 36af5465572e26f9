//! Questions about what stands at a place: completion, hover, definition, references, rename, symbols.

use std::collections::HashMap;

use flow_compiler::diag::Spot as Part;
use flow_compiler::edit::complete::{self, CompletionKind};
use flow_compiler::edit::rename::Replace;
use flow_compiler::edit::symbols::{self, Symbol, SymbolKind};
use flow_compiler::edit::things::{At, Spotted};
use flow_compiler::edit::{definition, hover, references, rename};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
    DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, Documentation, GotoDefinitionParams,
    GotoDefinitionResponse, Hover, HoverContents, HoverParams, InsertTextFormat, InsertTextMode, Location,
    MarkupContent, MarkupKind, OneOf, Position, PrepareRenameResponse, ReferenceParams, RenameParams,
    TextDocumentPositionParams, TextEdit, Uri, WorkspaceEdit, WorkspaceLocation, WorkspaceSymbol,
    WorkspaceSymbolParams, WorkspaceSymbolResponse,
};

use crate::convert;
use crate::desk::{Desk, Shelf, View};
use crate::limits::ANSWERS_MAX;
use crate::position::Lines;
use crate::requests::Refusal;

/// Asks about a position of a document: in text by its byte, in JSON by the node and the part of it that stand there.
fn at<T>(
    desk: &mut Desk,
    uri: &Uri,
    position: Position,
    ask: impl FnOnce(View<'_>, &Shelf, &std::path::Path, At<'_>, usize) -> T,
) -> Option<T> {
    desk.view(uri, |view, shelf, folder| {
        let offset = Lines::of(view.text).offset(view.text, position);
        if let Some(file) = view.file {
            return Some(ask(view, shelf, folder, At::Text { file, offset }, offset));
        }
        let (unit, _) = view.office.file(view.name)?;
        let (node, spot): (String, Part) = unit.positions.spot_at(offset)?;
        let flow = unit.project.flows.keys().next()?;
        Some(ask(view, shelf, folder, At::Canvas { unit, flow, node: &node, spot: &spot }, offset))
    })?
}

/// `textDocument/completion`
pub fn completion(desk: &mut Desk, params: CompletionParams) -> Result<Option<CompletionResponse>, Refusal> {
    let TextDocumentPositionParams { text_document, position } = params.text_document_position;
    let found = at(desk, &text_document.uri, position, |view, _, _, at, _| {
        // Completing JSON is the canvas's business.
        view.file?;
        let found = complete::complete(view.office, at);
        let lines = Lines::of(view.text);
        let range = lines.range(view.text, &found.replace);
        let items = found.items.into_iter().take(ANSWERS_MAX).enumerate();
        Some(items.map(|(number, item)| completion_item(number, item, range)).collect())
    });
    Ok(found.flatten().map(CompletionResponse::Array))
}

fn completion_item(number: usize, item: complete::Completion, range: lsp_types::Range) -> CompletionItem {
    let kind = match item.kind {
        CompletionKind::Keyword => CompletionItemKind::KEYWORD,
        CompletionKind::Kind => CompletionItemKind::CLASS,
        CompletionKind::Field => CompletionItemKind::PROPERTY,
        CompletionKind::Exit => CompletionItemKind::ENUM_MEMBER,
        CompletionKind::Entity => CompletionItemKind::REFERENCE,
        CompletionKind::Node => CompletionItemKind::FUNCTION,
        CompletionKind::Flow => CompletionItemKind::MODULE,
        CompletionKind::Value => CompletionItemKind::VALUE,
        CompletionKind::Variable => CompletionItemKind::VARIABLE,
        CompletionKind::Snippet => CompletionItemKind::SNIPPET,
    };
    let doc = MarkupContent { kind: MarkupKind::Markdown, value: item.doc };
    CompletionItem {
        label: item.label,
        kind: Some(kind),
        detail: Some(item.detail).filter(|d| !d.is_empty()),
        documentation: (!doc.value.is_empty()).then_some(Documentation::MarkupContent(doc)),
        // The catalogue's order is the order of use.
        sort_text: Some(format!("{number:04}")),
        filter_text: Some(item.filter),
        insert_text_format: item.is_snippet.then_some(InsertTextFormat::SNIPPET),
        insert_text_mode: item.is_snippet.then_some(InsertTextMode::ADJUST_INDENTATION),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: item.insert })),
        ..CompletionItem::default()
    }
}

/// `textDocument/hover`
pub fn hover(desk: &mut Desk, params: HoverParams) -> Result<Option<Hover>, Refusal> {
    let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
    let page = at(desk, &text_document.uri, position, |view, _, _, at, _| hover::hover(view.office, at));
    let content = |value| MarkupContent { kind: MarkupKind::Markdown, value };
    Ok(page.flatten().map(|page| Hover { contents: HoverContents::Markup(content(page)), range: None }))
}

/// `textDocument/definition`
pub fn definition(
    desk: &mut Desk,
    params: GotoDefinitionParams,
) -> Result<Option<GotoDefinitionResponse>, Refusal> {
    let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
    let found = at(desk, &text_document.uri, position, |view, shelf, folder, at, _| {
        locations(shelf, folder, definition::definition(view.office, at))
    });
    Ok(found.map(GotoDefinitionResponse::Array))
}

fn locations(shelf: &Shelf, folder: &std::path::Path, found: Vec<Spotted>) -> Vec<Location> {
    let mut lines: HashMap<String, (String, Lines)> = HashMap::new();
    let one = |spot: Spotted| {
        let (text, lines) = lines.entry(spot.file.clone()).or_insert_with(|| {
            let text = shelf.text(&spot.file);
            let lines = Lines::of(&text);
            (text, lines)
        });
        let range = lines.range(text, &(spot.range.0..spot.range.1));
        Some(Location { uri: convert::uri_of(shelf, folder, &spot.file)?, range })
    };
    found.into_iter().take(ANSWERS_MAX).filter_map(one).collect()
}

/// `textDocument/references`
pub fn references(desk: &mut Desk, params: ReferenceParams) -> Result<Option<Vec<Location>>, Refusal> {
    let TextDocumentPositionParams { text_document, position } = params.text_document_position;
    let made = params.context.include_declaration;
    Ok(at(desk, &text_document.uri, position, |view, shelf, folder, at, _| {
        locations(shelf, folder, references::references(view.office, at, made))
    }))
}

/// `textDocument/prepareRename`
pub fn prepare_rename(
    desk: &mut Desk,
    params: TextDocumentPositionParams,
) -> Result<Option<PrepareRenameResponse>, Refusal> {
    let TextDocumentPositionParams { text_document, position } = params;
    let found = at(desk, &text_document.uri, position, |view, _, _, _, offset| {
        let file = view.file.ok_or("in JSON nothing is renamed")?;
        let (spot, placeholder) = rename::prepare(view.office, file, offset)?;
        let range = Lines::of(view.text).range(view.text, &(spot.range.0..spot.range.1));
        Ok(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder })
    });
    found.transpose().map_err(|why: String| Refusal::failed(why))
}

/// `textDocument/rename`
pub fn rename(desk: &mut Desk, params: RenameParams) -> Result<Option<WorkspaceEdit>, Refusal> {
    let TextDocumentPositionParams { text_document, position } = params.text_document_position;
    let found = at(desk, &text_document.uri, position, |view, shelf, folder, at, _| {
        if view.file.is_none() {
            return Err("in JSON nothing is renamed".to_owned());
        }
        let edits = rename::rename(view.office, at, &params.new_name)?;
        Ok(workspace_edit(shelf, folder, edits))
    });
    found.transpose().map_err(Refusal::failed)
}

/// Edits of several files as the protocol has them.
#[expect(clippy::mutable_key_type, reason = "the protocol's map has URIs as keys; their text never changes")]
pub fn workspace_edit(shelf: &Shelf, folder: &std::path::Path, edits: Vec<Replace>) -> WorkspaceEdit {
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    let texts = edits.iter().map(|e| e.with.clone()).collect::<Vec<_>>();
    let mut places: HashMap<String, (String, Lines)> = HashMap::new();
    for (edit, new_text) in edits.into_iter().zip(texts) {
        let Some(uri) = convert::uri_of(shelf, folder, &edit.at.file) else { continue };
        let (text, lines) = places.entry(edit.at.file.clone()).or_insert_with(|| {
            let text = shelf.text(&edit.at.file);
            let lines = Lines::of(&text);
            (text, lines)
        });
        let range = lines.range(text, &(edit.at.range.0..edit.at.range.1));
        changes.entry(uri).or_default().push(TextEdit { range, new_text });
    }
    WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
}

/// `textDocument/documentSymbol`
pub fn symbols(
    desk: &mut Desk,
    params: DocumentSymbolParams,
) -> Result<Option<DocumentSymbolResponse>, Refusal> {
    Ok(desk
        .view(&params.text_document.uri, |view, _, _| {
            let (unit, file) = view.office.file(view.name)?;
            let lines = Lines::of(view.text);
            let symbols = symbols::of_file(unit, file).into_iter().take(ANSWERS_MAX);
            let shown = symbols.map(|s| document_symbol(s, view.text, &lines)).collect();
            Some(DocumentSymbolResponse::Nested(shown))
        })
        .flatten())
}

fn symbol_kind(kind: SymbolKind) -> lsp_types::SymbolKind {
    match kind {
        SymbolKind::Flow => lsp_types::SymbolKind::MODULE,
        SymbolKind::Layout => lsp_types::SymbolKind::NAMESPACE,
        SymbolKind::Node => lsp_types::SymbolKind::FUNCTION,
        SymbolKind::Entity => lsp_types::SymbolKind::OBJECT,
        SymbolKind::Part => lsp_types::SymbolKind::KEY,
        SymbolKind::Test => lsp_types::SymbolKind::EVENT,
    }
}

#[expect(deprecated, reason = "the field is there as long as the protocol has it")]
fn document_symbol(symbol: Symbol, text: &str, lines: &Lines) -> DocumentSymbol {
    let range = lines.range(text, &symbol.whole);
    let inside: Vec<_> = symbol.inside.into_iter().map(|s| document_symbol(s, text, lines)).collect();
    DocumentSymbol {
        name: symbol.name,
        detail: Some(symbol.detail),
        kind: symbol_kind(symbol.kind),
        tags: None,
        deprecated: None,
        range,
        selection_range: lines.range(text, &symbol.at),
        children: (!inside.is_empty()).then_some(inside),
    }
}

/// `workspace/symbol`
pub fn workspace_symbols(
    desk: &mut Desk,
    params: WorkspaceSymbolParams,
) -> Result<Option<WorkspaceSymbolResponse>, Refusal> {
    let mut all = Vec::new();
    for (folder, shelf) in desk.shelves() {
        shelf.office();
        let shelf = &*shelf;
        let mut texts: HashMap<&str, (String, Lines)> = HashMap::new();
        let max = ANSWERS_MAX.saturating_sub(all.len());
        for (file, symbol) in symbols::of_folder(shelf.known(), &params.query, max) {
            let Some(uri) = convert::uri_of(shelf, folder, file) else { continue };
            let (text, lines) = texts.entry(file).or_insert_with(|| {
                let text = shelf.text(file);
                let lines = Lines::of(&text);
                (text, lines)
            });
            let range = lines.range(text, &symbol.at);
            all.push(WorkspaceSymbol {
                name: symbol.name,
                kind: symbol_kind(symbol.kind),
                tags: None,
                container_name: Some(symbol.detail),
                location: OneOf::<Location, WorkspaceLocation>::Left(Location { uri, range }),
                data: None,
            });
        }
    }
    Ok(Some(WorkspaceSymbolResponse::Nested(all)))
}
