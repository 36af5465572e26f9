//! The caller leaves a message: greeting, beep, recording, keeping.

use std::time::Duration;

use flow_media::control::{Command, JobId, RecordEnd};
use flow_vm::effect::{Answer, Key, VoicemailEnd};

use super::{Activity, Call};
use crate::beep::beep;
use crate::desk::Desk;
use crate::limits;
use crate::request::{Kept, NewMessage, Room, StoreRequest};

/// A message is being left.
pub(super) struct Voicemail {
    mailbox: String,
    stage: Stage,
}

enum Stage {
    /// The store is asked whether there is room.
    Asking { until: Duration },
    /// Greeting and beep.
    Greeting { job: JobId, ends_by: Duration },
    /// The caller speaks, or (`stopping`) the file is being made whole.
    Recording { job: JobId, file: String, at_ms: i64, ends_by: Duration, stopping: bool },
    /// The store keeps it.
    Saving { until: Duration },
}

impl Voicemail {
    pub(super) fn deadline(&self) -> Duration {
        match &self.stage {
            Stage::Asking { until } | Stage::Saving { until } => *until,
            Stage::Greeting { ends_by, .. } | Stage::Recording { ends_by, .. } => *ends_by,
        }
    }
}

impl Call {
    pub(super) fn voicemail(&mut self, desk: &mut Desk<'_>, mailbox: &str) -> Option<Answer> {
        if !desk.office.mailboxes.contains_key(mailbox) {
            tracing::warn!(call = %self.record.call, mailbox, "there is no such mailbox");
            return Some(Answer::Voicemail(VoicemailEnd::Failed));
        }
        if !self.be_answered(desk) {
            return None;
        }
        self.typed.clear();
        let mailbox = mailbox.to_owned();
        let key = self.record.call.clone();
        desk.store(StoreRequest::CheckMailbox { call: self.id, key, mailbox: mailbox.clone() });
        let stage = Stage::Asking { until: desk.now + limits::STORE_WAIT_MAX };
        self.activity = Activity::Voicemail(Voicemail { mailbox, stage });
        None
    }

    pub(super) fn room_known(&mut self, desk: &mut Desk<'_>, room: Room) {
        let Activity::Voicemail(voicemail) = &self.activity else { return };
        let Stage::Asking { .. } = voicemail.stage else { return };
        let mailbox = desk.office.mailboxes.get(&voicemail.mailbox);
        match (room, mailbox) {
            (Room::Free, Some(mailbox)) => {
                let mut sounds = mailbox.greeting.clone();
                sounds.push(beep());
                let (job, ends_by) = self.sound(desk, sounds);
                self.voicemail_stage(Stage::Greeting { job, ends_by });
            }
            (Room::Full, Some(_)) => self.go_on(desk, Answer::Voicemail(VoicemailEnd::Full)),
            (Room::Failed, _) | (_, None) => {
                self.leave_mailbox(desk);
                self.go_on(desk, Answer::Voicemail(VoicemailEnd::Failed));
            }
        }
    }

    pub(super) fn greeting_ended(&mut self, desk: &mut Desk<'_>, ended: JobId) {
        if let Activity::Voicemail(Voicemail { stage: Stage::Greeting { job, .. }, .. }) = &self.activity
            && *job == ended
        {
            self.start_recording(desk);
        }
    }

    fn start_recording(&mut self, desk: &mut Desk<'_>) {
        let Activity::Voicemail(voicemail) = &self.activity else { return };
        let Some(mailbox) = desk.office.mailboxes.get(&voicemail.mailbox) else {
            self.leave_mailbox(desk);
            self.go_on(desk, Answer::Voicemail(VoicemailEnd::Failed));
            return;
        };
        let max_ms = mailbox.message_ms_max;
        self.recorded_before = true;
        let job = desk.job();
        let file = format!("{}-{}.wav", self.record.call, job.0);
        desk.media(Command::Record {
            leg: self.caller.relay.leg(),
            job,
            path: desk.config.recordings.join(&file),
            max_ms,
            silence_ms: limits::MESSAGE_SILENCE_MS,
        });
        let ends_by = desk.now + Duration::from_millis(u64::from(max_ms)) + limits::RECORD_GRACE;
        let at_ms = desk.wall_ms;
        self.voicemail_stage(Stage::Recording { job, file, at_ms, ends_by, stopping: false });
    }

    /// `#` skips the greeting's end, and ends the message.
    pub(super) fn voicemail_key(&mut self, desk: &mut Desk<'_>, key: Key) {
        if key.to_char() != '#' {
            return;
        }
        let Activity::Voicemail(voicemail) = &self.activity else { return };
        match voicemail.stage {
            Stage::Greeting { job, .. } => {
                self.caller.relay.stop(desk, job);
                let (job, ends_by) = self.sound(desk, vec![beep()]);
                self.voicemail_stage(Stage::Greeting { job, ends_by });
            }
            Stage::Recording { .. } => self.stop_recording(desk),
            Stage::Asking { .. } | Stage::Saving { .. } => {}
        }
    }

    fn stop_recording(&mut self, desk: &mut Desk<'_>) {
        let leg = self.caller.relay.leg();
        if let Activity::Voicemail(Voicemail {
            stage: Stage::Recording { job, ends_by, stopping, .. }, ..
        }) = &mut self.activity
            && !*stopping
        {
            *stopping = true;
            *ends_by = desk.now + limits::RECORD_GRACE;
            desk.media(Command::StopRecord { leg, job: *job });
        }
    }

    /// The caller is gone. True when there is a message to finish first.
    pub(super) fn finish_message(&mut self, desk: &mut Desk<'_>) -> bool {
        let Activity::Voicemail(voicemail) = &self.activity else { return false };
        match voicemail.stage {
            Stage::Asking { .. } | Stage::Greeting { .. } => false,
            Stage::Recording { .. } => {
                self.stop_recording(desk);
                true
            }
            Stage::Saving { .. } => true,
        }
    }

    pub(super) fn recorded(&mut self, desk: &mut Desk<'_>, ended: JobId, duration_ms: u32, end: RecordEnd) {
        let Activity::Voicemail(voicemail) = &self.activity else { return };
        let Stage::Recording { job, file, at_ms, .. } = &voicemail.stage else { return };
        if *job != ended {
            return;
        }
        let (file, at_ms, mailbox) = (file.clone(), *at_ms, voicemail.mailbox.clone());
        if end == RecordEnd::Failed {
            self.voicemail_over(desk, VoicemailEnd::Failed);
        } else if duration_ms < limits::MESSAGE_MS_MIN {
            desk.store(StoreRequest::DropRecording { call: self.record.call.clone(), file });
            self.voicemail_over(desk, VoicemailEnd::Done);
        } else {
            let key = self.record.call.clone();
            let caller = self.record.caller.clone();
            desk.store(StoreRequest::SaveMessage(Box::new(NewMessage {
                call: self.id,
                key,
                mailbox,
                file,
                duration_ms,
                caller,
                at_ms,
            })));
            self.voicemail_stage(Stage::Saving { until: desk.now + limits::STORE_WAIT_MAX });
        }
    }

    pub(super) fn message_kept(&mut self, desk: &mut Desk<'_>, kept: Kept) {
        let Activity::Voicemail(Voicemail { stage: Stage::Saving { .. }, .. }) = &self.activity else {
            return;
        };
        let end = match kept {
            Kept::Saved => {
                self.message_left = true;
                VoicemailEnd::Done
            }
            Kept::Full => VoicemailEnd::Full,
            Kept::Failed => VoicemailEnd::Failed,
        };
        self.voicemail_over(desk, end);
    }

    pub(super) fn voicemail_overdue(&mut self, desk: &mut Desk<'_>) {
        let Activity::Voicemail(voicemail) = &self.activity else { return };
        match voicemail.stage {
            Stage::Greeting { .. } => self.start_recording(desk),
            Stage::Asking { .. } | Stage::Recording { .. } | Stage::Saving { .. } => {
                self.leave_mailbox(desk);
                tracing::error!(call = %self.record.call, "a message could not be recorded or kept in time");
                self.voicemail_over(desk, VoicemailEnd::Failed);
            }
        }
    }

    /// The store need not await a recording: none was begun. A call that began one before keeps the store's note, by
    /// which the next start finds what became of it.
    pub(super) fn leave_mailbox(&self, desk: &mut Desk<'_>) {
        if !self.recorded_before {
            desk.store(StoreRequest::LeaveMailbox { call: self.record.call.clone() });
        }
    }

    /// Tells the machine; a caller who went meanwhile is told first.
    fn voicemail_over(&mut self, desk: &mut Desk<'_>, end: VoicemailEnd) {
        if self.caller.is_gone() {
            self.hung_up(desk);
        } else {
            self.go_on(desk, Answer::Voicemail(end));
        }
    }

    fn voicemail_stage(&mut self, stage: Stage) {
        if let Activity::Voicemail(voicemail) = &mut self.activity {
            voicemail.stage = stage;
        }
    }
}
