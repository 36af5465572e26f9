//! Voicemail boxes. They belong to nobody; a lamp of one extension may show their new messages.

use flow_compiler::entity;

use crate::entity::{Id, entity};

entity! {
    /// A voicemail box.
    VoicemailBox as VoicemailBox in "voicemail_boxes", secrets [] {
        /// Key of the prompt before the beep; the library's where none is named.
        greeting: Option<String> = 1..=64,
        /// Longest message, in seconds.
        max_message_duration_s: u16 = 5..=3_600,
        /// Messages that it holds.
        max_messages: u16 = 1..=10_000,
        /// Days after which messages go; 0 = never.
        retention_days: u16 = 0..=36_500,
        /// Key of the extension whose lamp shows new messages.
        notify_extension: Option<String> = 1..=64,
    }
}

impl VoicemailBox {
    /// The mailbox with these facts.
    pub(crate) fn with_facts(facts: &entity::VoicemailBox) -> VoicemailBox {
        VoicemailBox {
            id: Id::new(0),
            key: facts.key.clone(),
            label: facts.name.clone(),
            greeting: facts.greeting.clone(),
            max_message_duration_s: facts.max_message_s,
            max_messages: facts.max_messages,
            retention_days: facts.retention_days,
            notify_extension: facts.extension.clone(),
        }
    }

    pub(crate) fn to_facts(&self) -> entity::VoicemailBox {
        entity::VoicemailBox {
            key: self.key.clone(),
            name: self.label.clone(),
            greeting: self.greeting.clone(),
            max_message_s: self.max_message_duration_s,
            max_messages: self.max_messages,
            retention_days: self.retention_days,
            extension: self.notify_extension.clone(),
        }
    }
}
