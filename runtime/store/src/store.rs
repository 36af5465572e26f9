//! Writing the store. Every method is one transaction: after `kill -9` it has happened whole or not at all.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use flow_vm::effect::EffectSet;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::audit::{self, Action, By};
use crate::cdr::{self, Cdr};
use crate::entity::{Entity, Saved, by_key, upsert};
use crate::error::Result;
use crate::files::DataDir;
use crate::import::{self, Import, ImportReport, NewSecret};
use crate::prompt::{self, NewPrompt};
use crate::publish::{self, Published};
use crate::reader::Reader;
use crate::registration::{self, Registration};
use crate::secret::Vault;
use crate::voicemail_message::{self, Kept, NewMessage, Repaired, Room};
use crate::{Extension, call_flow, db, system_config};

/// The store: the only writer of a data folder.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    /// Holds the folder's lock for as long as the store lives.
    _lock: File,
}

/// What a start-up found and cured.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Call records that a crash had left open.
    pub closed_calls: usize,
    /// Voicemail that a crash had interrupted.
    pub voicemail: Repaired,
    /// Prompt files that no row names.
    pub stale_prompts: usize,
    /// Contacts that expired meanwhile.
    pub expired_contacts: usize,
    /// Live flows that were compiled again because their program no longer verified.
    pub recompiled: Vec<Published>,
}

/// What saving an entity did.
#[derive(Debug, PartialEq)]
pub struct SaveReport {
    /// To the entity.
    pub saved: Saved,
    /// Live flows that were compiled again.
    pub recompiled: Vec<Published>,
}

impl Deref for Store {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Store {
    /// Opens a data folder, made if missing, and takes it for this process. `effects` are those that the runtime around
    /// it performs: a program that needs another one is refused.
    ///
    /// # Errors
    /// When another process has it, a file can't be made, the schema is newer, or the secret key is missing or wrong.
    pub fn open(root: &Path, effects: EffectSet, now_ms: i64) -> Result<Store> {
        let dir = DataDir::new(root);
        dir.create()?;
        let lock = dir.take()?;
        let conn = db::open(&dir.database())?;
        let vault = open_vault(&conn, &dir, now_ms)?;
        Ok(Store { reader: Reader { conn, vault: Arc::new(vault), dir, effects }, _lock: lock })
    }

    /// A reader with a connection of its own.
    ///
    /// # Errors
    /// When the database can't be opened again.
    pub fn reader(&self) -> Result<Reader> {
        let conn = db::open_reader(&self.reader.dir.database())?;
        let (vault, dir) = (Arc::clone(&self.reader.vault), self.reader.dir.clone());
        Ok(Reader { conn, vault, dir, effects: self.reader.effects })
    }

    /// Cures what a crash left. To be called once, before calls are taken.
    ///
    /// # Errors
    /// When the database or the data folder fails.
    pub fn recover(&mut self, now_ms: i64) -> Result<Recovery> {
        let (dir, effects) = (self.reader.dir.clone(), self.reader.effects);
        let tx = self.begin()?;
        let by = By { actor: "start-up", now_ms };
        let done = Recovery {
            // Before the records are closed or messages made: both only read what the other writes.
            voicemail: voicemail_message::repair(&tx, &dir, now_ms)?,
            closed_calls: cdr::close_open(&tx)?,
            stale_prompts: prompt::sweep(&tx, &dir)?,
            expired_contacts: registration::expire(&tx, now_ms)?,
            recompiled: publish::recompile_unverified(&tx, effects, by)?,
        };
        tx.commit()?;
        Ok(done)
    }

    /// Makes or changes an entity. Live flows that use it are compiled again in the same transaction.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] with that flow's findings when a live flow would break; then nothing has changed.
    pub fn save_entity<E: Entity>(&mut self, entity: &E, by: By<'_>) -> Result<SaveReport> {
        let effects = self.reader.effects;
        let tx = self.begin()?;
        let mut changed = BTreeSet::new();
        let saved = save_entity(&tx, entity, &mut changed, by)?;
        let recompiled = publish::recompile_users(&tx, &changed, &[], effects, by)?;
        tx.commit()?;
        Ok(SaveReport { saved, recompiled })
    }

    /// Takes a folder into the store: entities by key, prompts, drafts; nothing is deleted. SIP secrets are made where
    /// none exist.
    ///
    /// # Errors
    /// [`crate::Error::ImportRefused`] or [`crate::Error::Refused`] with all findings; then nothing has changed.
    pub fn import(&mut self, import: &Import, by: By<'_>) -> Result<ImportReport> {
        let (dir, effects) = (self.reader.dir.clone(), self.reader.effects);
        let vault = Arc::clone(&self.reader.vault);
        let tx = self.begin()?;
        let report = import::import(&tx, (&dir, &vault, effects), import, by)?;
        tx.commit()?;
        Ok(report)
    }

    /// Gives an extension a new SIP password. Phones with the old one are refused when they register next.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there's no such extension.
    pub fn renew_secret(&mut self, extension: &str, by: By<'_>) -> Result<NewSecret> {
        let vault = Arc::clone(&self.reader.vault);
        let tx = self.begin()?;
        let made = import::renew_secret(&tx, &vault, extension, by)?;
        audit::write(&tx, by, Action::Change, (Extension::KIND.name(), &made.extension), "new SIP password")?;
        tx.commit()?;
        Ok(made)
    }

    /// Puts the prompts of the library into the data folder. A prompt of the office with the same key stays.
    ///
    /// # Errors
    /// When a prompt isn't a WAV file, or the database or the data folder fails.
    pub fn install_prompts(&mut self, prompts: &[NewPrompt<'_>], by: By<'_>) -> Result<usize> {
        let dir = self.reader.dir.clone();
        let tx = self.begin()?;
        let mut changed = BTreeSet::new();
        for new in prompts {
            let own = by_key::<prompt::Prompt>(&tx, new.key)?.is_some_and(|p| !p.system);
            if !own && prompt::save(&tx, &dir, new, by.now_ms)? != Saved::Unchanged {
                changed.insert((prompt::Prompt::KIND, new.key.to_owned()));
            }
        }
        tx.commit()?;
        Ok(changed.len())
    }

    /// Makes a flow or changes its draft.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when key, label or draft are out of bounds.
    pub fn save_draft(&mut self, key: &str, label: &str, draft: &str, by: By<'_>) -> Result<Saved> {
        let tx = self.begin()?;
        let saved = call_flow::save_draft(&tx, key, label, draft, by.now_ms)?;
        note(&tx, saved, ("flow", key), by)?;
        tx.commit()?;
        Ok(saved)
    }

    /// Publishes the draft of a flow.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] with its findings; the live version stays as it was.
    pub fn publish(&mut self, flow: &str, by: By<'_>) -> Result<Published> {
        let effects = self.reader.effects;
        let tx = self.begin()?;
        let published = publish::publish(&tx, flow, effects, by)?;
        tx.commit()?;
        Ok(published)
    }

    /// Keeps a call record, in place of what was kept of the same call.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_cdr(&mut self, cdr: &Cdr) -> Result<()> {
        cdr::put(&self.reader.conn, cdr)
    }

    /// Notes that a call was answered.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cdr_answered(&mut self, call: &str, answer_ms: i64) -> Result<()> {
        cdr::answered(&self.reader.conn, call, answer_ms)
    }

    /// Looks whether a mailbox has room for a message of this call, and notes that it records into it.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such mailbox, or the database fails.
    pub fn check_mailbox(&mut self, call: &str, mailbox: &str, now_ms: i64) -> Result<Room> {
        let tx = self.begin()?;
        let room = voicemail_message::check_room(&tx, call, mailbox, now_ms)?;
        tx.commit()?;
        Ok(room)
    }

    /// Forgets that a call was going to record into a mailbox: it ended before it did.
    ///
    /// # Errors
    /// When the database fails.
    pub fn leave_mailbox(&mut self, call: &str) -> Result<()> {
        voicemail_message::leave(&self.reader.conn, call)
    }

    /// Makes a message of a recording.
    ///
    /// # Errors
    /// When there is no such mailbox or file, or the database or the disk fails. The recording then stays for the next
    /// start to look at.
    pub fn keep_message(&mut self, new: &NewMessage, now_ms: i64) -> Result<Kept> {
        let dir = self.reader.dir.clone();
        let tx = self.begin()?;
        let kept = voicemail_message::keep(&tx, &dir, new, now_ms)?;
        tx.commit()?;
        Ok(kept)
    }

    /// Removes a recording that isn't worth keeping.
    ///
    /// # Errors
    /// When `file` isn't a plain file name, or the database or the disk fails.
    pub fn drop_recording(&mut self, file: &str) -> Result<()> {
        voicemail_message::drop_recording(&self.reader.conn, &self.reader.dir, file)
    }

    /// Keeps a contact of a phone, in place of the same one.
    ///
    /// # Errors
    /// When there are too many, or the database fails.
    pub fn bind(&mut self, registration: &Registration) -> Result<()> {
        registration::bind(&self.reader.conn, registration)
    }

    /// Forgets a contact of a phone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unbind(&mut self, username: &str, contact: &str) -> Result<()> {
        registration::unbind(&self.reader.conn, username, contact)
    }

    /// Takes the write lock first, so that what is read inside is still so at the commit.
    fn begin(&mut self) -> Result<Transaction<'_>> {
        Ok(self.reader.conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// Saves an entity and names it in `changed` if its facts are others now.
pub(crate) fn save_entity<E: Entity>(
    conn: &Connection,
    entity: &E,
    changed: &mut BTreeSet<crate::world::Name>,
    by: By<'_>,
) -> Result<Saved> {
    let before = by_key::<E>(conn, entity.key())?.map(|old| old.facts());
    let saved = upsert(conn, entity, by.now_ms)?;
    if before != Some(entity.facts()) {
        changed.insert((E::KIND, entity.key().to_owned()));
    }
    note(conn, saved, (E::KIND.name(), entity.key()), by)?;
    Ok(saved)
}

/// Writes the audit row of a save.
pub(crate) fn note(conn: &Connection, saved: Saved, what: (&str, &str), by: By<'_>) -> Result<()> {
    match saved {
        Saved::Created => audit::write(conn, by, Action::Create, what, ""),
        Saved::Changed => audit::write(conn, by, Action::Change, what, ""),
        Saved::Unchanged => Ok(()),
    }
}

/// The vault of this database. A new database gets the folder's key (made if missing); an old one wants its own.
fn open_vault(conn: &Connection, dir: &DataDir, now_ms: i64) -> Result<Vault> {
    let wanted = system_config::get(conn, system_config::SECRET_KEY_ID)?;
    let vault = Vault::open(&dir.secret_key(), wanted.is_none())?;
    match wanted {
        None => system_config::set(conn, system_config::SECRET_KEY_ID, &vault.key_id(), now_ms)?,
        Some(id) if id == vault.key_id() => {}
        Some(_) => {
            return Err(crate::Error::Key(format!(
                "{} isn't the key that this database was written with; restore the right one from a backup",
                dir.secret_key().display()
            )));
        }
    }
    Ok(vault)
}
