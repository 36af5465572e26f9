//! Flows: a draft to edit and a pointer to the live version. Calls never read drafts.

use flow_vm::Program;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use crate::entity::{Page, Saved, check_names};
use crate::error::{Error, Result};
use crate::limits::SOURCE_BYTES_MAX;

/// A flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallFlow {
    /// Row id.
    pub id: i64,
    /// Immutable key.
    pub key: String,
    /// Label.
    pub label: String,
    /// The draft: React Flow JSON. Left out of lists.
    #[serde(skip)]
    pub draft: String,
    /// Number of the live version; none while it was never published.
    pub live_version: Option<i64>,
    /// Whether the draft is what the live version was made of.
    pub draft_is_live: bool,
    /// When a version was made live last, ms UTC.
    pub published_ms: Option<i64>,
    /// When the draft was changed last, ms UTC.
    pub updated_ms: i64,
}

/// A live program.
#[derive(Debug)]
pub struct LiveFlow {
    /// Key of the flow.
    pub flow: String,
    /// Number of the version.
    pub version: i64,
    /// The verified program.
    pub program: Program,
    /// Its hash, as the version has it.
    pub program_hash: String,
}

const COLUMNS: &str = "f.id, f.key, f.label, f.draft, v.number, coalesce(v.source = f.draft, 0), f.published_ms, \
     f.updated_ms FROM call_flows f LEFT JOIN flow_versions v ON v.id = f.live_version_id";

/// A page of flows.
pub(crate) fn list(conn: &Connection, page: Page) -> Result<Vec<CallFlow>> {
    let sql = format!("SELECT {COLUMNS} ORDER BY f.key LIMIT ?1 OFFSET ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((page.limit(), page.offset()), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A flow by its key, else by its row id.
pub(crate) fn find(conn: &Connection, key_or_id: &str) -> Result<CallFlow> {
    let sql = format!("SELECT {COLUMNS} WHERE f.key = ?1 OR f.id = ?2 ORDER BY f.key = ?1 DESC LIMIT 1");
    let id: Option<i64> = key_or_id.parse().ok();
    let found = conn.prepare_cached(&sql)?.query_row((key_or_id, id), read).optional()?;
    found.ok_or_else(|| Error::not_found("flow", key_or_id))
}

/// Makes a flow or changes its label and draft.
pub(crate) fn save_draft(
    conn: &Connection,
    key: &str,
    label: &str,
    draft: &str,
    now_ms: i64,
) -> Result<Saved> {
    check_names("flow", key, label)?;
    if draft.len() > SOURCE_BYTES_MAX {
        return Err(Error::Invalid(format!("flow `{key}` is longer than {SOURCE_BYTES_MAX} bytes")));
    }
    let old: Option<(String, String)> = conn
        .prepare_cached("SELECT label, draft FROM call_flows WHERE key = ?1")?
        .query_row([key], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    match old {
        Some((old_label, old_draft)) if old_label == label && old_draft == draft => Ok(Saved::Unchanged),
        Some(_) => {
            conn.execute(
                "UPDATE call_flows SET label = ?2, draft = ?3, updated_ms = ?4 WHERE key = ?1",
                (key, label, draft, now_ms),
            )?;
            Ok(Saved::Changed)
        }
        None => {
            conn.execute(
                "INSERT INTO call_flows (key, label, draft, created_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, ?4)",
                (key, label, draft, now_ms),
            )?;
            Ok(Saved::Created)
        }
    }
}

/// Moves the live pointer.
pub(crate) fn set_live(conn: &Connection, flow_id: i64, version_id: i64, now_ms: i64) -> Result<()> {
    conn.execute(
        "UPDATE call_flows SET live_version_id = ?2, published_ms = ?3 WHERE id = ?1",
        (flow_id, version_id, now_ms),
    )?;
    Ok(())
}

/// The live programs, each verified.
pub(crate) fn live(conn: &Connection) -> Result<Vec<Result<LiveFlow>>> {
    let mut statement = conn.prepare_cached(
        "SELECT f.key, v.number, v.program, v.program_hash FROM call_flows f \
         JOIN flow_versions v ON v.id = f.live_version_id ORDER BY f.key",
    )?;
    let rows = statement.query_map([], |r| {
        let (flow, version, hash): (String, i64, String) = (r.get(0)?, r.get(1)?, r.get(3)?);
        Ok(verify(flow, version, r.get_ref(2)?.as_blob()?, hash))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn verify(flow: String, version: i64, program: &[u8], program_hash: String) -> Result<LiveFlow> {
    match flow_vm::verify(program) {
        Ok(program) => Ok(LiveFlow { flow, version, program, program_hash }),
        Err(e) => Err(Error::BadProgram { flow, reason: e.to_string() }),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<CallFlow> {
    Ok(CallFlow {
        id: row.get(0)?,
        key: row.get(1)?,
        label: row.get(2)?,
        draft: row.get(3)?,
        live_version: row.get(4)?,
        draft_is_live: row.get(5)?,
        published_ms: row.get(6)?,
        updated_ms: row.get(7)?,
    })
}
