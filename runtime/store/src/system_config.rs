//! Settings and facts of the installation: a key and a value each.

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;

/// Id of the key that secrets are sealed with.
pub(crate) const SECRET_KEY_ID: &str = "secret.key_id";

/// The value of a key.
pub(crate) fn get(conn: &Connection, key: &str) -> Result<Option<String>> {
    let sql = "SELECT value FROM system_config WHERE key = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([key], |r| r.get(0)).optional()?)
}

/// Sets the value of a key.
pub(crate) fn set(conn: &Connection, key: &str, value: &str, now_ms: i64) -> Result<()> {
    conn.execute(
        "INSERT INTO system_config (key, value, updated_ms) VALUES (?1, ?2, ?3) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_ms = excluded.updated_ms",
        (key, value, now_ms),
    )?;
    Ok(())
}
