//! Questions about the shape of a text: folds, selections, colours, formatting.

use flow_compiler::edit::format::{self, Change};
use flow_compiler::edit::tokens::{Colour, TokenKind};
use flow_compiler::edit::{folding, selection, tokens};
use flow_compiler::graph::FileId;
use lsp_types::{
    DocumentFormattingParams, DocumentOnTypeFormattingParams, DocumentRangeFormattingParams, FoldingRange,
    FoldingRangeKind, FoldingRangeParams, SelectionRange, SelectionRangeParams, SemanticToken,
    SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensLegend, SemanticTokensParams,
    SemanticTokensRangeParams, SemanticTokensRangeResult, SemanticTokensResult, TextEdit, Uri,
};

use crate::desk::{Desk, View};
use crate::position::Lines;
use crate::requests::Refusal;

/// `textDocument/foldingRange`
pub fn folding(desk: &mut Desk, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>, Refusal> {
    Ok(desk
        .view(&params.text_document.uri, |view, _, _| {
            view.file?;
            let lines = Lines::of(view.text);
            let fold = |fold: folding::Fold| {
                let range = lines.range(view.text, &fold.range);
                // The line of the `}` stays to be seen.
                let end_line =
                    if fold.is_comment { range.end.line } else { range.end.line.saturating_sub(1) };
                FoldingRange {
                    start_line: range.start.line,
                    end_line,
                    kind: fold.is_comment.then_some(FoldingRangeKind::Comment),
                    ..FoldingRange::default()
                }
            };
            Some(folding::folds(view.text).into_iter().map(fold).collect())
        })
        .flatten())
}

/// `textDocument/selectionRange`
pub fn selection(
    desk: &mut Desk,
    params: SelectionRangeParams,
) -> Result<Option<Vec<SelectionRange>>, Refusal> {
    Ok(desk
        .view(&params.text_document.uri, |view, _, _| {
            let number = usize::try_from(view.file?.as_u32()).ok()?;
            let marks = view.office.text.marks.get(number)?;
            let lines = Lines::of(view.text);
            let one = |position| {
                let around = selection::around(view.text, marks, lines.offset(view.text, position));
                let outer = around.into_iter().rev().fold(None, |parent, range| {
                    let range = lines.range(view.text, &range);
                    Some(Box::new(SelectionRange { range, parent }))
                });
                outer.map(|o| *o).unwrap_or(SelectionRange {
                    range: lsp_types::Range { start: position, end: position },
                    parent: None,
                })
            };
            Some(params.positions.iter().copied().map(one).collect())
        })
        .flatten())
}

/// What the numbers of tokens mean.
pub fn legend() -> SemanticTokensLegend {
    let ty = |kind: &TokenKind| match kind {
        TokenKind::Keyword => SemanticTokenType::KEYWORD,
        TokenKind::Kind => SemanticTokenType::TYPE,
        TokenKind::Flow => SemanticTokenType::NAMESPACE,
        TokenKind::Node => SemanticTokenType::FUNCTION,
        TokenKind::Entity => SemanticTokenType::CLASS,
        TokenKind::Exit => SemanticTokenType::ENUM_MEMBER,
        TokenKind::Field => SemanticTokenType::PROPERTY,
        TokenKind::Variable => SemanticTokenType::VARIABLE,
        TokenKind::String => SemanticTokenType::STRING,
        TokenKind::Value => SemanticTokenType::MACRO,
        TokenKind::Number => SemanticTokenType::NUMBER,
        TokenKind::Comment => SemanticTokenType::COMMENT,
        TokenKind::Operator => SemanticTokenType::OPERATOR,
    };
    SemanticTokensLegend {
        token_types: TokenKind::ALL.iter().map(ty).collect(),
        token_modifiers: vec![SemanticTokenModifier::DECLARATION],
    }
}

/// `textDocument/semanticTokens/full`
pub fn tokens(
    desk: &mut Desk,
    params: SemanticTokensParams,
) -> Result<Option<SemanticTokensResult>, Refusal> {
    let found = coloured(desk, &params.text_document.uri, None);
    Ok(found.map(|data| SemanticTokensResult::Tokens(SemanticTokens { result_id: None, data })))
}

/// `textDocument/semanticTokens/range`
pub fn tokens_of_range(
    desk: &mut Desk,
    params: SemanticTokensRangeParams,
) -> Result<Option<SemanticTokensRangeResult>, Refusal> {
    let found = coloured(desk, &params.text_document.uri, Some(params.range));
    Ok(found.map(|data| SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data })))
}

fn coloured(desk: &mut Desk, uri: &Uri, part: Option<lsp_types::Range>) -> Option<Vec<SemanticToken>> {
    desk.view(uri, |view, _, _| {
        let number = usize::try_from(view.file?.as_u32()).ok()?;
        let marks = view.office.text.marks.get(number)?;
        let lines = Lines::of(view.text);
        let part = part.map(|range| lines.bytes(view.text, range));
        let inside =
            |c: &Colour| part.as_ref().is_none_or(|p| c.range.end >= p.start && c.range.start <= p.end);
        let colours = tokens::colours(view.text, marks).into_iter().filter(inside);
        Some(deltas(colours, view.text, &lines))
    })?
}

/// Each token by its distance from the one before it.
fn deltas(colours: impl Iterator<Item = Colour>, text: &str, lines: &Lines) -> Vec<SemanticToken> {
    let mut last = lsp_types::Position::default();
    let token = |colour: Colour| {
        let range = lines.range(text, &colour.range);
        let delta_line = range.start.line - last.line;
        let delta_start = range.start.character - if delta_line == 0 { last.character } else { 0 };
        last = range.start;
        let kind = TokenKind::ALL.iter().position(|k| *k == colour.kind).unwrap_or_default();
        SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character - range.start.character,
            token_type: u32::try_from(kind).unwrap_or_default(),
            token_modifiers_bitset: u32::from(colour.is_made),
        }
    };
    colours.map(token).collect()
}

/// `textDocument/formatting`
pub fn format(desk: &mut Desk, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>, Refusal> {
    Ok(edits(desk, &params.text_document.uri, |view, _, file| format::file(view.office, file)))
}

/// `textDocument/rangeFormatting`
pub fn format_range(
    desk: &mut Desk,
    params: DocumentRangeFormattingParams,
) -> Result<Option<Vec<TextEdit>>, Refusal> {
    Ok(edits(desk, &params.text_document.uri, |view, lines, file| {
        format::blocks(view.office, file, &lines.bytes(view.text, params.range))
    }))
}

/// `textDocument/onTypeFormatting`: a `}` shapes the block that it closes, a new line gets its blanks.
pub fn format_on_type(
    desk: &mut Desk,
    params: DocumentOnTypeFormattingParams,
) -> Result<Option<Vec<TextEdit>>, Refusal> {
    let place = params.text_document_position;
    Ok(edits(desk, &place.text_document.uri, |view, lines, file| {
        let at = lines.offset(view.text, place.position);
        match params.ch.as_str() {
            "}" => {
                // Only what it closes: the block that ends here.
                let here = at.saturating_sub(1)..at;
                let found = format::blocks(view.office, file, &here);
                let ends = view.text.get(..at).is_some_and(|t| t.ends_with('}'));
                if ends && closes_block(view, at) { found } else { format::indent(view.text, at) }
            }
            _ => format::indent(view.text, at),
        }
    }))
}

/// Whether a block of the file ends here.
fn closes_block(view: View<'_>, at: usize) -> bool {
    let number = view.file.and_then(|f| usize::try_from(f.as_u32()).ok());
    let marks = number.and_then(|n| view.office.text.marks.get(n));
    marks.is_some_and(|m| m.blocks.iter().any(|b| usize::try_from(b.whole.end) == Ok(at)))
}

fn edits(
    desk: &mut Desk,
    uri: &Uri,
    changes: impl FnOnce(View<'_>, &Lines, FileId) -> Vec<Change>,
) -> Option<Vec<TextEdit>> {
    desk.view(uri, |view, _, _| {
        let lines = Lines::of(view.text);
        let edit = |c: Change| TextEdit { range: lines.range(view.text, &c.range), new_text: c.with };
        Some(changes(view, &lines, view.file?).into_iter().map(edit).collect())
    })?
}
