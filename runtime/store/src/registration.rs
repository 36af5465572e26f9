//! Contacts of phones. They survive a restart; times are wall time, because the monotonic clock begins anew.

use std::net::SocketAddr;

use rusqlite::types::Type;
use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::limits::REGISTRATIONS_MAX;
use crate::text::cut;

/// How a phone is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
}

impl Transport {
    const fn name(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        }
    }
}

/// A contact of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// User name of the phone.
    pub username: String,
    /// The contact URI.
    pub contact: String,
    /// How it is reached.
    pub transport: Transport,
    /// Where its REGISTER came from.
    pub source: SocketAddr,
    /// What the phone says it is.
    pub user_agent: String,
    /// Call-ID of its last REGISTER (RFC 3261 §10.3 step 7).
    pub sip_call_id: String,
    /// CSeq of its last REGISTER.
    pub cseq: u32,
    /// When it registered last, ms UTC.
    pub registered_ms: i64,
    /// When it ends, ms UTC.
    pub expires_ms: i64,
}

/// Keeps a contact, in place of the same one.
pub(crate) fn bind(conn: &Connection, r: &Registration) -> Result<()> {
    let others: i64 = conn
        .prepare_cached("SELECT count(*) FROM registrations WHERE NOT (username = ?1 AND contact = ?2)")?
        .query_row((&r.username, &r.contact), |row| row.get(0))?;
    if others >= REGISTRATIONS_MAX {
        return Err(Error::Invalid(format!("there can be at most {REGISTRATIONS_MAX} registered contacts")));
    }
    conn.prepare_cached(
        "INSERT INTO registrations (username, contact, transport, source, user_agent, sip_call_id, cseq, \
         registered_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT (username, contact) DO UPDATE SET transport = excluded.transport, source = excluded.source, \
         user_agent = excluded.user_agent, sip_call_id = excluded.sip_call_id, cseq = excluded.cseq, \
         registered_ms = excluded.registered_ms, expires_ms = excluded.expires_ms",
    )?
    .execute((
        &r.username,
        &r.contact,
        r.transport.name(),
        r.source.to_string(),
        cut(&r.user_agent),
        &r.sip_call_id,
        r.cseq,
        r.registered_ms,
        r.expires_ms,
    ))?;
    Ok(())
}

/// Forgets a contact; one that isn't there is fine.
pub(crate) fn unbind(conn: &Connection, username: &str, contact: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM registrations WHERE username = ?1 AND contact = ?2")?
        .execute((username, contact))?;
    Ok(())
}

/// Forgets what has expired.
pub(crate) fn expire(conn: &Connection, now_ms: i64) -> Result<usize> {
    Ok(conn.execute("DELETE FROM registrations WHERE expires_ms <= ?1", [now_ms])?)
}

/// The contacts that last past `now_ms`, in the order in which they came.
pub(crate) fn load(conn: &Connection, now_ms: i64) -> Result<Vec<Registration>> {
    let mut statement = conn.prepare_cached(
        "SELECT username, contact, transport, source, user_agent, sip_call_id, cseq, registered_ms, expires_ms \
         FROM registrations WHERE expires_ms > ?1 ORDER BY id LIMIT ?2",
    )?;
    let rows = statement.query_map((now_ms, REGISTRATIONS_MAX), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Registration> {
    let transport = match row.get_ref(2)?.as_str()? {
        "tcp" => Transport::Tcp,
        // The table's CHECK lets nothing else in.
        _ => Transport::Udp,
    };
    let source = row.get_ref(3)?.as_str()?.parse();
    Ok(Registration {
        username: row.get(0)?,
        contact: row.get(1)?,
        transport,
        source: source.map_err(|e| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, Box::new(e)))?,
        user_agent: row.get(4)?,
        sip_call_id: row.get(5)?,
        cseq: row.get(6)?,
        registered_ms: row.get(7)?,
        expires_ms: row.get(8)?,
    })
}
