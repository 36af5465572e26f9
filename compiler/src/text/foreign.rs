//! Words that people bring from other phone systems, and what they are called here. One table: kinds, entities, fields and
//! steps of tests are all looked up in it.

use crate::entity::EntityKind;
use crate::nodes::Kind;

/// What others write, and what may be meant by it here, the likeliest first.
const WORDS: &[(&str, &[&str])] = &[
    ("announce", &["play_message"]),
    ("announcement", &["play_message", "prompt"]),
    ("audio", &["prompt"]),
    ("auto_attendant", &["ivr_menu"]),
    ("bridge", &["conference"]),
    ("business_hours", &["time_switch"]),
    ("calendar", &["time_switch"]),
    ("call_forward", &["transfer"]),
    ("carrier", &["trunk"]),
    ("clock", &["time_switch"]),
    ("condition", &["branch"]),
    ("dial", &["transfer", "extension"]),
    ("did", &["inbound_number"]),
    ("disconnect", &["hangup"]),
    ("end", &["hangup"]),
    ("end_call", &["hangup"]),
    ("exit", &["hangup"]),
    ("ext", &["extension"]),
    ("file", &["prompt"]),
    ("forward", &["transfer"]),
    ("gather", &["collect"]),
    ("goodbye", &["hangup"]),
    ("goto", &["subflow"]),
    ("group", &["ring_group"]),
    ("hang_up", &["hangup"]),
    ("holidays", &["time_switch"]),
    ("hours", &["time_switch"]),
    ("http", &["webhook"]),
    ("hunt_group", &["ring_group"]),
    ("if", &["branch"]),
    ("inbound", &["inbound_number"]),
    ("input", &["collect"]),
    ("ivr", &["ivr_menu"]),
    ("mailbox", &["voicemail_box", "voicemail"]),
    ("meeting", &["conference"]),
    ("menu", &["ivr_menu"]),
    ("message", &["play_message"]),
    ("music", &["prompt"]),
    ("number", &["inbound_number"]),
    ("office_hours", &["time_switch"]),
    ("opening_hours", &["time_switch"]),
    ("person", &["extension"]),
    ("phone", &["extension"]),
    ("play", &["play_message"]),
    ("playback", &["play_message"]),
    ("random", &["split"]),
    ("record", &["voicemail"]),
    ("ring", &["extension", "ring_group"]),
    ("room", &["conference"]),
    ("say", &["play_message"]),
    ("schedule", &["time_switch"]),
    ("sip_trunk", &["trunk"]),
    ("sound", &["prompt"]),
    ("stop", &["hangup"]),
    ("switch", &["branch", "time_switch"]),
    ("team", &["ring_group"]),
    ("time", &["time_switch"]),
    ("time_condition", &["time_switch"]),
    ("user", &["extension"]),
    ("variable", &["set"]),
    ("vm", &["voicemail", "voicemail_box"]),
    ("voicemail", &["voicemail_box"]),
    ("voicemail_box", &["voicemail"]),
    ("waiting_queue", &["queue"]),
    ("prompt", &["play_message"]),
    // Fields.
    ("destination", &["number", "extension"]),
    ("duration", &["ring", "timeout", "max_message"]),
    ("digits", &["max"]),
    ("expr", &["when"]),
    ("expression", &["when", "value"]),
    ("extensions", &["members"]),
    ("agents", &["members"]),
    ("greet", &["greeting"]),
    ("max_wait", &["wait"]),
    ("name", &["variable"]),
    ("path", &["file"]),
    ("ring_time", &["ring", "ring_timeout"]),
    ("ring_timeout", &["ring"]),
    ("target", &["number", "extension"]),
    ("timeout", &["ring", "ring_timeout", "wait", "max_wait"]),
    ("timezone", &["zone"]),
    ("to", &["number", "extension"]),
    ("var", &["variable"]),
    ("wait", &["max_wait", "timeout"]),
    ("wav", &["file"]),
    ("welcome", &["greeting"]),
    ("zone", &["timezone"]),
    // Parts of entities.
    ("choice", &["key"]),
    ("date", &["except"]),
    ("digit", &["key"]),
    ("exception", &["except"]),
    ("holiday", &["except"]),
    ("open", &["rule"]),
    ("option", &["key"]),
    ("period", &["rule"]),
    // Steps of tests, and what they expect.
    ("caller", &["call"]),
    ("dtmf", &["press"]),
    ("enter", &["digits"]),
    ("ends", &["end"]),
    ("hangs_up", &["hang_up"]),
    ("hangup", &["hang_up"]),
    ("hear", &["hears"]),
    ("heard", &["hears"]),
    ("key", &["press"]),
    ("keys", &["press", "digits"]),
    ("pin", &["secret"]),
    ("plays", &["hears"]),
    ("presses", &["press"]),
    ("says", &["hears"]),
    ("sent", &["sends"]),
    ("should", &["expect"]),
    ("show", &["shows"]),
    ("type", &["digits", "press"]),
    ("when", &["at"]),
];

/// What is meant by a foreign word, of what there is.
pub(crate) fn meant<'a>(word: &str, there_is: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_ascii_lowercase().replace('-', "_");
    let there_is: Vec<&str> = there_is.into_iter().collect();
    let of_word = WORDS.iter().filter(|(foreign, _)| *foreign == folded);
    let mut ours = of_word.flat_map(|(_, ours)| ours.iter());
    ours.find_map(|ours| there_is.iter().find(|known| *known == ours).copied())
}

/// The kind of node that is meant.
pub(crate) fn kind(word: &str) -> Option<&'static str> {
    meant(word, Kind::ALL.iter().map(|k| k.name()))
}

/// The kind of entity that is meant.
pub(crate) fn entity(word: &str) -> Option<&'static str> {
    meant(word, EntityKind::ALL.iter().map(|k| k.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word that means nothing here would lead people to nothing. `subflow` comes with its kind.
    #[test]
    fn every_word_is_explained_by_one_that_there_is() {
        let mut known: Vec<&str> = Kind::ALL.iter().map(|k| k.name()).collect();
        known.extend(Kind::ALL.iter().flat_map(|k| k.spec().fields).map(|f| f.name));
        known.extend(EntityKind::ALL.iter().map(|k| k.name()));
        known.extend(EntityKind::ALL.iter().flat_map(|k| crate::entity::spec::of(*k).fields).map(|f| f.name));
        known.extend(crate::graph::FLOW_FIELDS.iter().map(|f| f.name));
        known.extend(super::super::steps::words());
        known.extend(["key", "rule", "except", "end", "hears", "shows", "sends", "subflow"]);
        for (foreign, ours) in WORDS {
            for word in *ours {
                assert!(known.contains(word), "{foreign}: there is no {word}");
            }
        }
    }

    #[test]
    fn what_is_meant_is_what_there_is() {
        let kinds = [("play", "play_message"), ("Mailbox", "voicemail"), ("time-condition", "time_switch")];
        for (foreign, ours) in kinds {
            assert_eq!(kind(foreign), Some(ours));
        }
        assert_eq!(["mailbox", "voicemail"].map(entity), [Some("voicemail_box"); 2]);
        assert_eq!(entity("play"), None);
    }
}
