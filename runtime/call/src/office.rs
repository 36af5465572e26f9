//! The facts that calls need, as one immutable value. The host makes a new one whenever something is saved or
//! published and swaps the pointer; a call in flight keeps the program it started with.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_media::control::Pcm;
use flow_vm::Program;

use crate::limits;

/// Where a call enters a program.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Key of the flow, or of the extension for a built-in program. For records.
    pub flow: String,
    /// The verified program.
    pub program: Arc<Program>,
    /// Name of the entry in the program.
    pub entry: String,
}

/// One of our numbers.
#[derive(Clone, Debug)]
pub struct Number {
    /// The trunk by which its calls must come; any, if none is named. Our own phones may always call it.
    pub trunk: Option<String>,
    /// Where its calls begin.
    pub entry: Entry,
}

/// One person (or room) with phones.
#[derive(Clone, Debug)]
pub struct Extension {
    /// Its number, which is its key.
    pub key: String,
    /// Who it is; shown to the people whom it calls.
    pub name: String,
    /// The user that its phones register as.
    pub user: String,
    /// Do not disturb: its phones don't ring, the caller finds it busy.
    pub dnd: bool,
    /// The built-in program of a direct call to it.
    pub direct: Entry,
}

/// Extensions that ring together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its key.
    pub key: String,
    /// Keys of its extensions.
    pub members: Vec<String>,
    /// Who rings when.
    pub strategy: Strategy,
}

/// The order in which the members of a group ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// All at once.
    RingAll,
}

/// A box for messages.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// Its key.
    pub key: String,
    /// What callers hear first, one sound after the other.
    pub greeting: Vec<Pcm>,
    /// Longest message in milliseconds.
    pub message_ms_max: u32,
}

/// A line to the outside.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// Its key.
    pub key: String,
    /// Calls at the same time; 0 = as many as come.
    pub channels_max: u32,
}

/// The facts. Everything is looked up when an effect runs, but for what was compiled into programs.
#[derive(Clone, Debug, Default)]
pub struct Office {
    /// ISO 3166 alpha-2, lower case; says what ringback sounds like.
    pub country: String,
    /// By E.164 number, with its plus.
    pub numbers: BTreeMap<String, Number>,
    /// By key.
    pub extensions: BTreeMap<String, Extension>,
    /// By key.
    pub groups: BTreeMap<String, Group>,
    /// By key.
    pub mailboxes: BTreeMap<String, Mailbox>,
    /// Greeting of a menu, by the menu's key.
    pub menu_greetings: BTreeMap<String, Pcm>,
    /// By name.
    pub prompts: BTreeMap<String, Pcm>,
    /// By key.
    pub trunks: BTreeMap<String, Trunk>,
}

impl Office {
    /// The number that was dialled, in E.164 and with its facts: exact, or in one of the forms that trunks use (no
    /// plus, an international prefix, the national form with or without its trunk prefix). A form that fits two of
    /// our numbers fits none.
    #[must_use]
    pub fn number(&self, dialled: &str) -> Option<(&str, &Number)> {
        let plain: String = dialled.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        if let Some((key, number)) = self.numbers.get_key_value(&plain) {
            return Some((key, number));
        }
        if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut found = self.numbers.iter().filter(|(number, _)| is_form_of(&plain, number));
        let first = found.next()?;
        if found.next().is_some() {
            return None;
        }
        Some((first.0, first.1))
    }

    /// The extension whose phones register as `user`.
    #[must_use]
    pub fn extension_of(&self, user: &str) -> Option<&Extension> {
        self.extensions.values().find(|e| e.user == user)
    }
}

/// Whether `digits` is a way to write the E.164 `number` without its plus.
fn is_form_of(digits: &str, number: &str) -> bool {
    let e164 = number.trim_start_matches('+');
    if ["", "00", "011", "0011", "010"].iter().any(|prefix| digits.strip_prefix(prefix) == Some(e164)) {
        return true;
    }
    let national = digits.trim_start_matches('0');
    national.len() >= limits::NATIONAL_DIGITS_MIN && national.len() < e164.len() && e164.ends_with(national)
}

#[cfg(test)]
mod tests {
    use super::is_form_of;

    #[test]
    fn numbers_in_the_forms_that_trunks_use() {
        let ours = "+61299998888";
        for form in ["61299998888", "001161299998888", "0061299998888", "0299998888", "299998888", "99998888"]
        {
            assert!(is_form_of(form, ours), "{form}");
        }
        for other in ["8888", "08888", "0399998888", "61299998889", "9961299998888", "161299998888", ""] {
            assert!(!is_form_of(other, ours), "{other}");
        }
        assert!(is_form_of("2125551212", "+12125551212"));
        assert!(is_form_of("0612345678", "+390612345678"), "Italy keeps its zero");
    }
}
