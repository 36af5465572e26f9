//! Requests by method.

use lsp_server::{ErrorCode, Request};
use serde_json::Value;

use crate::desk::Desk;

/// Why a request isn't answered.
#[derive(Debug)]
pub struct Refusal {
    /// The protocol's code.
    pub code: ErrorCode,
    /// For people.
    pub why: String,
}

/// Answers a request.
///
/// # Errors
/// It's none of ours, can't be read, or can't be done.
pub fn answer(desk: &mut Desk, request: Request) -> Result<Value, Refusal> {
    let _ = desk;
    let why = format!("`{}` isn't supported", request.method);
    Err(Refusal { code: ErrorCode::MethodNotFound, why })
}
