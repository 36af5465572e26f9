//! What every answer looks like: `{"data": …, "error": null}` or `{"data": null, "error": {"code", "message", …}}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow_compiler::diag::Diagnostic;
use flow_store::Error;
use serde::Serialize;
use serde_json::{Value, json};

use crate::board::Unavailable;

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Data<T>(pub T);

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        Json(json!({ "data": self.0, "error": Value::Null })).into_response()
    }
}

/// A page of a list: the rows, and how many there are in all.
#[derive(Clone, Debug, Serialize)]
pub struct Rows<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// All rows that the filter lets through, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

/// A refusal or a failure.
#[derive(Clone, Debug)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    diagnostics: Vec<Diagnostic>,
}

/// What a handler gives.
pub type Answer<T> = Result<Data<T>, Failure>;

impl Failure {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Failure {
        Failure { status, code, message: message.into(), diagnostics: Vec::new() }
    }

    /// 400: the request can't be understood.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 401: no token, or a wrong one.
    #[must_use]
    pub fn unauthorized() -> Failure {
        let how = "show the token of the data folder's file `api.token`: Authorization: Bearer TOKEN";
        Failure::new(StatusCode::UNAUTHORIZED, "unauthorized", how)
    }

    /// 404: there is nothing here.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 405: not with this method.
    #[must_use]
    pub fn method() -> Failure {
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this route has no such method")
    }

    /// 503: not now.
    #[must_use]
    pub fn busy(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
    }

    /// 504: it took too long.
    #[must_use]
    pub fn timeout() -> Failure {
        Failure::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "the server took too long; look at its log")
    }

    /// 500: something of ours broke.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Failure {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let message = error.to_string();
        match error {
            Error::NotFound { .. } => Failure::not_found(message),
            Error::Invalid(_) => Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message),
            Error::Refused { diagnostics, .. } | Error::ImportRefused { diagnostics } => {
                Failure { diagnostics, ..Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", message) }
            }
            Error::Busy => Failure::busy(message),
            Error::Sqlite(_)
            | Error::Migration(_)
            | Error::File { .. }
            | Error::InUse(_)
            | Error::Key(_)
            | Error::BadProgram { .. }
            | Error::Random(_) => {
                tracing::error!(error = message, "the store failed");
                Failure::internal(message)
            }
        }
    }
}

impl From<Unavailable> for Failure {
    fn from(Unavailable(why): Unavailable) -> Failure {
        Failure::busy(why)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(members), false) = (error.as_object_mut(), self.diagnostics.is_empty()) {
            members.insert("diagnostics".to_owned(), json!(self.diagnostics));
        }
        let mut response =
            (self.status, Json(json!({ "data": Value::Null, "error": error }))).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
