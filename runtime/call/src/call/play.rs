//! Sounds for the caller, and menus.

use std::time::Duration;

use flow_media::control::{JobId, Pcm, Source};
use flow_vm::effect::{Answer, Key, Sound};

use super::{Activity, Call};
use crate::desk::Desk;
use crate::limits;
use crate::relay::length_ms;

/// A sound plays.
pub(super) struct Playing {
    pub(super) job: JobId,
    pub(super) barge_in: bool,
    /// When it is taken as ended though the engine said nothing.
    pub(super) ends_by: Duration,
}

/// A key is waited for.
pub(super) struct Menu {
    stage: Stage,
    timeout: Duration,
}

enum Stage {
    Sounding { job: JobId, ends_by: Duration },
    Waiting { until: Duration },
}

impl Menu {
    pub(super) fn deadline(&self) -> Duration {
        match self.stage {
            Stage::Sounding { ends_by, .. } => ends_by,
            Stage::Waiting { until } => until,
        }
    }
}

impl Call {
    pub(super) fn play(
        &mut self,
        desk: &mut Desk<'_>,
        sound: Sound<'_>,
        barge_in: bool,
        early: bool,
    ) -> Option<Answer> {
        let Some(sound) = find(desk, sound) else { return Some(Answer::Failed) };
        if early && self.caller.is_early() {
            let codecs = self.caller.codecs();
            // Without an offer there is nothing to answer in a 183.
            if !self.caller.early_media(desk, &codecs) {
                return Some(Answer::Failed);
            }
        } else if !self.be_answered(desk) {
            return None;
        }
        if barge_in && let Some(key) = self.typed.pop_front() {
            return Some(Answer::Key(key));
        }
        let (job, ends_by) = self.sound(desk, vec![sound]);
        self.activity = Activity::Playing(Playing { job, barge_in, ends_by });
        None
    }

    pub(super) fn menu(&mut self, desk: &mut Desk<'_>, sound: Sound<'_>, timeout_ms: u32) -> Option<Answer> {
        let Some(sound) = find(desk, sound) else { return Some(Answer::Failed) };
        if !self.be_answered(desk) {
            return None;
        }
        if let Some(key) = self.typed.pop_front() {
            return Some(Answer::Key(key));
        }
        let (job, ends_by) = self.sound(desk, vec![sound]);
        let timeout = Duration::from_millis(u64::from(timeout_ms));
        self.activity = Activity::Menu(Menu { stage: Stage::Sounding { job, ends_by }, timeout });
        None
    }

    /// Plays sounds to the caller; says until when they are over at the latest.
    pub(super) fn sound(&mut self, desk: &mut Desk<'_>, sounds: Vec<Pcm>) -> (JobId, Duration) {
        let ends_by = desk.now + Duration::from_millis(length_ms(&sounds)) + limits::PLAY_GRACE;
        (self.caller.relay.play(desk, Source::Sounds(sounds)), ends_by)
    }

    pub(super) fn played(&mut self, desk: &mut Desk<'_>) {
        self.go_on(desk, Answer::Done);
    }

    pub(super) fn barge_in(&mut self, desk: &mut Desk<'_>, key: Key) {
        if let Activity::Playing(playing) = &self.activity {
            self.caller.relay.stop(desk, playing.job);
            self.go_on(desk, Answer::Key(key));
        }
    }

    pub(super) fn menu_sound_ended(&mut self, desk: &mut Desk<'_>, ended: JobId) {
        if let Activity::Menu(menu) = &mut self.activity
            && let Stage::Sounding { job, .. } = menu.stage
            && job == ended
        {
            menu.stage = Stage::Waiting { until: desk.now + menu.timeout };
        }
    }

    pub(super) fn menu_overdue(&mut self, desk: &mut Desk<'_>) {
        if let Activity::Menu(menu) = &mut self.activity {
            match menu.stage {
                Stage::Sounding { .. } => menu.stage = Stage::Waiting { until: desk.now + menu.timeout },
                Stage::Waiting { .. } => self.go_on(desk, Answer::Timeout),
            }
        }
    }

    pub(super) fn menu_key(&mut self, desk: &mut Desk<'_>, key: Key) {
        if let Activity::Menu(menu) = &self.activity {
            if let Stage::Sounding { job, .. } = menu.stage {
                self.caller.relay.stop(desk, job);
            }
            self.go_on(desk, Answer::Key(key));
        }
    }
}

/// The samples of a sound, as the office has them now.
fn find(desk: &Desk<'_>, sound: Sound<'_>) -> Option<Pcm> {
    let (found, kind, name) = match sound {
        Sound::Prompt(name) => (desk.office.prompts.get(name), "prompt", name),
        Sound::MenuGreeting(menu) => (desk.office.menu_greetings.get(menu), "greeting of the menu", menu),
    };
    if found.is_none() {
        tracing::warn!(name, "there is no {kind} to play");
    }
    found.cloned()
}
