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

    pub(crate) fn job(&mut self) -> JobId {
        JobId(self.ids.next())
    }
}
