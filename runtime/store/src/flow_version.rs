//! Published versions: source, the facts that it was compiled with, and the program. Immutable; the table's triggers
//! hold that.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::audit::By;
use crate::entity::Page;
use crate::error::Result;
use crate::world::Name;

/// A version, without its source and program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlowVersion {
    /// Number within its flow, from 1.
    pub number: i64,
    /// Whether it is the live one.
    pub live: bool,
    /// Hash of the source.
    pub source_hash: String,
    /// Hash of the program.
    pub program_hash: String,
    /// Why it was made.
    pub note: String,
    /// By whom.
    pub actor: String,
    /// When, ms UTC.
    pub created_ms: i64,
}

/// What a version is made of.
#[derive(Debug)]
pub(crate) struct NewVersion<'a> {
    pub flow_id: i64,
    pub source: &'a str,
    pub facts: &'a str,
    pub program: &'a [u8],
    pub program_hash: &'a str,
    pub uses: &'a BTreeSet<Name>,
    pub note: &'a str,
}

/// A version that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub id: i64,
    pub number: i64,
}

/// Stores a version, or finds the one of the same content.
pub(crate) fn put(conn: &Connection, new: &NewVersion<'_>, by: By<'_>) -> Result<Stored> {
    let source_hash = blake3::hash(new.source.as_bytes()).to_hex();
    let content_key = content_key(new, &source_hash);
    let old = conn
        .prepare_cached("SELECT id, number FROM flow_versions WHERE flow_id = ?1 AND content_key = ?2")?
        .query_row((new.flow_id, &content_key), |r| Ok(Stored { id: r.get(0)?, number: r.get(1)? }))
        .optional()?;
    if let Some(old) = old {
        return Ok(old);
    }
    let number: i64 = conn.query_row(
        "SELECT coalesce(max(number), 0) + 1 FROM flow_versions WHERE flow_id = ?1",
        [new.flow_id],
        |r| r.get(0),
    )?;
    conn.execute(
        "INSERT INTO flow_versions (flow_id, number, content_key, source, source_hash, facts, program, \
         program_hash, note, actor, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        (
            new.flow_id,
            number,
            &content_key,
            new.source,
            source_hash.as_str(),
            new.facts,
            new.program,
            new.program_hash,
            new.note,
            by.actor,
            by.now_ms,
        ),
    )?;
    let id = conn.last_insert_rowid();
    let mut statement =
        conn.prepare_cached("INSERT INTO flow_uses (version_id, kind, key) VALUES (?1, ?2, ?3)")?;
    for (kind, key) in new.uses {
        statement.execute((id, kind.name(), key))?;
    }
    Ok(Stored { id, number })
}

/// Versions of a flow, newest first.
pub(crate) fn list(conn: &Connection, flow_id: i64, page: Page) -> Result<Vec<FlowVersion>> {
    let mut statement = conn.prepare_cached(
        "SELECT v.number, f.live_version_id IS v.id, v.source_hash, v.program_hash, v.note, v.actor, v.created_ms \
         FROM flow_versions v JOIN call_flows f ON f.id = v.flow_id WHERE v.flow_id = ?1 \
         ORDER BY v.number DESC LIMIT ?2 OFFSET ?3",
    )?;
    let rows = statement.query_map((flow_id, page.limit(), page.offset()), |r| {
        Ok(FlowVersion {
            number: r.get(0)?,
            live: r.get(1)?,
            source_hash: r.get(2)?,
            program_hash: r.get(3)?,
            note: r.get(4)?,
            actor: r.get(5)?,
            created_ms: r.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The live source of a flow.
#[derive(Debug)]
pub(crate) struct LiveSource {
    pub flow_id: i64,
    pub flow: String,
    pub version_id: i64,
    pub source: String,
}

/// Live sources of the flows that use one of these entities; of all flows when none is named.
pub(crate) fn live_sources(conn: &Connection, changed: Option<&BTreeSet<Name>>) -> Result<Vec<LiveSource>> {
    let mut statement = conn.prepare_cached(
        "SELECT f.id, f.key, v.id, v.source FROM call_flows f JOIN flow_versions v ON v.id = f.live_version_id \
         ORDER BY f.key",
    )?;
    let rows = statement.query_map([], |r| {
        Ok(LiveSource { flow_id: r.get(0)?, flow: r.get(1)?, version_id: r.get(2)?, source: r.get(3)? })
    })?;
    let mut found = Vec::new();
    for row in rows {
        let row = row?;
        if changed.map_or(Ok(true), |names| uses_any(conn, row.version_id, names))? {
            found.push(row);
        }
    }
    Ok(found)
}

fn uses_any(conn: &Connection, version_id: i64, names: &BTreeSet<Name>) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM flow_uses WHERE kind = ?1 AND key = ?2 AND version_id = ?3)";
    let mut statement = conn.prepare_cached(sql)?;
    for (kind, key) in names {
        if statement.query_row((kind.name(), key, version_id), |r| r.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Two versions are one when source, facts and program are.
fn content_key(new: &NewVersion<'_>, source_hash: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("flowpbx 2026 content of a version");
    for part in [source_hash, new.facts, new.program_hash] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(new.program);
    hasher.finalize().to_hex().to_string()
}
