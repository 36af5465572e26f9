//! A keeper before a real store that can't, for a while.

use std::sync::mpsc::{Sender, channel};

use flow_call::CallId;
use flow_call::record::{CallKey, CallRecord, Direction, Disposition};
use flow_call::request::{Kept, NewMessage};
use flow_sip::event::Party;
use flow_store::{By, Id, Page, Thread, VoicemailBox};
use flow_vm::effect::EffectSet;

use super::*;

/// Longer than a busy machine takes; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

struct Office {
    _dir: tempfile::TempDir,
    root: std::path::PathBuf,
    thread: Thread<Store>,
    keeper: Keeper,
}

fn office() -> Office {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), EffectSet::all(), 1).unwrap();
    let mailbox = VoicemailBox {
        id: Id::new(0),
        key: "night".into(),
        label: "After hours".into(),
        greeting: None,
        max_message_duration_s: 60,
        max_messages: 10,
        retention_days: 0,
        notify_extension: None,
    };
    store.save_entity(&mailbox, By { actor: "test", now_ms: 1 }).unwrap();
    let thread = Thread::start("test", store).unwrap();
    let keeper = Keeper::new(thread.handle(), Clock::new());
    Office { root: dir.path().to_owned(), _dir: dir, thread, keeper }
}

impl Office {
    /// Goes on until everything is kept; the answers.
    async fn settle(&mut self) -> Vec<StoreAnswer> {
        let mut answers = Vec::new();
        while self.keeper.waiting > 0 {
            answers.extend(self.step().await);
        }
        answers
    }

    async fn step(&mut self) -> Option<StoreAnswer> {
        let due = self.keeper.next_deadline().map(|due| self.keeper.clock.at(due).into());
        let at = due.unwrap_or_else(|| tokio::time::Instant::now() + PATIENCE);
        tokio::select! {
            Some(report) = self.keeper.reported.recv() => self.keeper.take(report),
            () = tokio::time::sleep_until(at) => {
                assert!(due.is_some(), "the store says nothing");
                self.keeper.tick();
                None
            }
        }
    }

    fn end(self) -> Store {
        self.thread.finish();
        Store::open(&self.root, EffectSet::all(), 1).unwrap()
    }

    /// Makes the store's thread wait, and fills its queue.
    fn stop_store(&self) -> Sender<()> {
        let (go, gate) = channel::<()>();
        let handle = self.thread.handle();
        handle.send(move |_| assert!(gate.recv().is_err(), "nothing is sent")).unwrap();
        while handle.send(|_| {}).is_ok() {}
        // The first may not have left the queue when it was filled.
        std::thread::sleep(Duration::from_millis(50));
        while handle.send(|_| {}).is_ok() {}
        go
    }
}

fn record(call: &str) -> CallRecord {
    CallRecord {
        call: CallKey(call.into()),
        sip_call_id: "x".into(),
        direction: Direction::Inbound,
        origin: "carrier".into(),
        caller: Party { name: String::new(), number: "1".into() },
        dialled: "2".into(),
        flow: "main".into(),
        program_hash: String::new(),
        started_ms: 10,
        answered_ms: None,
        ended_ms: None,
        legs: Vec::new(),
        keys: String::new(),
        path: Vec::new(),
        trace: String::new(),
        disposition: None,
        cause: String::new(),
        media: None,
    }
}

fn start(call: &str) -> StoreRequest {
    StoreRequest::CdrStart(Box::new(record(call)))
}

fn end(call: &str) -> StoreRequest {
    StoreRequest::CdrEnd(Box::new(CallRecord {
        ended_ms: Some(30),
        disposition: Some(Disposition::Answered),
        cause: "the caller hung up".into(),
        ..record(call)
    }))
}

fn message(call: &str) -> StoreRequest {
    StoreRequest::SaveMessage(Box::new(NewMessage {
        call: CallId(7),
        key: CallKey(call.into()),
        mailbox: "night".into(),
        file: format!("{call}-1.wav"),
        duration_ms: 3_000,
        caller: Party { name: String::new(), number: "1".into() },
        at_ms: 10,
    }))
}

#[tokio::test]
async fn a_record_outlives_a_store_whose_queue_is_full() {
    let mut office = office();
    let go = office.stop_store();
    for request in
        [start("a"), StoreRequest::CdrAnswer { call: CallKey("a".into()), answered_ms: 20 }, end("a")]
    {
        assert_eq!(office.keeper.keep(request), None);
    }
    // Refused at least once before the store goes on.
    office.step().await;
    drop(go);
    assert!(office.settle().await.is_empty());
    let kept = office.end().cdr("a").unwrap();
    assert_eq!((kept.end_ms, kept.disposition.as_deref()), (Some(30), Some("answered")));
}

#[tokio::test]
async fn a_message_outlives_a_disk_that_refuses_it_and_its_call_keeps_its_order() {
    let mut office = office();
    std::fs::write(office.root.join("voicemail/tmp/a-1.wav"), "sound").unwrap();
    let in_the_way = office.root.join("voicemail/box_1");
    std::fs::write(&in_the_way, "a file where the mailbox's folder belongs").unwrap();
    for request in [start("a"), message("a"), end("a"), start("b"), end("b")] {
        assert_eq!(office.keeper.keep(request), None);
    }
    while office.keeper.lines.contains_key(&Owner::Call("b".into()))
        || office.keeper.lines.values().all(|line| line.failures < 2)
    {
        assert_eq!(office.step().await, None, "the message isn't kept yet");
    }
    assert_eq!(office.keeper.waiting, 2, "the message, and behind it the end of its call");
    std::fs::remove_file(in_the_way).unwrap();
    let answers = office.settle().await;
    assert_eq!(answers, [StoreAnswer::Message { call: CallId(7), kept: Kept::Saved }]);
    let store = office.end();
    assert_eq!(store.messages("night", Page::new(10, 0)).unwrap().len(), 1);
    assert!(["a", "b"].iter().all(|call| store.cdr(call).unwrap().end_ms == Some(30)));
}

#[tokio::test]
async fn what_can_never_be_kept_is_given_up_at_once() {
    let mut office = office();
    assert_eq!(office.keeper.keep(message("without-a-file")), None);
    assert_eq!(office.settle().await, [StoreAnswer::Message { call: CallId(7), kept: Kept::Failed }]);
}

#[tokio::test]
async fn too_much_is_dropped_and_counted() {
    let mut office = office();
    let go = office.stop_store();
    for _ in 0..WAITING_MAX {
        assert_eq!(office.keeper.keep(start("a")), None);
    }
    let refused = office.keeper.keep(message("b"));
    assert_eq!(refused, Some(StoreAnswer::Message { call: CallId(7), kept: Kept::Failed }));
    assert_eq!((office.keeper.dropped(), office.keeper.waiting), (1, WAITING_MAX));
    drop(go);
}

#[test]
fn the_waits_grow_to_a_limit() {
    let mut line = Line::default();
    let waits: Vec<Duration> = (0..100)
        .map(|_| {
            line.put_off(Duration::ZERO);
            line.due.unwrap()
        })
        .collect();
    assert_eq!(waits[..3], [RETRY_FIRST, RETRY_FIRST * 2, RETRY_FIRST * 4]);
    assert_eq!(waits[99], RETRY_MAX);
}
