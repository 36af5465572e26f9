//! The local token: whoever can read the data folder may use the API.

use std::path::Path;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flow_store::{DataDir, Error, hex, random, write_private};
use subtle::ConstantTimeEq;

use crate::Api;
use crate::envelope::Failure;

const TOKEN_CHARS: usize = 64;

/// The token. `Debug` doesn't show it.
#[derive(Clone)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// The token of a data folder; its file is made (0600) when there is none.
    ///
    /// # Errors
    /// When the file can't be read or written, or holds something else.
    pub fn open(dir: &DataDir) -> Result<Token, Error> {
        let path = dir.api_token();
        match Token::read(&path) {
            Err(Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                let token = hex(&random::<{ TOKEN_CHARS / 2 }>()?);
                write_private(&path, token.as_bytes())?;
                Ok(Token(token))
            }
            other => other,
        }
    }

    /// The token in a file.
    ///
    /// # Errors
    /// When the file can't be read, or holds something else.
    pub fn read(path: &Path) -> Result<Token, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File {
            what: "read",
            path: path.to_path_buf(),
            source,
        })?;
        let token = text.trim();
        if token.len() == TOKEN_CHARS && token.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Token(token.to_owned()))
        } else {
            Err(Error::Invalid(format!(
                "{} doesn't hold a token; remove it and start the server again",
                path.display()
            )))
        }
    }

    /// The token, for a request.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is it, in a time that says nothing about where they differ.
    fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

/// Lets a request with the token pass.
pub(crate) async fn require(State(api): State<Api>, request: Request, next: Next) -> Response {
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match shown {
        Some(shown) if api.token.is(shown) => next.run(request).await,
        Some(_) | None => Failure::unauthorized().into_response(),
    }
}
