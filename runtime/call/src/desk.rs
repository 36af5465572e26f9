//! What a call may use while it handles one event: the endpoint, ports, ids, facts and outputs, and the time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use flow_media::control::{Command, JobId};
use flow_media::ports::PortPool;
use flow_sip::Endpoint;

use crate::exchange::{CallId, Config, Output};
use crate::office::Office;
use crate::request::StoreRequest;

/// Ids that are never used twice in the life of a process.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    last: u64,
}

impl Ids {
    pub(crate) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

/// A media leg that is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MediaUse {
    pub(crate) call: CallId,
    pub(crate) port: u16,
}

/// Whose legs are whose.
#[derive(Debug, Default)]
pub(crate) struct Legs {
    pub(crate) sip: BTreeMap<flow_sip::LegId, CallId>,
    pub(crate) media: BTreeMap<flow_media::control::LegId, MediaUse>,
    /// Extensions that are on a call, by call.
    pub(crate) busy: BTreeMap<CallId, Vec<String>>,
}

pub(crate) struct Desk<'a> {
    pub(crate) now: Duration,
    pub(crate) wall_ms: i64,
    pub(crate) config: &'a Config,
    pub(crate) office: &'a Office,
    pub(crate) sip: &'a mut Endpoint,
    pub(crate) ports: &'a mut PortPool,
    pub(crate) legs: &'a mut Legs,
    pub(crate) ids: &'a mut Ids,
    pub(crate) out: &'a mut VecDeque<Output>,
}

impl Desk<'_> {
    pub(crate) fn media(&mut self, command: Command) {
        self.out.push_back(Output::Media(command));
    }

    pub(crate) fn store(&mut self, request: StoreRequest) {
        self.out.push_back(Output::Store(request));
    }

    /// Yes for so many of a hundred draws. Every draw takes a new id, so that the seed of the process gives each call draws
    /// of its own (SplitMix64, whose output is even over its whole period).
    pub(crate) fn draw(&mut self, percent: u8) -> bool {
        let mut mixed =
            self.config.instance.wrapping_add(self.ids.next().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % 100 < u64::from(percent)
    }

    pub(crate) fn job(&mut self) -> JobId {
        JobId(self.ids.next())
    }
}
