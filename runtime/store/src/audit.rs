//! Who changed what, when. Rows are written in the transaction of the change and never changed.

use rusqlite::Connection;
use serde::Serialize;

use crate::entity::Page;
use crate::error::Result;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A row was made.
    Create,
    /// A row was changed.
    Change,
    /// A version was made live.
    Publish,
    /// A live flow was compiled again because facts changed.
    Recompile,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Change => "change",
            Action::Publish => "publish",
            Action::Recompile => "recompile",
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// When, ms UTC.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub kind: String,
    /// To which.
    pub key: String,
    /// What changed, in words.
    pub detail: String,
}

/// A change by somebody at a moment.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who.
    pub actor: &'a str,
    /// When, ms UTC.
    pub now_ms: i64,
}

/// Writes a row.
pub(crate) fn write(
    conn: &Connection,
    by: By<'_>,
    action: Action,
    (kind, key): (&str, &str),
    detail: &str,
) -> Result<()> {
    conn.execute(
        "INSERT INTO audit (at_ms, actor, action, kind, key, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (by.now_ms, by.actor, action.name(), kind, key, detail),
    )?;
    Ok(())
}

/// Rows, newest first.
pub(crate) fn list(conn: &Connection, page: Page) -> Result<Vec<AuditRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT at_ms, actor, action, kind, key, detail FROM audit ORDER BY id DESC LIMIT ?1 OFFSET ?2",
    )?;
    let rows = statement.query_map((page.limit(), page.offset()), |r| {
        Ok(AuditRow {
            at_ms: r.get(0)?,
            actor: r.get(1)?,
            action: r.get(2)?,
            kind: r.get(3)?,
            key: r.get(4)?,
            detail: r.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
