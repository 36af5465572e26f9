//! Call detail records: written when a call starts, updated at its answer and its end. A record that is still open when
//! the server starts belongs to a call that a crash ended.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde::Serialize;

use crate::entity::{Json, Page};
use crate::error::{Error, Result};
use crate::limits::{CDR_LEGS_MAX, PATH_STEPS_MAX, TRACE_BYTES_MAX};
use crate::text::cut;

/// What an open record is closed with after a crash.
pub const LOST_DISPOSITION: &str = "failed";
/// Why, in plain words.
pub const LOST_CAUSE: &str = "the server stopped during the call";

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cdr {
    /// Row id; 0 before the row exists.
    pub id: i64,
    /// Name of the call, unique also over restarts.
    pub call: String,
    /// SIP Call-ID of the caller's leg.
    pub sip_call_id: String,
    /// `inbound` or `internal`.
    pub direction: String,
    /// The trunk, or the user whose phone called.
    pub origin: String,
    /// The caller's name.
    pub caller_id_name: String,
    /// The caller's number.
    pub caller_id_num: String,
    /// What was dialled.
    pub callee: String,
    /// Key of the flow, or of the extension called directly; empty when nothing matched.
    pub flow: String,
    /// Hash of the program in hex; empty when nothing matched.
    pub program_hash: String,
    /// When it started, ms UTC.
    pub start_ms: i64,
    /// When it was answered, ms UTC.
    pub answer_ms: Option<i64>,
    /// When it ended, ms UTC.
    pub end_ms: Option<i64>,
    /// What became of it, in one word; none while it lasts.
    pub disposition: Option<String>,
    /// Why it ended, in plain words.
    pub hangup_cause: String,
    /// Keys that the flow took.
    pub keys: String,
    /// Nodes passed.
    pub flow_path: Vec<PathStep>,
    /// Phones rung.
    pub legs: Vec<CdrLeg>,
    /// Figures of the caller's media.
    pub media: Option<MediaFigures>,
    /// The trace as text; left out of lists.
    #[serde(skip)]
    pub trace: String,
}

/// One node that a call passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct PathStep {
    /// Name of the node.
    pub node: String,
    /// Exit by which it was left.
    pub exit: Option<String>,
}

/// One phone that was rung.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
pub struct CdrLeg {
    /// Key of the extension.
    pub extension: String,
    /// Contact that was rung.
    pub contact: String,
    /// When it was called, ms UTC.
    pub called_ms: i64,
    /// When it answered, ms UTC.
    pub answered_ms: Option<i64>,
    /// When it was over, ms UTC.
    pub ended_ms: Option<i64>,
    /// What became of it, in one word.
    pub end: String,
    /// SIP status with which it refused.
    pub status: Option<u16>,
    /// Figures of its media.
    pub media: Option<MediaFigures>,
}

/// Figures of one party's media.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, serde::Deserialize)]
pub struct MediaFigures {
    /// Packets from the party.
    pub packets_received: u64,
    /// Packets to the party.
    pub packets_sent: u64,
    /// Packets lost on the way to us.
    pub packets_lost: u64,
    /// Packets refused because somebody else sent them.
    pub packets_refused: u64,
    /// Jitter in milliseconds.
    pub jitter_ms: f32,
}

/// Which records of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CdrFilter {
    /// Only this direction.
    pub direction: Option<String>,
    /// Only this disposition.
    pub disposition: Option<String>,
    /// Only calls that started at or after this moment, ms UTC.
    pub from_ms: Option<i64>,
    /// Only calls that started before this moment, ms UTC.
    pub to_ms: Option<i64>,
}

const COLUMNS: &str = "id, call, sip_call_id, direction, origin, caller_id_name, caller_id_num, callee, flow, \
     program_hash, start_ms, answer_ms, end_ms, disposition, hangup_cause, keys, flow_path, legs, media";

/// Keeps a whole record, in place of what was kept of the same call.
pub(crate) fn put(conn: &Connection, cdr: &Cdr) -> Result<()> {
    if cdr.end_ms.is_some() != cdr.disposition.is_some() {
        return Err(Error::Invalid(format!("the record of call {} is ended only in part", cdr.call)));
    }
    let path: Vec<&PathStep> = cdr.flow_path.iter().take(PATH_STEPS_MAX).collect();
    let legs: Vec<&CdrLeg> = cdr.legs.iter().take(CDR_LEGS_MAX).collect();
    // Half a trace would replay to another end, so one that is too long isn't kept at all.
    let trace = if cdr.trace.len() <= TRACE_BYTES_MAX { cdr.trace.as_bytes() } else { &[] };
    let values: [Value; 19] = [
        cdr.call.clone().into(),
        cut(&cdr.sip_call_id).into_owned().into(),
        cdr.direction.clone().into(),
        cut(&cdr.origin).into_owned().into(),
        cut(&cdr.caller_id_name).into_owned().into(),
        cut(&cdr.caller_id_num).into_owned().into(),
        cut(&cdr.callee).into_owned().into(),
        cdr.flow.clone().into(),
        cdr.program_hash.clone().into(),
        cdr.start_ms.into(),
        cdr.answer_ms.into(),
        cdr.end_ms.into(),
        cdr.disposition.clone().into(),
        cut(&cdr.hangup_cause).into_owned().into(),
        cut(&cdr.keys).into_owned().into(),
        json(&path)?.into(),
        json(&legs)?.into(),
        json(&cdr.media)?.into(),
        trace.to_vec().into(),
    ];
    conn.prepare_cached(
        "INSERT INTO cdrs (call, sip_call_id, direction, origin, caller_id_name, caller_id_num, callee, flow, \
         program_hash, start_ms, answer_ms, end_ms, disposition, hangup_cause, keys, flow_path, legs, media, trace) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) \
         ON CONFLICT (call) DO UPDATE SET flow = excluded.flow, program_hash = excluded.program_hash, \
         caller_id_name = excluded.caller_id_name, caller_id_num = excluded.caller_id_num, \
         answer_ms = excluded.answer_ms, end_ms = excluded.end_ms, disposition = excluded.disposition, \
         hangup_cause = excluded.hangup_cause, keys = excluded.keys, flow_path = excluded.flow_path, \
         legs = excluded.legs, media = excluded.media, trace = excluded.trace",
    )?
    .execute(params_from_iter(values))?;
    Ok(())
}

/// Notes that a call was answered.
pub(crate) fn answered(conn: &Connection, call: &str, answer_ms: i64) -> Result<()> {
    let changed = conn
        .prepare_cached("UPDATE cdrs SET answer_ms = ?2 WHERE call = ?1 AND answer_ms IS NULL")?
        .execute((call, answer_ms))?;
    if changed == 0 {
        tracing::debug!(call, "an answer was told twice, or of a call without a record");
    }
    Ok(())
}

/// Closes the records that a crash left open: the call ended somewhere between its last sign of life and now, so it is
/// closed at its last sign of life. Gives how many there were.
pub(crate) fn close_open(conn: &Connection) -> Result<usize> {
    Ok(conn.execute(
        "UPDATE cdrs SET end_ms = coalesce(answer_ms, start_ms), disposition = ?1, hangup_cause = ?2 \
         WHERE end_ms IS NULL",
        (LOST_DISPOSITION, LOST_CAUSE),
    )?)
}

/// A record with its trace, by row id or by name of the call.
pub(crate) fn get(conn: &Connection, id_or_call: &str) -> Result<Cdr> {
    let sql = format!(
        "SELECT {COLUMNS}, trace FROM cdrs WHERE id = ?1 OR call = ?2 ORDER BY call = ?2 DESC LIMIT 1"
    );
    let id: Option<i64> = id_or_call.parse().ok();
    let found = conn
        .prepare_cached(&sql)?
        .query_row((id, id_or_call), |row| {
            let mut cdr = read(row)?;
            cdr.trace = String::from_utf8_lossy(row.get_ref("trace")?.as_blob()?).into_owned();
            Ok(cdr)
        })
        .optional()?;
    found.ok_or_else(|| Error::not_found("call record", id_or_call))
}

/// Records, newest first, without their traces.
pub(crate) fn list(conn: &Connection, filter: &CdrFilter, page: Page) -> Result<Vec<Cdr>> {
    let (clause, mut values) = conditions(filter);
    let sql = format!("SELECT {COLUMNS} FROM cdrs{clause} ORDER BY start_ms DESC, id DESC LIMIT ? OFFSET ?");
    values.extend([Value::from(page.limit()), Value::from(page.offset())]);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many records a filter lets through.
pub(crate) fn count(conn: &Connection, filter: &CdrFilter) -> Result<i64> {
    let (clause, values) = conditions(filter);
    let sql = format!("SELECT count(*) FROM cdrs{clause}");
    Ok(conn.prepare_cached(&sql)?.query_row(params_from_iter(values), |r| r.get(0))?)
}

fn conditions(filter: &CdrFilter) -> (String, Vec<Value>) {
    let tests = [
        ("direction = ?", filter.direction.clone().map(Value::from)),
        ("disposition = ?", filter.disposition.clone().map(Value::from)),
        ("start_ms >= ?", filter.from_ms.map(Value::from)),
        ("start_ms < ?", filter.to_ms.map(Value::from)),
    ];
    let mut clause = String::new();
    let mut values = Vec::new();
    for (test, value) in tests {
        if let Some(value) = value {
            clause.push_str(if values.is_empty() { " WHERE " } else { " AND " });
            clause.push_str(test);
            values.push(value);
        }
    }
    (clause, values)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Cdr> {
    Ok(Cdr {
        id: row.get("id")?,
        call: row.get("call")?,
        sip_call_id: row.get("sip_call_id")?,
        direction: row.get("direction")?,
        origin: row.get("origin")?,
        caller_id_name: row.get("caller_id_name")?,
        caller_id_num: row.get("caller_id_num")?,
        callee: row.get("callee")?,
        flow: row.get("flow")?,
        program_hash: row.get("program_hash")?,
        start_ms: row.get("start_ms")?,
        answer_ms: row.get("answer_ms")?,
        end_ms: row.get("end_ms")?,
        disposition: row.get("disposition")?,
        hangup_cause: row.get("hangup_cause")?,
        keys: row.get("keys")?,
        flow_path: row.get::<_, Json<_>>("flow_path")?.0,
        legs: row.get::<_, Json<_>>("legs")?.0,
        media: row.get::<_, Json<_>>("media")?.0,
        trace: String::new(),
    })
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::Invalid(format!("a record can't be written as JSON: {e}")))
}
