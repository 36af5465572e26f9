//! Importing a folder.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow_compiler::diag::Diagnostic;
use flow_store::{By, Import, ImportFile, ImportReport, ImportedRow, NewSecret, Published};
use serde::{Deserialize, Serialize};

use crate::Api;
use crate::envelope::{Answer, Data, Failure};
use crate::routes::flows::unreadable;

/// Who acts through the API with the local token, as the audit has it.
pub(super) const ACTOR: &str = "local";

/// A folder to import.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportBody {
    files: Vec<FileBody>,
    #[serde(default)]
    publish: bool,
}

/// A file: text as it is, or anything as base64.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileBody {
    path: String,
    text: Option<String>,
    base64: Option<String>,
}

/// What an import did. The secrets in it are shown this once.
#[derive(Debug, Serialize)]
pub(super) struct ImportView {
    rows: Vec<ImportedRow>,
    secrets: Vec<SecretView>,
    published: Vec<Published>,
    warnings: Vec<Diagnostic>,
}

/// A SIP password that was made just now.
#[derive(Debug, Serialize)]
pub(super) struct SecretView {
    extension: String,
    label: String,
    username: String,
    secret: String,
}

impl From<NewSecret> for SecretView {
    fn from(made: NewSecret) -> SecretView {
        SecretView {
            secret: made.secret.reveal().to_owned(),
            extension: made.extension,
            label: made.label,
            username: made.username,
        }
    }
}

pub(super) async fn import(
    State(api): State<Api>,
    body: Result<Json<ImportBody>, JsonRejection>,
) -> Answer<ImportView> {
    let Json(body) = body.map_err(unreadable)?;
    let files = body.files.into_iter().map(file).collect::<Result<_, _>>()?;
    let import = Import { files, publish: body.publish };
    let by = By { actor: ACTOR, now_ms: (api.now_ms)() };
    let report = api.write(move |store| store.import(&import, by)).await?;
    Ok(Data(view(report)))
}

fn file(body: FileBody) -> Result<ImportFile, Failure> {
    let bytes = match (body.text, body.base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(coded)) => STANDARD
            .decode(coded)
            .map_err(|e| Failure::bad_request(format!("`base64` of {} can't be read: {e}", body.path)))?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(Failure::bad_request(format!("{} must have either `text` or `base64`", body.path)));
        }
    };
    Ok(ImportFile { path: body.path, bytes })
}

fn view(report: ImportReport) -> ImportView {
    ImportView {
        rows: report.rows,
        secrets: report.secrets.into_iter().map(SecretView::from).collect(),
        published: report.published,
        warnings: report.warnings,
    }
}
