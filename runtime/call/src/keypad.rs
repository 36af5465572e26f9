//! One press, one key: some phones tell a press twice, by SIP INFO and by telephone-event (RFC 4733).

use std::time::Duration;

use crate::limits::KEY_TWIN_MAX;

/// How a party's keys come.
#[derive(Debug, Default)]
pub(crate) struct Keypad {
    /// Telephone-events were heard: what comes by INFO beside them is the same presses again.
    events: bool,
    /// The last key by INFO that counted.
    info: Option<(char, Duration)>,
}

impl Keypad {
    /// A key by telephone-event. True when it counts.
    pub(crate) fn by_event(&mut self, now: Duration, key: char) -> bool {
        let twin = !self.events
            && self.info.is_some_and(|(told, at)| told == key && now.saturating_sub(at) <= KEY_TWIN_MAX);
        self.events = true;
        !twin
    }

    /// A key by INFO; `negotiated` says whether telephone-event is agreed on now. True when it counts.
    pub(crate) fn by_info(&mut self, now: Duration, key: char, negotiated: bool) -> bool {
        if self.events && negotiated {
            return false;
        }
        self.info = Some((key, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn a_press_told_in_both_ways_counts_once() {
        let mut event_first = Keypad::default();
        assert!(event_first.by_event(S(1), '1'));
        assert!(!event_first.by_info(S(1), '1', true));
        assert!(event_first.by_event(S(2), '1'), "pressed again");
        assert!(!event_first.by_info(S(2), '1', true));

        let mut info_first = Keypad::default();
        assert!(info_first.by_info(S(1), '1', true));
        assert!(!info_first.by_event(S(1), '1'));
        assert!(info_first.by_event(S(1), '1'), "pressed again, at once");
        assert!(!info_first.by_info(S(1), '1', true));
    }

    #[test]
    fn keys_by_one_way_all_count() {
        let mut info = Keypad::default();
        assert!(info.by_info(S(1), '1', true) && info.by_info(S(1), '1', true));
        assert!(info.by_event(S(5), '1'), "too late to be the same press");
        let mut changed = Keypad::default();
        assert!(changed.by_event(S(1), '1'));
        assert!(changed.by_info(S(9), '2', false), "telephone-event is no longer agreed on");
    }
}
