//! Requests by method.

use lsp_server::{ErrorCode, Request};
use lsp_types::request::{
    CodeActionRequest, CodeLensRequest, Completion, DocumentSymbolRequest, ExecuteCommand,
    FoldingRangeRequest, Formatting, GotoDefinition, HoverRequest, InlayHintRequest, OnTypeFormatting,
    PrepareRenameRequest, RangeFormatting, References, Rename, Request as Kind, SelectionRangeRequest,
    SemanticTokensFullRequest, SemanticTokensRangeRequest, WorkspaceSymbolRequest,
};
use serde_json::Value;

use crate::desk::Desk;
use crate::{act, ask, shape};

/// Why a request isn't answered.
#[derive(Debug)]
pub struct Refusal {
    /// The protocol's code.
    pub code: ErrorCode,
    /// For people.
    pub why: String,
}

impl Refusal {
    /// It can't be done; why, for people.
    pub fn failed(why: impl Into<String>) -> Refusal {
        Refusal { code: ErrorCode::RequestFailed, why: why.into() }
    }
}

/// Answers a request.
///
/// # Errors
/// It's none of ours, can't be read, or can't be done.
pub fn answer(desk: &mut Desk, request: Request) -> Result<Value, Refusal> {
    match request.method.as_str() {
        Completion::METHOD => of::<Completion>(desk, request, ask::completion),
        HoverRequest::METHOD => of::<HoverRequest>(desk, request, ask::hover),
        GotoDefinition::METHOD => of::<GotoDefinition>(desk, request, ask::definition),
        References::METHOD => of::<References>(desk, request, ask::references),
        PrepareRenameRequest::METHOD => of::<PrepareRenameRequest>(desk, request, ask::prepare_rename),
        Rename::METHOD => of::<Rename>(desk, request, ask::rename),
        DocumentSymbolRequest::METHOD => of::<DocumentSymbolRequest>(desk, request, ask::symbols),
        WorkspaceSymbolRequest::METHOD => of::<WorkspaceSymbolRequest>(desk, request, ask::workspace_symbols),
        FoldingRangeRequest::METHOD => of::<FoldingRangeRequest>(desk, request, shape::folding),
        SelectionRangeRequest::METHOD => of::<SelectionRangeRequest>(desk, request, shape::selection),
        SemanticTokensFullRequest::METHOD => of::<SemanticTokensFullRequest>(desk, request, shape::tokens),
        SemanticTokensRangeRequest::METHOD => {
            of::<SemanticTokensRangeRequest>(desk, request, shape::tokens_of_range)
        }
        Formatting::METHOD => of::<Formatting>(desk, request, shape::format),
        RangeFormatting::METHOD => of::<RangeFormatting>(desk, request, shape::format_range),
        OnTypeFormatting::METHOD => of::<OnTypeFormatting>(desk, request, shape::format_on_type),
        CodeActionRequest::METHOD => of::<CodeActionRequest>(desk, request, act::code_actions),
        InlayHintRequest::METHOD => of::<InlayHintRequest>(desk, request, act::hints),
        CodeLensRequest::METHOD => of::<CodeLensRequest>(desk, request, act::lenses),
        ExecuteCommand::METHOD => of::<ExecuteCommand>(desk, request, act::command),
        other => {
            let why = format!("`{other}` isn't supported");
            Err(Refusal { code: ErrorCode::MethodNotFound, why })
        }
    }
}

fn of<K: Kind>(
    desk: &mut Desk,
    request: Request,
    handle: impl FnOnce(&mut Desk, K::Params) -> Result<K::Result, Refusal>,
) -> Result<Value, Refusal> {
    let params = serde_json::from_value(request.params).map_err(|error| Refusal {
        code: ErrorCode::InvalidParams,
        why: format!("the parameters of `{}` can't be read: {error}", K::METHOD),
    })?;
    let result = handle(desk, params)?;
    serde_json::to_value(result).map_err(|error| Refusal {
        code: ErrorCode::InternalError,
        why: format!("the answer can't be written: {error}"),
    })
}
