//! Call records.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use flow_store::Cdr;
use serde::Serialize;

use crate::Api;
use crate::envelope::{Answer, Data, Failure, Rows};
use crate::query::{CdrQuery, rfc3339};

/// A record with its times in words and in seconds.
#[derive(Debug, Serialize)]
pub(super) struct CdrView {
    #[serde(flatten)]
    cdr: Cdr,
    start_time: Option<String>,
    answer_time: Option<String>,
    end_time: Option<String>,
    /// Whole seconds from start to end.
    duration: Option<i64>,
    /// Whole seconds from answer to end.
    billable_dur: Option<i64>,
}

impl CdrView {
    fn new(cdr: Cdr) -> CdrView {
        let seconds = |from: Option<i64>| Some((cdr.end_ms?.saturating_sub(from?)).max(0) / 1_000);
        CdrView {
            start_time: rfc3339(cdr.start_ms),
            answer_time: cdr.answer_ms.and_then(rfc3339),
            end_time: cdr.end_ms.and_then(rfc3339),
            duration: seconds(Some(cdr.start_ms)),
            billable_dur: seconds(cdr.answer_ms),
            cdr,
        }
    }
}

pub(super) async fn list(State(api): State<Api>, Query(query): Query<CdrQuery>) -> Answer<Rows<CdrView>> {
    let page = query.page();
    let filter = query.filter()?;
    let (rows, total) =
        api.read(move |store| Ok((store.cdrs(&filter, page)?, store.cdr_count(&filter)?))).await?;
    Ok(Data(Rows { rows: rows.into_iter().map(CdrView::new).collect(), total: Some(total) }))
}

pub(super) async fn get(State(api): State<Api>, Path(id): Path<String>) -> Answer<CdrView> {
    Ok(Data(CdrView::new(api.read(move |store| store.cdr(&id)).await?)))
}

/// The trace as text, to be replayed by `flowc run --trace`.
pub(super) async fn trace(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Failure> {
    let cdr = api.read(move |store| store.cdr(&id)).await?;
    if cdr.trace.is_empty() {
        let why = if cdr.end_ms.is_none() {
            "the call isn't over yet"
        } else {
            "the call ran no program to its end"
        };
        return Err(Failure::not_found(format!("call {} has no trace: {why}", cdr.call)));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], cdr.trace).into_response())
}
