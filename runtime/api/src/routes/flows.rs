//! Flows: drafts, checks, publishing, versions.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use flow_compiler::diag::Diagnostic;
use flow_store::{By, CallFlow, FlowVersion, Published, Saved};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Api;
use crate::envelope::{Answer, Data, Failure, Rows};
use crate::query::PageQuery;
use crate::routes::import::ACTOR;

/// A flow with its draft.
#[derive(Debug, Serialize)]
pub(super) struct FlowView {
    #[serde(flatten)]
    flow: CallFlow,
    draft: Value,
}

/// A draft to keep.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftBody {
    label: Option<String>,
    draft: Value,
}

/// What keeping a draft did, and what a publish would say of it.
#[derive(Debug, Serialize)]
pub(super) struct DraftSaved {
    saved: Saved,
    diagnostics: Vec<Diagnostic>,
}

pub(super) async fn list(State(api): State<Api>, Query(page): Query<PageQuery>) -> Answer<Rows<CallFlow>> {
    let rows = api.read(move |store| store.flows(page.page())).await?;
    Ok(Data(Rows { rows, total: None }))
}

pub(super) async fn get(State(api): State<Api>, Path(id): Path<String>) -> Answer<FlowView> {
    let flow = api.read(move |store| store.flow(&id)).await?;
    let draft = serde_json::from_str(&flow.draft)
        .map_err(|e| Failure::internal(format!("the draft of flow `{}` isn't JSON: {e}", flow.key)))?;
    Ok(Data(FlowView { flow, draft }))
}

/// Keeps a draft, whole or half-drawn; an id that no flow has becomes the key of a new flow.
pub(super) async fn put(
    State(api): State<Api>,
    Path(id): Path<String>,
    body: Result<Json<DraftBody>, JsonRejection>,
) -> Answer<DraftSaved> {
    let Json(body) = body.map_err(unreadable)?;
    if !body.draft.is_object() {
        return Err(Failure::bad_request(
            "`draft` must be a React Flow graph: an object with nodes and edges",
        ));
    }
    let by = By { actor: ACTOR, now_ms: (api.now_ms)() };
    let saved = api
        .keep(move |store| {
            let (key, old_label) = match store.flow(&id) {
                Ok(flow) => (flow.key, flow.label),
                Err(flow_store::Error::NotFound { .. }) => (id, String::new()),
                Err(other) => return Err(other),
            };
            let label = body.label.unwrap_or(old_label);
            let saved = store.save_draft(&key, &label, &body.draft.to_string(), by)?;
            Ok(DraftSaved { saved, diagnostics: store.validate(&key)? })
        })
        .await?;
    Ok(Data(saved))
}

pub(super) async fn publish(State(api): State<Api>, Path(id): Path<String>) -> Answer<Published> {
    let by = By { actor: ACTOR, now_ms: (api.now_ms)() };
    Ok(Data(api.write(move |store| store.publish(&id, by)).await?))
}

pub(super) async fn validate(State(api): State<Api>, Path(id): Path<String>) -> Answer<Vec<Diagnostic>> {
    Ok(Data(api.read(move |store| store.validate(&id)).await?))
}

pub(super) async fn versions(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Answer<Rows<FlowVersion>> {
    let rows = api.read(move |store| store.flow_versions(&id, page.page())).await?;
    Ok(Data(Rows { rows, total: None }))
}

/// A body that can't be read.
pub(super) fn unreadable(rejection: JsonRejection) -> Failure {
    Failure::bad_request(format!("the body can't be read: {}", rejection.body_text()))
}
