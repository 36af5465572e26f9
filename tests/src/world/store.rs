//! A store in memory: slow, sometimes full or broken, and strict about the order in which records come.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flow_call::record::{CallKey, CallRecord};
use flow_call::request::{Kept, NewMessage, Room};
use flow_call::{StoreAnswer, StoreRequest};

use super::random::Random;
use super::wire::Packet;

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Answers yes after a few milliseconds.
    Fine,
    /// Says that mailboxes are full.
    Full,
    /// Becomes full between the question and the message.
    FillsUp,
    /// Fails.
    Failing,
    /// Never answers.
    Gone,
}

/// The store.
pub struct Store {
    /// How it behaves.
    pub mood: Mood,
    /// Records by name, as last told.
    pub records: BTreeMap<CallKey, CallRecord>,
    /// Calls that were told to have ended.
    pub ended: BTreeSet<CallKey>,
    answered: BTreeSet<CallKey>,
    /// Messages kept.
    pub messages: Vec<NewMessage>,
    /// Recordings thrown away.
    pub dropped: Vec<String>,
    /// Calls that may be recording: looked into a mailbox with room, and nothing came of it yet.
    pub pending: BTreeSet<CallKey>,
    agenda: BTreeMap<(Duration, u64), StoreAnswer>,
    planned: u64,
    /// Call-IDs of INVITEs that arrived and were not challenged or refused before they were calls.
    pub invited: BTreeSet<String>,
}

impl Default for Store {
    fn default() -> Store {
        Store {
            mood: Mood::Fine,
            records: BTreeMap::new(),
            ended: BTreeSet::new(),
            answered: BTreeSet::new(),
            messages: Vec::new(),
            dropped: Vec::new(),
            pending: BTreeSet::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            invited: BTreeSet::new(),
        }
    }
}

impl Store {
    /// When it answers next.
    pub fn next(&self) -> Option<Duration> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// An answer that is due.
    pub fn due(&mut self, now: Duration) -> Option<StoreAnswer> {
        let first = self.agenda.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }

    /// A packet arrives at the exchange.
    pub fn saw(&mut self, packet: &Packet) {
        let fresh = packet.start_line().starts_with("INVITE ")
            && packet.header("To").is_some_and(|to| !to.contains("tag="));
        if fresh && let Some(call) = packet.header("Call-ID") {
            self.invited.insert(call);
        }
    }

    /// The exchange sends a packet: a challenged INVITE makes no call.
    pub fn answered(&mut self, packet: &Packet) {
        if packet.start_line().starts_with("SIP/2.0 407 ")
            && let Some(call) = packet.header("Call-ID")
        {
            self.invited.remove(&call);
        }
    }

    /// Takes a request, or says what is wrong with it.
    pub fn request(
        &mut self,
        now: Duration,
        request: &StoreRequest,
        random: &mut Random,
    ) -> Result<(), String> {
        match request {
            StoreRequest::CdrStart(record) => {
                if record.disposition.is_some() || record.ended_ms.is_some() {
                    return Err(format!("a call starts with its end: {record:?}"));
                }
                let old = self.records.insert(record.call.clone(), (**record).clone());
                old.map_or(Ok(()), |old| Err(format!("call {} starts twice", old.call)))
            }
            StoreRequest::CdrAnswer { call, .. } => {
                let known = self.records.contains_key(call) && !self.ended.contains(call);
                if known && self.answered.insert(call.clone()) {
                    Ok(())
                } else {
                    Err(format!("call {call} is answered twice, before it started or after it ended"))
                }
            }
            StoreRequest::CdrEnd(record) => self.end(record),
            StoreRequest::CheckMailbox { call, key, .. } => {
                let room = match self.mood {
                    Mood::Fine | Mood::FillsUp => Room::Free,
                    Mood::Full => Room::Full,
                    Mood::Failing => Room::Failed,
                    Mood::Gone => return Ok(()),
                };
                if room == Room::Free {
                    self.pending.insert(key.clone());
                }
                self.answer(now, random, StoreAnswer::Room { call: *call, room });
                Ok(())
            }
            StoreRequest::SaveMessage(message) => {
                let kept = match self.mood {
                    Mood::Fine => Kept::Saved,
                    Mood::Full | Mood::FillsUp => Kept::Full,
                    Mood::Failing => Kept::Failed,
                    Mood::Gone => return Ok(()),
                };
                if kept != Kept::Failed {
                    self.pending.remove(&message.key);
                }
                if kept == Kept::Saved {
                    self.messages.push((**message).clone());
                }
                self.answer(now, random, StoreAnswer::Message { call: message.call, kept });
                Ok(())
            }
            StoreRequest::LeaveMailbox { call } => {
                self.pending.remove(call);
                Ok(())
            }
            StoreRequest::DropRecording { call, file } => {
                self.pending.remove(call);
                self.dropped.push(file.clone());
                Ok(())
            }
            StoreRequest::Bind(_) | StoreRequest::Unbind { .. } => Ok(()),
        }
    }

    fn end(&mut self, record: &CallRecord) -> Result<(), String> {
        if record.disposition.is_none() || record.cause.is_empty() || record.ended_ms.is_none() {
            return Err(format!("a call ends without saying how: {record:?}"));
        }
        if record.legs.iter().any(|leg| leg.end == flow_call::record::LegEnd::Ringing) {
            return Err(format!("a call ends while a phone rings: {record:?}"));
        }
        if record.answered_ms.is_some() != self.answered.contains(&record.call) {
            return Err(format!("call {} and its record don't agree about the answer", record.call));
        }
        if !self.records.contains_key(&record.call) || !self.ended.insert(record.call.clone()) {
            return Err(format!("call {} ends twice, or without a start", record.call));
        }
        self.records.insert(record.call.clone(), record.clone());
        Ok(())
    }

    fn answer(&mut self, now: Duration, random: &mut Random, answer: StoreAnswer) {
        self.planned += 1;
        self.agenda.insert((now + random.ms(1, 200), self.planned), answer);
    }

    /// The only record there is.
    pub fn only(&self) -> &CallRecord {
        let mut records = self.records.values();
        match (records.next(), records.next()) {
            (Some(record), None) => record,
            (_, _) => panic!("{} records, not one", self.records.len()),
        }
    }
}
