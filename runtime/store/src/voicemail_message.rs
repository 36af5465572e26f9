//! Voicemail messages: from a recording in the temporary folder to a row, so that `kill -9` at any moment leaves either
//! a message or a recording that the next start makes one of.
//!
//! The order is: sync the file, rename it into the mailbox's folder, sync the folder, insert the row. What a crash
//! leaves between two of these, [`repair`] finishes.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use crate::entity::Page;
use crate::error::{Error, Result};
use crate::files::{self, DataDir, PARTIAL_SUFFIX};
use crate::limits::{REPAIR_FILES_MAX, VOICEMAIL_KEEP_MS_MIN};
use crate::text::cut;
use crate::wav;

/// What the names of messages begin with.
const MESSAGE_PREFIX: &str = "msg_";

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoicemailMessage {
    /// Row id.
    pub id: i64,
    /// Row id of its mailbox.
    pub mailbox_id: i64,
    /// The call that left it.
    pub call: String,
    /// The caller's name.
    pub caller_id_name: String,
    /// The caller's number.
    pub caller_id_num: String,
    /// When its recording began, ms UTC.
    pub at_ms: i64,
    /// Length in milliseconds.
    pub duration_ms: i64,
    /// When it was heard, ms UTC.
    pub read_ms: Option<i64>,
    /// Its file, relative to the data folder.
    #[serde(skip)]
    pub file: String,
}

/// A recording to keep as a message. Its file is whole, in [`DataDir::voicemail_temp`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The call that left it.
    pub call: String,
    /// Key of the mailbox.
    pub mailbox: String,
    /// File name, without folder: the name of the call, a dash, anything.
    pub file: String,
    /// Length in milliseconds.
    pub duration_ms: u32,
    /// The caller's name.
    pub caller_id_name: String,
    /// The caller's number.
    pub caller_id_num: String,
    /// When its recording began, ms UTC.
    pub at_ms: i64,
}

/// Has a mailbox room?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Yes.
    Free,
    /// It holds as many messages as it may.
    Full,
}

/// What became of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is a message with this row id, and survives a crash from here on.
    Saved(i64),
    /// The mailbox was full; the recording is gone.
    Full,
}

/// What a repair did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Recordings that became messages.
    pub salvaged: usize,
    /// Files that were too short, not audio, or nobody's.
    pub removed: usize,
    /// Files and folders that the disk didn't let us look at or move; the next start tries again.
    pub skipped: usize,
}

/// Looks whether a mailbox has room, and if so notes that this call records into it.
pub(crate) fn check_room(conn: &Connection, call: &str, mailbox: &str, now_ms: i64) -> Result<Room> {
    let (box_id, room) = room(conn, mailbox)?;
    if room == Room::Free {
        conn.execute(
            "INSERT INTO voicemail_pending (call, mailbox_id, at_ms) VALUES (?1, ?2, ?3) \
             ON CONFLICT (call) DO UPDATE SET mailbox_id = excluded.mailbox_id, at_ms = excluded.at_ms",
            (call, box_id, now_ms),
        )?;
    }
    Ok(room)
}

/// Makes a message of a recording. `conn` is inside a transaction that began by taking the write lock.
pub(crate) fn keep(conn: &Connection, dir: &DataDir, new: &NewMessage, now_ms: i64) -> Result<Kept> {
    let temp = temp_path(dir, &new.file)?;
    let (box_id, room) = room(conn, &new.mailbox)?;
    if room == Room::Full {
        forget(conn, &temp, &new.call)?;
        return Ok(Kept::Full);
    }
    let relative = move_into_box(dir, &temp, box_id, &new.file)?;
    insert(conn, box_id, new, &relative, now_ms)?;
    let id = conn.last_insert_rowid();
    leave(conn, &new.call)?;
    Ok(Kept::Saved(id))
}

/// Forgets that a call records: it never began to.
pub(crate) fn leave(conn: &Connection, call: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM voicemail_pending WHERE call = ?1")?.execute([call])?;
    Ok(())
}

/// Removes a recording that isn't worth keeping.
pub(crate) fn drop_recording(conn: &Connection, dir: &DataDir, file: &str) -> Result<()> {
    let temp = temp_path(dir, file)?;
    let call = pending_of(conn, file)?.map(|p| p.call);
    forget(conn, &temp, call.as_deref().unwrap_or_default())
}

/// Messages of a mailbox, newest first.
pub(crate) fn list(conn: &Connection, mailbox_id: i64, page: Page) -> Result<Vec<VoicemailMessage>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, mailbox_id, call, caller_id_name, caller_id_num, at_ms, duration_ms, read_ms, file \
         FROM voicemail_messages WHERE mailbox_id = ?1 ORDER BY at_ms DESC, id DESC LIMIT ?2 OFFSET ?3",
    )?;
    let rows = statement.query_map((mailbox_id, page.limit(), page.offset()), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One message of a mailbox.
pub(crate) fn get(conn: &Connection, mailbox_id: i64, id: i64) -> Result<VoicemailMessage> {
    let found = conn
        .prepare_cached(
            "SELECT id, mailbox_id, call, caller_id_name, caller_id_num, at_ms, duration_ms, read_ms, file \
             FROM voicemail_messages WHERE mailbox_id = ?1 AND id = ?2",
        )?
        .query_row((mailbox_id, id), read)
        .optional()?;
    found.ok_or_else(|| Error::not_found("message", id.to_string()))
}

/// How many messages a mailbox holds, and how many of them nobody has heard.
pub(crate) fn counts(conn: &Connection, mailbox_id: i64) -> Result<(i64, i64)> {
    let sql = "SELECT count(*), count(*) - count(read_ms) FROM voicemail_messages WHERE mailbox_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([mailbox_id], |r| Ok((r.get(0)?, r.get(1)?)))?)
}

/// Finishes at start-up what a crash left: recordings of at least [`VOICEMAIL_KEEP_MS_MIN`] become messages of the
/// mailbox that their call was recording into, even past its limit; everything else without a row goes. What the disk
/// refuses is skipped, so that one bad file stops no server.
pub(crate) fn repair(conn: &Connection, dir: &DataDir, now_ms: i64) -> Result<Repaired> {
    let mut repair = Repair { conn, dir, now_ms, done: Repaired::default(), again: BTreeSet::new() };
    for path in repair.list(&dir.voicemail_temp())? {
        repair.file(&path, true)?;
    }
    for box_id in box_ids(conn)? {
        let folder = dir.root().join(DataDir::mailbox_relative(box_id));
        for path in repair.list(&folder)? {
            if !has_row(conn, &relative_in_box(box_id, &path))? {
                repair.file(&path, false)?;
            }
        }
    }
    for call in pending_calls(conn)?.difference(&repair.again) {
        leave(conn, call)?;
    }
    Ok(repair.done)
}

struct Repair<'a> {
    conn: &'a Connection,
    dir: &'a DataDir,
    now_ms: i64,
    done: Repaired,
    /// Calls whose recordings were skipped.
    again: BTreeSet<String>,
}

impl Repair<'_> {
    fn list(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let listed = files::list_files(folder, REPAIR_FILES_MAX);
        Ok(self.unless_skipped(listed)?.unwrap_or_default())
    }

    fn file(&mut self, path: &Path, temp: bool) -> Result<()> {
        let salvaged = salvage(self.conn, self.dir, path, temp, self.now_ms);
        match self.unless_skipped(salvaged)? {
            Some(true) => self.done.salvaged += 1,
            Some(false) => self.done.removed += 1,
            None => self.again.extend(pending_of(self.conn, &name_of(path))?.map(|pending| pending.call)),
        }
        Ok(())
    }

    /// None when the disk refused.
    fn unless_skipped<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error @ Error::File { .. }) => {
                tracing::error!(%error, "skipped while voicemail was repaired; the next start tries again");
                self.done.skipped += 1;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn pending_calls(conn: &Connection) -> Result<BTreeSet<String>> {
    let mut statement = conn.prepare_cached("SELECT call FROM voicemail_pending")?;
    let rows = statement.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Makes a message of a file, or removes it. True when it became one.
fn salvage(conn: &Connection, dir: &DataDir, path: &Path, temp: bool, now_ms: i64) -> Result<bool> {
    let name = name_of(path);
    let header = wav::read_file(path).map_err(|e| Error::file("read", path, e))?;
    let pending = pending_of(conn, &name)?;
    let (Some(pending), Ok(header), false) = (pending, header, name.ends_with(PARTIAL_SUFFIX)) else {
        files::remove_if_there(path)?;
        return Ok(false);
    };
    if header.held_ms() < VOICEMAIL_KEEP_MS_MIN {
        files::remove_if_there(path)?;
        return Ok(false);
    }
    if header.data_claimed != header.data_held {
        wav::repair(path, &header).map_err(|e| Error::file("repair", path, e))?;
    }
    let relative = if temp {
        move_into_box(dir, path, pending.mailbox_id, &name)?
    } else {
        relative_in_box(pending.mailbox_id, path)
    };
    insert(conn, pending.mailbox_id, &pending.message(&name, header.held_ms()), &relative, now_ms)?;
    tracing::warn!(file = %relative.display(), "a voicemail that a crash interrupted was kept");
    Ok(true)
}

/// A recording that had begun.
struct Pending {
    call: String,
    mailbox_id: i64,
    at_ms: i64,
    caller_id_name: String,
    caller_id_num: String,
}

impl Pending {
    fn message(&self, file: &str, duration_ms: u64) -> NewMessage {
        NewMessage {
            call: self.call.clone(),
            mailbox: String::new(),
            file: file.to_owned(),
            duration_ms: u32::try_from(duration_ms).unwrap_or(u32::MAX),
            caller_id_name: self.caller_id_name.clone(),
            caller_id_num: self.caller_id_num.clone(),
            at_ms: self.at_ms,
        }
    }
}

/// The recording that a file belongs to: a file's name begins with the name of its call and a dash. Names of calls have
/// dashes, too; the longest that is known wins.
fn pending_of(conn: &Connection, file: &str) -> Result<Option<Pending>> {
    let file = file.strip_prefix(MESSAGE_PREFIX).unwrap_or(file);
    let calls = file.rmatch_indices('-').filter_map(|(dash, _)| file.get(..dash));
    for call in calls {
        if let Some(found) = pending_call(conn, call)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn pending_call(conn: &Connection, call: &str) -> Result<Option<Pending>> {
    let sql = "SELECT p.call, p.mailbox_id, p.at_ms, coalesce(c.caller_id_name, ''), coalesce(c.caller_id_num, '') \
               FROM voicemail_pending p LEFT JOIN cdrs c ON c.call = p.call WHERE p.call = ?1";
    let found = conn
        .prepare_cached(sql)?
        .query_row([call], |r| {
            Ok(Pending {
                call: r.get(0)?,
                mailbox_id: r.get(1)?,
                at_ms: r.get(2)?,
                caller_id_name: r.get(3)?,
                caller_id_num: r.get(4)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn room(conn: &Connection, mailbox: &str) -> Result<(i64, Room)> {
    let found: Option<(i64, i64, i64)> = conn
        .prepare_cached(
            "SELECT b.id, b.max_messages, (SELECT count(*) FROM voicemail_messages m WHERE m.mailbox_id = b.id) \
             FROM voicemail_boxes b WHERE b.key = ?1",
        )?
        .query_row([mailbox], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    let (id, max, held) = found.ok_or_else(|| Error::not_found("mailbox", mailbox))?;
    Ok((id, if held < max { Room::Free } else { Room::Full }))
}

/// Syncs a recording and renames it into its mailbox. One that was renamed before a failure stays where it is.
fn move_into_box(dir: &DataDir, temp: &Path, box_id: i64, file: &str) -> Result<PathBuf> {
    let relative = DataDir::mailbox_relative(box_id).join(format!("{MESSAGE_PREFIX}{file}"));
    let target = dir.root().join(&relative);
    if !temp.exists() && target.exists() {
        return Ok(relative);
    }
    let folder = dir.root().join(DataDir::mailbox_relative(box_id));
    if !folder.exists() {
        files::create_dir(&folder)?;
        files::sync_parent(&folder)?;
    }
    File::open(temp).and_then(|f| f.sync_all()).map_err(|e| Error::file("sync", temp, e))?;
    files::rename_durably(temp, &target)?;
    Ok(relative)
}

fn insert(conn: &Connection, box_id: i64, new: &NewMessage, file: &Path, now_ms: i64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO voicemail_messages (mailbox_id, call, caller_id_name, caller_id_num, at_ms, duration_ms, file, \
         created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        box_id,
        &new.call,
        cut(&new.caller_id_name),
        cut(&new.caller_id_num),
        new.at_ms,
        new.duration_ms,
        file.to_string_lossy(),
        now_ms,
    ))?;
    Ok(())
}

fn forget(conn: &Connection, temp: &Path, call: &str) -> Result<()> {
    files::remove_if_there(temp)?;
    leave(conn, call)
}

fn temp_path(dir: &DataDir, file: &str) -> Result<PathBuf> {
    let plain =
        !file.is_empty() && file.len() <= 200 && !file.starts_with('.') && !file.contains(['/', '\\', '\0']);
    if plain {
        Ok(dir.voicemail_temp().join(file))
    } else {
        Err(Error::Invalid(format!("`{}` isn't the name of a recording", file.escape_debug())))
    }
}

fn relative_in_box(box_id: i64, path: &Path) -> PathBuf {
    DataDir::mailbox_relative(box_id).join(path.file_name().unwrap_or_default())
}

fn has_row(conn: &Connection, relative: &Path) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM voicemail_messages WHERE file = ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([relative.to_string_lossy()], |r| r.get(0))?)
}

fn box_ids(conn: &Connection) -> Result<Vec<i64>> {
    let mut statement = conn.prepare_cached("SELECT id FROM voicemail_boxes ORDER BY id")?;
    let rows = statement.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<VoicemailMessage> {
    Ok(VoicemailMessage {
        id: row.get(0)?,
        mailbox_id: row.get(1)?,
        call: row.get(2)?,
        caller_id_name: row.get(3)?,
        caller_id_num: row.get(4)?,
        at_ms: row.get(5)?,
        duration_ms: row.get(6)?,
        read_ms: row.get(7)?,
        file: row.get(8)?,
    })
}
