//! One call: a caller, the run of a program, and what is being done for it right now.
//!
//! [`Activity`] is the state. It changes only by an event (a SIP event, a media event, an answer of the store, a
//! deadline) and every state has a deadline, so that no call can be forgotten. The parts of a call that belong to one
//! activity live in its own file, with the events that it understands.

mod ending;
mod play;
mod ring;
mod talk;
mod voicemail;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use flow_media::control::{Event as MediaEvent, LegId as MediaLeg};
use flow_sip::{Event as SipEvent, LegId as SipLeg, Party};
use flow_vm::effect::{Answer, CallerPart, Cause, Effect, End, Key, PhoneStatus, RingEnd};

use crate::caller::{Caller, CallerState, NotAnswered};
use crate::cause::Why;
use crate::desk::Desk;
use crate::exchange::CallId;
use crate::keypad::Keypad;
use crate::limits;
use crate::office::{Extension, Office};
use crate::record::{CallRecord, Direction};
use crate::request::{StoreAnswer, StoreRequest};
use crate::run::{Next, Run};

use ending::Ending;
use play::{Menu, Playing};
use ring::Ringing;
use talk::Talking;
use voicemail::Voicemail;

/// A live call.
pub(crate) struct Call {
    id: CallId,
    caller: Caller,
    run: Run,
    activity: Activity,
    record: CallRecord,
    /// The caller as phones are shown it; the record keeps the real one.
    shown: Party,
    began: Duration,
    /// Keys that nothing has listened to yet.
    typed: VecDeque<Key>,
    /// How the last ringing ended.
    ring_end: Option<RingEnd>,
    message_left: bool,
    /// A recording for a mailbox was begun.
    recorded_before: bool,
    /// How the caller's keys come.
    keypad: Keypad,
    /// Why the call ends, where that isn't the program's doing.
    why: Option<Why>,
    /// Media legs that are told to close, and whose figures they bring.
    closing: BTreeMap<MediaLeg, Figures>,
}

/// What is being done for the caller.
enum Activity {
    /// Only inside an event: one activity was left, the next isn't entered.
    Between,
    /// 200 has gone; what the ACK brings is waited for.
    Answering { until: Duration },
    /// A sound plays.
    Playing(Playing),
    /// A sound plays or has played, and a key is waited for.
    Menu(Menu),
    /// Phones ring.
    Ringing(Ringing),
    /// The caller talks with somebody.
    Talking(Talking),
    /// The caller leaves a message.
    Voicemail(Voicemail),
    /// The run is over; what is open closes.
    Ending(Ending),
    /// Nothing is left to do.
    Over,
}

/// Where the figures of a closed media leg belong.
#[derive(Clone, Copy, Debug)]
enum Figures {
    Caller,
    /// Index of the leg in the record.
    Leg(usize),
    /// A leg that nobody answered.
    Nobody,
}

/// Life of a call.
impl Call {
    pub(crate) fn new(id: CallId, caller: Caller, run: Run, record: CallRecord, now: Duration) -> Call {
        Call {
            id,
            caller,
            run,
            activity: Activity::Between,
            shown: record.caller.clone(),
            record,
            began: now,
            typed: VecDeque::new(),
            ring_end: None,
            message_left: false,
            recorded_before: false,
            keypad: Keypad::default(),
            why: None,
            closing: BTreeMap::new(),
        }
    }

    /// Begins the run.
    pub(crate) fn start(&mut self, desk: &mut Desk<'_>) {
        desk.store(StoreRequest::CdrStart(Box::new(self.record.clone())));
        self.go_on(desk, Answer::Start);
    }

    pub(crate) fn record(&self) -> &CallRecord {
        &self.record
    }

    /// True once nothing of the call is left but its SIP legs, which end by themselves.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.activity, Activity::Over)
    }

    /// The name of the activity, for people and tests.
    pub(crate) fn activity(&self) -> &'static str {
        match self.activity {
            Activity::Between => "between",
            Activity::Answering { .. } => "answering",
            Activity::Playing(_) => "playing",
            Activity::Menu(_) => "menu",
            Activity::Ringing(_) => "ringing",
            Activity::Talking(_) => "talking",
            Activity::Voicemail(_) => "voicemail",
            Activity::Ending(_) => "ending",
            Activity::Over => "over",
        }
    }

    /// When [`Call::tick`] is wanted at the latest.
    pub(crate) fn deadline(&self) -> Duration {
        let longest = self.began + limits::CALL_DURATION_MAX;
        match &self.activity {
            Activity::Between | Activity::Talking(_) => longest,
            Activity::Answering { until } => longest.min(*until),
            Activity::Playing(playing) => longest.min(playing.ends_by),
            Activity::Menu(menu) => longest.min(menu.deadline()),
            Activity::Ringing(ringing) => longest.min(ringing.until),
            Activity::Voicemail(voicemail) => voicemail.deadline(),
            Activity::Ending(ending) => ending.until,
            Activity::Over => Duration::ZERO,
        }
    }

    /// A deadline may have come.
    pub(crate) fn tick(&mut self, desk: &mut Desk<'_>) {
        if desk.now < self.deadline() {
            return;
        }
        match &self.activity {
            Activity::Ending(_) => self.close_record(desk),
            Activity::Voicemail(_) => self.voicemail_overdue(desk),
            Activity::Between
            | Activity::Answering { .. }
            | Activity::Playing(_)
            | Activity::Menu(_)
            | Activity::Ringing(_)
            | Activity::Talking(_)
                if desk.now >= self.began + limits::CALL_DURATION_MAX =>
            {
                self.end(desk, Why::TooLong);
            }
            // The dialog layer notices a missing ACK by itself; this is for an ACK without the answer to our offer.
            Activity::Answering { .. } => self.end(desk, Why::CallerLost),
            Activity::Playing(_) => self.played(desk),
            Activity::Menu(_) => self.menu_overdue(desk),
            Activity::Ringing(_) => self.ring_overdue(desk),
            Activity::Between | Activity::Talking(_) | Activity::Over => {}
        }
    }

    /// Ends the call from our side.
    pub(crate) fn end(&mut self, desk: &mut Desk<'_>, why: Why) {
        if self.is_ending() {
            return;
        }
        self.drop_caller(desk, why);
        self.caller_gone(desk, why);
    }

    fn is_ending(&self) -> bool {
        matches!(self.activity, Activity::Ending(_) | Activity::Over)
    }
}

/// Events.
impl Call {
    /// A SIP event of one of the call's legs.
    pub(crate) fn sip(&mut self, desk: &mut Desk<'_>, leg: SipLeg, event: SipEvent) {
        if leg == self.caller.sip {
            self.caller_event(desk, event);
        } else if matches!(self.activity, Activity::Ringing(_)) {
            self.fork_event(desk, leg, event);
        } else {
            self.peer_event(desk, leg, event);
        }
    }

    fn caller_event(&mut self, desk: &mut Desk<'_>, event: SipEvent) {
        match event {
            SipEvent::Cancelled { .. } => self.caller_gone(desk, Why::CallerGaveUp),
            SipEvent::Hangup { lost: true, .. } => self.caller_gone(desk, Why::CallerLost),
            SipEvent::Hangup { lost: false, .. } => self.caller_gone(desk, Why::CallerHungUp),
            SipEvent::Gone { .. } => self.caller_gone(desk, Why::CallerLost),
            SipEvent::InfoKey { key, .. } => {
                if self.keypad.by_info(desk.now, key, self.caller.relay.takes_telephone_events()) {
                    self.key(desk, key);
                }
            }
            SipEvent::Offer { leg, sdp, source } if !self.is_ending() => {
                self.caller.relay.reoffered(desk, leg, sdp.as_deref(), source);
            }
            SipEvent::OfferAnswered { sdp, .. } if !self.is_ending() => {
                if !self.caller.answered_offer(desk, sdp.as_deref()) {
                    self.end(desk, Why::NoCommonMedia);
                } else if matches!(self.activity, Activity::Answering { .. }) {
                    self.go_on(desk, Answer::Done);
                }
            }
            SipEvent::Offer { .. }
            | SipEvent::OfferAnswered { .. }
            | SipEvent::Incoming { .. }
            | SipEvent::Progress { .. }
            | SipEvent::Answered { .. }
            | SipEvent::Failed { .. }
            | SipEvent::Confirmed { .. }
            | SipEvent::Bound(_)
            | SipEvent::Unbound { .. } => {}
        }
    }

    /// A media event of one of the call's legs.
    pub(crate) fn media(&mut self, desk: &mut Desk<'_>, event: &MediaEvent) {
        match event {
            MediaEvent::Key { leg, key } if *leg == self.caller.relay.leg() => {
                if self.keypad.by_event(desk.now, *key) {
                    self.key(desk, *key);
                }
            }
            // Keys of the called party are the other's business; the relay has passed them on.
            MediaEvent::Key { .. } => {}
            MediaEvent::PlayEnded { job, .. } => match &self.activity {
                Activity::Playing(playing) if playing.job == *job => self.played(desk),
                Activity::Menu(_) => self.menu_sound_ended(desk, *job),
                Activity::Voicemail(_) => self.greeting_ended(desk, *job),
                Activity::Between
                | Activity::Answering { .. }
                | Activity::Playing(_)
                | Activity::Ringing(_)
                | Activity::Talking(_)
                | Activity::Ending(_)
                | Activity::Over => {}
            },
            MediaEvent::RecordEnded { job, duration_ms, end, .. } => {
                self.recorded(desk, *job, *duration_ms, *end);
            }
            MediaEvent::Silent { leg } => self.silent(desk, *leg, true),
            MediaEvent::Heard { leg } => self.silent(desk, *leg, false),
            MediaEvent::OpenFailed { leg } => self.port_failed(desk, *leg),
            MediaEvent::Closed { leg, stats } => self.closed(desk, *leg, *stats),
        }
    }

    /// The store has answered.
    pub(crate) fn stored(&mut self, desk: &mut Desk<'_>, answer: &StoreAnswer) {
        match answer {
            StoreAnswer::Room { room, .. } => self.room_known(desk, *room),
            StoreAnswer::Message { kept, .. } => self.message_kept(desk, *kept),
        }
    }

    /// The caller is gone, by itself or by us. A message that is being recorded is kept first.
    fn caller_gone(&mut self, desk: &mut Desk<'_>, why: Why) {
        if self.is_ending() || self.why.is_some() {
            return;
        }
        self.why = Some(why);
        self.caller.state = CallerState::Gone;
        self.record.ended_ms = Some(desk.wall_ms);
        if !self.finish_message(desk) {
            self.hung_up(desk);
        }
    }

    fn hung_up(&mut self, desk: &mut Desk<'_>) {
        self.leave(desk);
        self.go_on(desk, Answer::HungUp);
    }

    /// A key of the caller.
    fn key(&mut self, desk: &mut Desk<'_>, key: char) {
        let Some(key) = Key::from_char(key) else { return };
        match &self.activity {
            Activity::Playing(playing) if playing.barge_in => self.barge_in(desk, key),
            Activity::Playing(_) | Activity::Answering { .. } => {
                if self.typed.len() < limits::KEYS_BUFFERED_MAX {
                    self.typed.push_back(key);
                }
            }
            Activity::Menu(_) => self.menu_key(desk, key),
            Activity::Voicemail(_) => self.voicemail_key(desk, key),
            Activity::Between
            | Activity::Ringing(_)
            | Activity::Talking(_)
            | Activity::Ending(_)
            | Activity::Over => {}
        }
    }

    fn port_failed(&mut self, desk: &mut Desk<'_>, leg: MediaLeg) {
        if leg == self.caller.relay.leg() {
            self.end(desk, Why::NoMediaPort);
        } else {
            self.callee_port_failed(desk, leg);
        }
    }
}

/// The run.
impl Call {
    /// Answers the machine and does what it wants next, until something has to be waited for. The machine's own limits
    /// (fuel, visits) end the loop.
    fn go_on(&mut self, desk: &mut Desk<'_>, answer: Answer) {
        let program = self.run.program();
        let mut answer = answer;
        loop {
            self.activity = Activity::Between;
            self.note(answer);
            match self.run.resume(&program, desk.now, desk.wall_ms, answer) {
                Next::Perform(effect) => match self.perform(desk, effect) {
                    Some(next) => answer = next,
                    None => return,
                },
                Next::End(end) => return self.finish(desk, why_of(end, answer)),
                Next::Broken(reason) => {
                    tracing::error!(call = %self.record.call, reason, "a run broke");
                    return self.finish(desk, Why::Misuse);
                }
            }
        }
    }

    /// Keeps for the record what the machine is told.
    fn note(&mut self, answer: Answer) {
        match answer {
            Answer::Key(key) => {
                if self.record.keys.len() < limits::KEYS_RECORDED_MAX {
                    self.record.keys.push(key.to_char());
                }
            }
            Answer::Ring(end) => self.ring_end = Some(end),
            Answer::Start
            | Answer::Done
            | Answer::Timeout
            | Answer::Voicemail(_)
            | Answer::LocalTime(_)
            | Answer::Chance(_)
            | Answer::Status(_)
            | Answer::Collected(_)
            | Answer::Failed
            | Answer::HungUp => {}
        }
    }

    /// Does what the program asks. `Some` when it is done already.
    fn perform(&mut self, desk: &mut Desk<'_>, effect: Effect<'_>) -> Option<Answer> {
        match effect {
            Effect::Answer => self.answer(desk),
            Effect::Play { sound, barge_in, early } => self.play(desk, sound, barge_in, early),
            Effect::Menu { sound, timeout_ms } => self.menu(desk, sound, timeout_ms),
            Effect::RingExtension { extension, timeout_ms } => {
                self.ring(desk, std::slice::from_ref(&extension), timeout_ms)
            }
            Effect::RingGroup { group, timeout_ms } => self.ring_group(desk, group, timeout_ms),
            Effect::Voicemail { mailbox } => self.voicemail(desk, mailbox),
            Effect::LocalTime { zone } => Some(match flow_compiler::zone::local_time(zone, desk.wall_ms) {
                Some(time) => Answer::LocalTime(time),
                None => Answer::Failed,
            }),
            Effect::SetCallerId { part, text } => {
                let shown = match part {
                    CallerPart::Name => &mut self.shown.name,
                    CallerPart::Number => &mut self.shown.number,
                };
                text.as_str().clone_into(shown);
                Some(Answer::Done)
            }
            Effect::Chance { percent } => Some(Answer::Chance(desk.draw(percent))),
            Effect::Status { extension } => Some(match desk.office.extensions.get(extension) {
                Some(extension) => Answer::Status(status(desk, extension, &self.keeps_busy(desk.office))),
                None => Answer::Failed,
            }),
            // No program that needs it is published on this server.
            Effect::Collect { .. } => Some(Answer::Failed),
        }
    }

    /// The extensions that this call keeps busy: the caller's, if it is one of ours, and that of whom it talks with.
    pub(crate) fn keeps_busy(&self, office: &Office) -> Vec<String> {
        if matches!(self.activity, Activity::Ending(_) | Activity::Over) {
            return Vec::new();
        }
        let own = match self.record.direction {
            Direction::Internal => office.extension_of(&self.record.origin).map(|e| e.key.clone()),
            Direction::Inbound => None,
        };
        let peer = match &self.activity {
            Activity::Talking(talking) => talking.record.and_then(|place| self.record.legs.get(place)),
            Activity::Between
            | Activity::Answering { .. }
            | Activity::Playing(_)
            | Activity::Menu(_)
            | Activity::Ringing(_)
            | Activity::Voicemail(_)
            | Activity::Ending(_)
            | Activity::Over => None,
        };
        own.into_iter().chain(peer.map(|leg| leg.extension.clone())).collect()
    }

    fn answer(&mut self, desk: &mut Desk<'_>) -> Option<Answer> {
        if !self.be_answered(desk) {
            return None;
        }
        match self.caller.state {
            CallerState::Offered => {
                self.activity = Activity::Answering { until: desk.now + limits::ANSWER_WAIT_MAX };
                None
            }
            CallerState::Answered => Some(Answer::Done),
            CallerState::Early { .. } | CallerState::EarlyMedia | CallerState::Gone => Some(Answer::Failed),
        }
    }

    /// Answers the caller where that isn't done. False when that can't be: the call then ends, or waits for the event
    /// that says that the caller went.
    fn be_answered(&mut self, desk: &mut Desk<'_>) -> bool {
        let codecs = self.caller.codecs();
        self.answer_caller(desk, &codecs)
    }

    fn answer_caller(&mut self, desk: &mut Desk<'_>, codecs: &[flow_media::control::Codec]) -> bool {
        let early = self.caller.is_early();
        match self.caller.answer(desk, codecs) {
            Ok(()) if early => {
                self.record.answered_ms = Some(desk.wall_ms);
                let call = self.record.call.clone();
                desk.store(StoreRequest::CdrAnswer { call, answered_ms: desk.wall_ms });
                true
            }
            Ok(()) => true,
            Err(NotAnswered::Going) => {
                if matches!(self.activity, Activity::Between) {
                    self.activity = Activity::Answering { until: desk.now + limits::ANSWER_WAIT_MAX };
                }
                false
            }
            Err(NotAnswered::NoCommonMedia) => {
                self.end(desk, Why::NoCommonMedia);
                false
            }
        }
    }
}

/// How an extension is right now. `own` are those that the asking call keeps busy, which may have begun just now.
fn status(desk: &Desk<'_>, extension: &Extension, own: &[String]) -> PhoneStatus {
    let is_busy = || desk.legs.busy.values().flatten().chain(own).any(|busy| *busy == extension.key);
    if desk.sip.contacts(desk.now, &extension.user).is_empty() {
        PhoneStatus::Unregistered
    } else if extension.dnd {
        PhoneStatus::DoNotDisturb
    } else if is_busy() {
        PhoneStatus::OnCall
    } else {
        PhoneStatus::Free
    }
}

/// Why the run ended, when nothing outside ended it.
fn why_of(end: End, last: Answer) -> Why {
    match (end, last) {
        (End::Hangup(Cause::Normal), Answer::Ring(RingEnd::Answered)) => Why::CalleeHungUp,
        (End::Hangup(cause), _) => Why::Flow(cause),
        (End::CallerGone, _) => Why::CallerHungUp,
        (End::OutOfFuel, _) => Why::OutOfFuel,
        (End::TooDeep | End::TooManyVisits, _) => Why::TooManyVisits,
    }
}
