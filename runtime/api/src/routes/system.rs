//! The system itself: health, status, contacts, live calls, audit.

use axum::extract::{Query, State};
use flow_store::{AuditRow, Registration};
use serde::Serialize;

use crate::Api;
use crate::board::{ActiveCall, Status};
use crate::envelope::{Answer, Data, Rows};
use crate::query::PageQuery;

/// It lives.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
}

pub(super) async fn health() -> Data<Health> {
    Data(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

pub(super) async fn status(State(api): State<Api>) -> Answer<Status> {
    Ok(Data(api.board.status().await?))
}

pub(super) async fn active_calls(State(api): State<Api>) -> Answer<Rows<ActiveCall>> {
    let rows = api.board.active_calls().await?;
    Ok(Data(Rows { total: i64::try_from(rows.len()).ok(), rows }))
}

pub(super) async fn registrations(State(api): State<Api>) -> Answer<Rows<Registration>> {
    let now_ms = (api.now_ms)();
    let rows = api.read(move |store| store.registrations(now_ms)).await?;
    Ok(Data(Rows { rows, total: None }))
}

pub(super) async fn audit(State(api): State<Api>, Query(page): Query<PageQuery>) -> Answer<Rows<AuditRow>> {
    let rows = api.read(move |store| store.audit(page.page())).await?;
    Ok(Data(Rows { rows, total: None }))
}
