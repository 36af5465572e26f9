//! Importing a folder: `.flow` text, React Flow JSON with its `catalog.json`, and prompts (`*.wav`). Entities are made
//! or changed by key, never deleted; every flow becomes a draft, and on request they are published, all or none.

use std::collections::{BTreeMap, BTreeSet};

use flow_compiler::diag::Diagnostic;
use flow_compiler::entity::{self, EntityFacts, EntityKind};
use flow_vm::effect::EffectSet;
use rusqlite::Connection;
use serde::Serialize;

use crate::audit::By;
use crate::compile::{self, Folder};
use crate::entity::{Entity, Saved, all, by_key};
use crate::error::{Error, Result};
use crate::files::DataDir;
use crate::limits::{IMPORT_BYTES_MAX, IMPORT_FILES_MAX, IMPORT_PATH_BYTES_MAX};
use crate::prompt::{self, NewPrompt};
use crate::publish::{self, Published};
use crate::reader::{SIP_SECRET, Secret};
use crate::secret::{Vault, make_sip_secret};
use crate::store::{note, save_entity};
use crate::world::{Facts, Name};
use crate::{
    Extension, InboundNumber, IvrMenu, Prompt, RingGroup, TimeSwitch, Trunk, VoicemailBox, call_flow,
    inbound_number,
};

/// A file of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFile {
    /// Path within the folder, with `/`.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// A folder to import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// Its files.
    pub files: Vec<ImportFile>,
    /// Publish its flows, too.
    pub publish: bool,
}

/// What an import did to one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedRow {
    /// Kind of the entity, or `flow`.
    pub kind: &'static str,
    /// Its key.
    pub key: String,
    /// What was done.
    pub saved: Saved,
}

/// A secret that an import made. Shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecret {
    /// Key of the extension.
    pub extension: String,
    /// Who it is.
    pub label: String,
    /// User name of its phones.
    pub username: String,
    /// The password.
    pub secret: Secret,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportReport {
    /// Entities and flows, in the order in which they were taken.
    pub rows: Vec<ImportedRow>,
    /// SIP secrets made.
    pub secrets: Vec<NewSecret>,
    /// Flows that became live, or were compiled again because facts changed.
    pub published: Vec<Published>,
    /// Findings that don't stop an import.
    pub warnings: Vec<Diagnostic>,
}

/// Everything that an import works with.
struct Importer<'a> {
    conn: &'a Connection,
    dir: &'a DataDir,
    by: By<'a>,
    wavs: BTreeMap<&'a str, &'a [u8]>,
    changed: BTreeSet<Name>,
    report: ImportReport,
}

/// Imports a folder. `conn` is inside a transaction; an error must roll it back.
pub(crate) fn import(
    conn: &Connection,
    (dir, vault, effects): (&DataDir, &Vault, EffectSet),
    import: &Import,
    by: By<'_>,
) -> Result<ImportReport> {
    check_sizes(&import.files)?;
    let mut folder = compile::read_folder(&import.files)?;
    folder.check(&Facts::read(conn)?, import.publish)?;
    let mut cx = Importer {
        conn,
        dir,
        by,
        wavs: sounds(&import.files),
        changed: BTreeSet::new(),
        report: ImportReport { warnings: folder.warnings.clone(), ..ImportReport::default() },
    };
    cx.prompts(&folder)?;
    for facts in &folder.facts {
        cx.entity(facts)?;
    }
    check_references(conn)?;
    cx.report.secrets = make_secrets(conn, vault, by)?;
    let keys = cx.drafts(&folder)?;
    if import.publish {
        cx.publish(&keys, effects)?;
    }
    let recompiled = publish::recompile_users(conn, &cx.changed, &cx.report.published, effects, by)?;
    cx.report.published.extend(recompiled);
    Ok(cx.report)
}

impl Importer<'_> {
    fn prompts(&mut self, folder: &Folder) -> Result<()> {
        for facts in &folder.facts {
            if let EntityFacts::Prompt(declared) = facts {
                self.prompt(declared)?;
            }
        }
        Ok(())
    }

    fn prompt(&mut self, declared: &entity::Prompt) -> Result<()> {
        let Some(file) = &declared.file else {
            // A prompt of the library, or one that is here already.
            return by_key::<Prompt>(self.conn, &declared.key)?.map(|_| ()).ok_or_else(|| {
                Error::Invalid(format!(
                    "prompt `{}` names no file, and neither the library nor this office has one of that name",
                    declared.key
                ))
            });
        };
        let Some(wav) = self.wavs.iter().find(|(path, _)| compile::names_file(file, path)).map(|(_, w)| *w)
        else {
            return Err(Error::Invalid(format!(
                "prompt `{}` is in the file `{}`, which isn't in the folder",
                declared.key,
                file.escape_debug()
            )));
        };
        let text = declared.text.as_deref();
        self.save_prompt(&NewPrompt { key: &declared.key, label: &declared.name, text, system: false, wav })
    }

    fn save_prompt(&mut self, new: &NewPrompt<'_>) -> Result<()> {
        let saved = prompt::save(self.conn, self.dir, new, self.by.now_ms)?;
        if saved == Saved::Created {
            self.changed.insert((EntityKind::Prompt, new.key.to_owned()));
        }
        note(self.conn, saved, (EntityKind::Prompt.name(), new.key), self.by)?;
        self.report.rows.push(ImportedRow {
            kind: EntityKind::Prompt.name(),
            key: new.key.to_owned(),
            saved,
        });
        Ok(())
    }

    fn entity(&mut self, facts: &EntityFacts) -> Result<()> {
        let conn = self.conn;
        match facts {
            EntityFacts::Trunk(f) => self.save(&Trunk::with_facts(f, by_key(conn, &f.key)?)?),
            EntityFacts::InboundNumber(f) => self.save(&InboundNumber::with_facts(f, by_key(conn, &f.key)?)?),
            EntityFacts::Extension(f) => self.save(&Extension::with_facts(f, by_key(conn, &f.key)?)),
            EntityFacts::RingGroup(f) => self.save(&RingGroup::with_facts(f)),
            EntityFacts::VoicemailBox(f) => self.save(&VoicemailBox::with_facts(f)),
            EntityFacts::IvrMenu(f) => self.save(&IvrMenu::with_facts(f)),
            EntityFacts::TimeSwitch(f) => self.save(&TimeSwitch::with_facts(f)),
            EntityFacts::Prompt(_) => Ok(()),
            // Refused when the folder was read.
            EntityFacts::Conference(_) | EntityFacts::Queue(_) => Ok(()),
        }
    }

    fn save<E: Entity>(&mut self, entity: &E) -> Result<()> {
        let saved = save_entity(self.conn, entity, &mut self.changed, self.by)?;
        self.report.rows.push(ImportedRow { kind: E::KIND.name(), key: entity.key().to_owned(), saved });
        Ok(())
    }

    fn drafts(&mut self, folder: &Folder) -> Result<Vec<String>> {
        let facts = Facts::read(self.conn)?;
        let mut keys = Vec::new();
        for draft in folder.drafts(&facts) {
            let saved =
                call_flow::save_draft(self.conn, &draft.key, &draft.label, &draft.source, self.by.now_ms)?;
            note(self.conn, saved, ("flow", &draft.key), self.by)?;
            self.report.rows.push(ImportedRow { kind: "flow", key: draft.key.clone(), saved });
            keys.push(draft.key);
        }
        Ok(keys)
    }

    /// Publishes these flows together: a number may move from one of them to another.
    fn publish(&mut self, keys: &[String], effects: EffectSet) -> Result<()> {
        for key in keys {
            let flow = call_flow::find(self.conn, key)?;
            inbound_number::assign(self.conn, flow.id, &[], self.by.now_ms)?;
        }
        for key in keys {
            self.report.published.push(publish::publish(self.conn, key, effects, self.by)?);
        }
        Ok(())
    }
}

fn check_sizes(files: &[ImportFile]) -> Result<()> {
    let bytes: usize = files.iter().map(|f| f.bytes.len()).sum();
    if files.len() > IMPORT_FILES_MAX || bytes > IMPORT_BYTES_MAX {
        return Err(Error::Invalid(format!(
            "an import may have at most {IMPORT_FILES_MAX} files and {IMPORT_BYTES_MAX} bytes; this one has {} and {bytes}",
            files.len()
        )));
    }
    let strange = |path: &str| {
        path.is_empty()
            || path.len() > IMPORT_PATH_BYTES_MAX
            || path.starts_with('/')
            || path.contains(['\\', '\0'])
            || path.split('/').any(|part| part.is_empty() || part == "..")
    };
    match files.iter().find(|f| strange(&f.path)) {
        Some(f) => Err(Error::Invalid(format!("`{}` isn't a path within a folder", f.path.escape_debug()))),
        None => Ok(()),
    }
}

fn sounds(files: &[ImportFile]) -> BTreeMap<&str, &[u8]> {
    files.iter().filter(|f| f.path.ends_with(".wav")).map(|f| (f.path.as_str(), f.bytes.as_slice())).collect()
}

/// Refuses rows that name something that isn't there. The compiler sees this for what a flow uses; here it is held for
/// all of the office.
fn check_references(conn: &Connection) -> Result<()> {
    let exists = |kind: EntityKind, key: &str| -> Result<bool> {
        match kind {
            EntityKind::Extension => Ok(by_key::<Extension>(conn, key)?.is_some()),
            EntityKind::Trunk => Ok(by_key::<Trunk>(conn, key)?.is_some()),
            EntityKind::Prompt
            | EntityKind::InboundNumber
            | EntityKind::RingGroup
            | EntityKind::VoicemailBox
            | EntityKind::IvrMenu
            | EntityKind::TimeSwitch
            | EntityKind::Conference
            | EntityKind::Queue => Ok(true),
        }
    };
    let must = |kind: EntityKind, key: &str, owner: &str| {
        if exists(kind, key)? {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "{owner} names {} `{}`, which doesn't exist",
            kind.noun(),
            key.escape_debug()
        )))
    };
    for group in all::<RingGroup>(conn)? {
        for member in &group.members.0 {
            must(EntityKind::Extension, member, &format!("ring group `{}`", group.key))?;
        }
    }
    for mailbox in all::<VoicemailBox>(conn)? {
        if let Some(extension) = &mailbox.notify_extension {
            must(EntityKind::Extension, extension, &format!("mailbox `{}`", mailbox.key))?;
        }
    }
    for number in all::<InboundNumber>(conn)? {
        if let Some(trunk) = &number.trunk {
            must(EntityKind::Trunk, trunk, &format!("number `{}`", number.key))?;
        }
    }
    Ok(())
}

/// Makes a secret for every extension that has none.
fn make_secrets(conn: &Connection, vault: &Vault, by: By<'_>) -> Result<Vec<NewSecret>> {
    let mut statement =
        conn.prepare_cached("SELECT key FROM extensions WHERE sip_secret IS NULL ORDER BY key")?;
    let keys: Vec<String> = statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    keys.iter().map(|key| renew_secret(conn, vault, key, by)).collect()
}

/// Gives an extension a new secret.
pub(crate) fn renew_secret(conn: &Connection, vault: &Vault, key: &str, by: By<'_>) -> Result<NewSecret> {
    let extension: Extension =
        by_key(conn, key)?.ok_or_else(|| Error::not_found(EntityKind::Extension.noun(), key))?;
    let clear = make_sip_secret()?;
    let sealed = vault.seal(SIP_SECRET.of(key), &clear)?;
    conn.execute(
        "UPDATE extensions SET sip_secret = ?2, updated_ms = ?3 WHERE key = ?1",
        (key, sealed, by.now_ms),
    )?;
    Ok(NewSecret {
        extension: extension.key,
        label: extension.label,
        username: extension.sip_username,
        secret: Secret::new(clear),
    })
}
