//! The store of FlowPBX: SQLite (WAL) and the data folder.
//!
//! - One file per entity declares its struct, bounds and secrets; tables, reading and writing follow from it.
//! - Every write is one transaction with `synchronous = FULL`; files come by write, sync, rename. `kill -9` at any
//!   moment leaves the old state or the new one.
//! - SIP secrets are sealed (AES-256-GCM) and open only for [`Reader::sip_users`].
//! - No clock: whoever calls passes wall time in milliseconds UTC.
//! - [`Thread`] owns a [`Store`] or a [`Reader`]; [`Handle::send`] never waits.

mod audit;
mod call_flow;
mod cdr;
mod compile;
mod db;
mod entity;
mod error;
mod extension;
mod files;
mod flow_version;
mod import;
mod inbound_number;
mod ivr_menu;
pub mod limits;
mod prompt;
mod publish;
mod queue;
mod reader;
mod registration;
mod ring_group;
mod secret;
mod store;
mod system_config;
mod text;
mod time_switch;
mod trunk;
mod voicemail_box;
mod voicemail_message;
mod wav;
mod world;

pub use audit::{AuditRow, By};
pub use call_flow::{CallFlow, LiveFlow};
pub use cdr::{Cdr, CdrFilter, CdrLeg, LOST_CAUSE, LOST_DISPOSITION, MediaFigures, PathStep};
pub use entity::{ColumnSpec, Entity, Id, Json, Page, Saved};
pub use error::{Error, Result};
pub use extension::Extension;
pub use files::{DataDir, write_private};
pub use flow_version::FlowVersion;
pub use import::{Import, ImportFile, ImportReport, ImportedRow, NewSecret};
pub use inbound_number::{InboundNumber, NumberRoute};
pub use ivr_menu::{IvrMenu, MenuOption};
pub use prompt::{NewPrompt, Prompt};
pub use publish::Published;
pub use queue::{Handle, Thread};
pub use reader::{MailboxCounts, Reader, Secret, SipUser};
pub use registration::{Registration, Transport};
pub use ring_group::RingGroup;
pub use secret::{hex, random};
pub use store::{Recovery, SaveReport, Store};
pub use time_switch::{DateRule, Rule, Span, TimeSwitch};
pub use trunk::Trunk;
pub use voicemail_box::VoicemailBox;
pub use voicemail_message::{Kept, NewMessage, Repaired, Room, VoicemailMessage};
