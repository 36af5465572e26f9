//! What happened is never lost because the store couldn't take it at that moment: its queue was full, a backup held the
//! lock, the disk was full. What call control asks of the store waits here, a line for each call and for each user, in
//! order; what the store can't do now is tried again until it can.
//!
//! Only the first of a line is on its way to the store, so that a record's end never overtakes its start.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use flow_call::{StoreAnswer, StoreRequest};
use flow_store::{Handle, Store};
use tokio::sync::mpsc;

use crate::clock::{Clock, wall_ms};
use crate::records::{self, Outcome};

/// Requests that may wait, those on their way to the store among them: an hour of a stuck store at four records a
/// second. Past it new ones are dropped and counted.
pub const WAITING_MAX: usize = 16_384;
/// Reports of the store that may wait for the loop; the store's thread waits for room, the loop never does.
const REPORTS_MAX: usize = 4_096;
/// How long after a failure a request is tried again; doubled with each further one.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// The longest of these waits.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// Doublings after which [`RETRY_MAX`] is reached whatever it is.
const DOUBLINGS_MAX: u32 = 16;
/// How long what waits at the end of the server may still take.
const LAST_WAIT_MAX: Duration = Duration::from_secs(15);

/// Whose order is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Call(String),
    User(String),
}

/// What one owner has to have done, oldest first. Never empty.
#[derive(Debug, Default)]
struct Line {
    requests: VecDeque<Arc<StoreRequest>>,
    /// Failures of the first since it last went well.
    failures: u32,
    /// When the first is tried; none while it is with the store.
    due: Option<Duration>,
}

/// What the store says about a request.
#[derive(Debug)]
pub struct Report {
    owner: Owner,
    outcome: Outcome,
}

/// Sees to it that the store does what it is asked.
#[derive(Debug)]
pub struct Keeper {
    store: Handle<Store>,
    clock: Clock,
    lines: BTreeMap<Owner, Line>,
    waiting: usize,
    dropped: u64,
    reports: mpsc::Sender<Report>,
    reported: mpsc::Receiver<Report>,
}

impl Keeper {
    /// A keeper with nothing to do.
    #[must_use]
    pub fn new(store: Handle<Store>, clock: Clock) -> Keeper {
        let (reports, reported) = mpsc::channel(REPORTS_MAX);
        Keeper { store, clock, lines: BTreeMap::new(), waiting: 0, dropped: 0, reports, reported }
    }

    /// Takes a request. An answer at once means that it was given up: too many wait.
    pub fn keep(&mut self, request: StoreRequest) -> Option<StoreAnswer> {
        if self.waiting >= WAITING_MAX {
            self.dropped += 1;
            tracing::error!(
                dropped = self.dropped,
                "the store is {WAITING_MAX} requests behind: one is lost"
            );
            return records::refused(&request);
        }
        let (owner, now) = (owner(&request), self.clock.now());
        self.waiting += 1;
        let line = self.lines.entry(owner.clone()).or_default();
        line.requests.push_back(Arc::new(request));
        if line.requests.len() == 1 {
            line.due = Some(now);
            self.send(&owner, now);
        }
        None
    }

    /// The next report of the store, for [`Keeper::take`]. Never ends; nothing is lost when it isn't waited for.
    pub async fn report(&mut self) -> Option<Report> {
        self.reported.recv().await
    }

    /// Takes a report; gives what call control waits for.
    pub fn take(&mut self, report: Report) -> Option<StoreAnswer> {
        let now = self.clock.now();
        let line = self.lines.get_mut(&report.owner)?;
        let Outcome::Over(answer) = report.outcome else {
            line.put_off(now);
            return None;
        };
        line.requests.pop_front();
        (line.failures, line.due) = (0, Some(now));
        self.waiting -= 1;
        if line.requests.is_empty() {
            self.lines.remove(&report.owner);
        } else {
            self.send(&report.owner, now);
        }
        answer
    }

    /// When [`Keeper::tick`] is wanted.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.lines.values().filter_map(|line| line.due).min()
    }

    /// Tries again what is due.
    pub fn tick(&mut self) {
        let now = self.clock.now();
        let due = |line: &Line| line.due.is_some_and(|due| due <= now);
        let owners: Vec<Owner> =
            self.lines.iter().filter(|(_, line)| due(line)).map(|(owner, _)| owner.clone()).collect();
        owners.iter().for_each(|owner| self.send(owner, now));
    }

    /// How many requests are lost so far because too much waited.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Waits until everything is done, but not for ever.
    pub async fn finish(mut self) {
        let end = tokio::time::Instant::now() + LAST_WAIT_MAX;
        let now = self.clock.now();
        self.lines.values_mut().filter(|line| line.due.is_some()).for_each(|line| line.due = Some(now));
        while self.waiting > 0 {
            self.tick();
            let due = self.next_deadline().map(|due| self.clock.at(due).into());
            tokio::select! {
                Some(report) = self.reported.recv() => {
                    // Nobody waits for answers any more.
                    let _ = self.take(report);
                }
                () = tokio::time::sleep_until(due.unwrap_or(end).min(end)) => {
                    if tokio::time::Instant::now() >= end {
                        tracing::error!(lost = self.waiting, "the store didn't take what was left at the end");
                        return;
                    }
                }
            }
        }
    }

    /// Sends the first of a line to the store.
    fn send(&mut self, owner: &Owner, now: Duration) {
        let Some(line) = self.lines.get_mut(owner) else { return };
        let Some(request) = line.requests.front().map(Arc::clone) else { return };
        let (reports, clock, owner) = (self.reports.clone(), self.clock, owner.clone());
        line.due = None;
        let sent = self.store.send(move |store: &mut Store| {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                records::carry_out(store, &request, clock.now(), wall_ms())
            }))
            .unwrap_or_else(|_| {
                tracing::error!("a request of call control made the store panic; it is given up");
                Outcome::Over(records::refused(&request))
            });
            // An error: the loop is gone.
            let _ = reports.blocking_send(Report { owner, outcome });
        });
        if let Err(error) = sent {
            if line.failures == 0 {
                tracing::warn!(%error, "something of a call can't be kept now; it is tried again");
            }
            line.put_off(now);
        }
    }
}

impl Line {
    /// The first couldn't be done now.
    fn put_off(&mut self, now: Duration) {
        let wait = RETRY_FIRST.saturating_mul(1 << self.failures.min(DOUBLINGS_MAX)).min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        self.due = Some(now + wait);
    }
}

fn owner(request: &StoreRequest) -> Owner {
    match request {
        StoreRequest::CdrStart(record) | StoreRequest::CdrEnd(record) => Owner::Call(record.call.0.clone()),
        StoreRequest::CheckMailbox { key, .. } => Owner::Call(key.0.clone()),
        StoreRequest::SaveMessage(new) => Owner::Call(new.key.0.clone()),
        StoreRequest::CdrAnswer { call, .. }
        | StoreRequest::LeaveMailbox { call }
        | StoreRequest::DropRecording { call, .. } => Owner::Call(call.0.clone()),
        StoreRequest::Bind(binding) => Owner::User(binding.user.clone()),
        StoreRequest::Unbind { user, .. } => Owner::User(user.clone()),
    }
}

#[cfg(test)]
mod tests;
