//! Reading the store. A [`Reader`] has a connection of its own, so that a long list never holds up a write.

use std::path::PathBuf;
use std::sync::Arc;

use flow_vm::effect::EffectSet;
use rusqlite::Connection;

use crate::audit::{self, AuditRow};
use crate::call_flow::{self, CallFlow, LiveFlow};
use crate::cdr::{self, Cdr, CdrFilter};
use crate::entity::{Entity, Page, all, find, list};
use crate::error::{Error, Result};
use crate::files::DataDir;
use crate::flow_version::{self, FlowVersion};
use crate::inbound_number::{self, NumberRoute};
use crate::registration::{self, Registration};
use crate::secret::{SecretPlace, Vault};
use crate::voicemail_message::{self, VoicemailMessage};
use crate::{Extension, VoicemailBox, publish};

/// Reads the store.
#[derive(Debug)]
pub struct Reader {
    pub(crate) conn: Connection,
    pub(crate) vault: Arc<Vault>,
    pub(crate) dir: DataDir,
    pub(crate) effects: EffectSet,
}

/// A secret in clear. It is shown only on purpose: `Debug` doesn't.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(clear: String) -> Secret {
        Secret(clear)
    }

    /// The secret.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Who may register, and as which extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipUser {
    /// User name of its phones.
    pub username: String,
    /// Key of the extension.
    pub extension: String,
    /// The password.
    pub secret: Secret,
    /// Contacts at the same time.
    pub max_registrations: u16,
}

/// Totals of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MailboxCounts {
    /// Messages.
    pub messages: i64,
    /// Messages that nobody has heard.
    pub new: i64,
}

impl Reader {
    /// The data folder.
    #[must_use]
    pub fn dir(&self) -> &DataDir {
        &self.dir
    }

    /// Reads several things as they are at one moment, whatever is written meanwhile.
    ///
    /// # Errors
    /// What the work says, or when the database fails.
    pub fn at_one_moment<R>(&self, work: impl FnOnce(&Reader) -> Result<R>) -> Result<R> {
        let moment = self.conn.unchecked_transaction()?;
        let done = work(self)?;
        moment.finish()?;
        Ok(done)
    }

    /// An entity by its key, else by its row id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or the database fails.
    pub fn entity<E: Entity>(&self, key_or_id: &str) -> Result<E> {
        find(&self.conn, key_or_id)
    }

    /// A page of entities, by key.
    ///
    /// # Errors
    /// When the database fails.
    pub fn entities<E: Entity>(&self, page: Page) -> Result<Vec<E>> {
        list(&self.conn, page)
    }

    /// All entities of a kind, by key.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all_entities<E: Entity>(&self) -> Result<Vec<E>> {
        all(&self.conn)
    }

    /// Who may register: every extension that has a secret.
    ///
    /// # Errors
    /// When the database fails or a secret can't be opened.
    pub fn sip_users(&self) -> Result<Vec<SipUser>> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT key, sip_secret FROM extensions WHERE sip_secret IS NOT NULL")?;
        let sealed: Vec<(String, Vec<u8>)> =
            statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        sealed.into_iter().map(|(key, sealed)| self.sip_user(&key, &sealed)).collect()
    }

    fn sip_user(&self, key: &str, sealed: &[u8]) -> Result<SipUser> {
        let extension: Extension = find(&self.conn, key)?;
        let secret = self.vault.open_sealed(SIP_SECRET.of(key), sealed)?;
        Ok(SipUser {
            username: extension.sip_username,
            extension: extension.key,
            secret: Secret::new(secret),
            max_registrations: extension.max_registrations,
        })
    }

    /// Where calls to each number go.
    ///
    /// # Errors
    /// When the database fails.
    pub fn number_routes(&self) -> Result<Vec<NumberRoute>> {
        inbound_number::routes(&self.conn)
    }

    /// A page of flows, by key.
    ///
    /// # Errors
    /// When the database fails.
    pub fn flows(&self, page: Page) -> Result<Vec<CallFlow>> {
        call_flow::list(&self.conn, page)
    }

    /// A flow with its draft, by its key, else by its row id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or the database fails.
    pub fn flow(&self, key_or_id: &str) -> Result<CallFlow> {
        call_flow::find(&self.conn, key_or_id)
    }

    /// The live program of every published flow, verified again. A flow whose program doesn't verify stands there with
    /// the reason, and the others aren't held up by it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn live_flows(&self) -> Result<Vec<std::result::Result<LiveFlow, Error>>> {
        call_flow::live(&self.conn)
    }

    /// Versions of a flow, newest first, without sources and programs.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such flow, or the database fails.
    pub fn flow_versions(&self, flow: &str, page: Page) -> Result<Vec<FlowVersion>> {
        let flow = call_flow::find(&self.conn, flow)?;
        flow_version::list(&self.conn, flow.id, page)
    }

    /// Checks a draft against the facts of now. Nothing changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such flow, or the database fails.
    pub fn validate(&self, flow: &str) -> Result<Vec<flow_compiler::diag::Diagnostic>> {
        publish::validate(&self.conn, flow, self.effects)
    }

    /// Call records, newest first, without traces.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cdrs(&self, filter: &CdrFilter, page: Page) -> Result<Vec<Cdr>> {
        cdr::list(&self.conn, filter, page)
    }

    /// How many call records a filter lets through.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cdr_count(&self, filter: &CdrFilter) -> Result<i64> {
        cdr::count(&self.conn, filter)
    }

    /// A call record with its trace, by row id or by name of the call.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or the database fails.
    pub fn cdr(&self, id_or_call: &str) -> Result<Cdr> {
        cdr::get(&self.conn, id_or_call)
    }

    /// Messages of a mailbox, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such mailbox, or the database fails.
    pub fn messages(&self, mailbox: &str, page: Page) -> Result<Vec<VoicemailMessage>> {
        let mailbox: VoicemailBox = find(&self.conn, mailbox)?;
        voicemail_message::list(&self.conn, mailbox.id.raw(), page)
    }

    /// Totals of a mailbox.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such mailbox, or the database fails.
    pub fn message_counts(&self, mailbox: &str) -> Result<MailboxCounts> {
        let mailbox: VoicemailBox = find(&self.conn, mailbox)?;
        let (messages, new) = voicemail_message::counts(&self.conn, mailbox.id.raw())?;
        Ok(MailboxCounts { messages, new })
    }

    /// The file of a message.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such mailbox or message in it, or the database fails.
    pub fn message_file(&self, mailbox: &str, message: i64) -> Result<PathBuf> {
        let mailbox: VoicemailBox = find(&self.conn, mailbox)?;
        let message = voicemail_message::get(&self.conn, mailbox.id.raw(), message)?;
        Ok(self.dir.resolve(&message.file))
    }

    /// Contacts that last past `now_ms`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn registrations(&self, now_ms: i64) -> Result<Vec<Registration>> {
        registration::load(&self.conn, now_ms)
    }

    /// What was changed by whom, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn audit(&self, page: Page) -> Result<Vec<AuditRow>> {
        audit::list(&self.conn, page)
    }
}

/// A column of secrets.
pub(crate) struct SecretColumn {
    table: &'static str,
    column: &'static str,
}

/// Where SIP secrets are.
pub(crate) const SIP_SECRET: SecretColumn = SecretColumn { table: "extensions", column: "sip_secret" };

impl SecretColumn {
    /// The secret of one row.
    pub(crate) fn of<'a>(&self, row: &'a str) -> SecretPlace<'a> {
        SecretPlace { table: self.table, column: self.column, row }
    }
}
