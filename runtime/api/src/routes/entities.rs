//! Extensions, mailboxes and their messages.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use flow_store::{By, Extension, MailboxCounts, VoicemailBox, VoicemailMessage};
use serde::Serialize;

use crate::Api;
use crate::envelope::{Answer, Data, Failure, Rows};
use crate::limits::AUDIO_BYTES_MAX;
use crate::query::PageQuery;
use crate::routes::import::{ACTOR, SecretView};

/// A mailbox with its totals.
#[derive(Debug, Serialize)]
pub(super) struct MailboxView {
    #[serde(flatten)]
    mailbox: VoicemailBox,
    #[serde(flatten)]
    counts: MailboxCounts,
}

pub(super) async fn extensions(
    State(api): State<Api>,
    Query(page): Query<PageQuery>,
) -> Answer<Rows<Extension>> {
    let rows = api.read(move |store| store.entities(page.page())).await?;
    Ok(Data(Rows { rows, total: None }))
}

pub(super) async fn extension(State(api): State<Api>, Path(id): Path<String>) -> Answer<Extension> {
    Ok(Data(api.read(move |store| store.entity(&id)).await?))
}

/// Makes a new SIP password for an extension and shows it, this once.
pub(super) async fn renew_secret(State(api): State<Api>, Path(id): Path<String>) -> Answer<SecretView> {
    let by = By { actor: ACTOR, now_ms: (api.now_ms)() };
    let made = api
        .write(move |store| {
            let extension: Extension = store.entity(&id)?;
            store.renew_secret(&extension.key, by)
        })
        .await?;
    Ok(Data(SecretView::from(made)))
}

pub(super) async fn mailboxes(
    State(api): State<Api>,
    Query(page): Query<PageQuery>,
) -> Answer<Rows<MailboxView>> {
    let rows = api
        .read(move |store| {
            let boxes: Vec<VoicemailBox> = store.entities(page.page())?;
            let view = |mailbox: VoicemailBox| {
                let counts = store.message_counts(&mailbox.key)?;
                Ok(MailboxView { mailbox, counts })
            };
            boxes.into_iter().map(view).collect()
        })
        .await?;
    Ok(Data(Rows { rows, total: None }))
}

pub(super) async fn messages(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Answer<Rows<VoicemailMessage>> {
    let (rows, counts) =
        api.read(move |store| Ok((store.messages(&id, page.page())?, store.message_counts(&id)?))).await?;
    Ok(Data(Rows { rows, total: Some(counts.messages) }))
}

pub(super) async fn audio(
    State(api): State<Api>,
    Path((id, message)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let path = api.read(move |store| store.message_file(&id, message)).await?;
    let size = tokio::fs::metadata(&path).await.map(|m| m.len());
    if size.is_ok_and(|size| size > AUDIO_BYTES_MAX) {
        return Err(Failure::internal("the recording is longer than a message can be"));
    }
    let bytes = tokio::fs::read(&path).await.map_err(|e| {
        tracing::error!(path = %path.display(), error = %e, "a message's recording can't be read");
        Failure::internal("the recording of this message can't be read; look at the server's log")
    })?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], bytes).into_response())
}
