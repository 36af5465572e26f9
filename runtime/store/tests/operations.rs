//! What calls and phones leave in the store: records, messages, contacts; also across a crash (the store is dropped or
//! its folder copied at an awkward moment, and opened again).
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::Path;

use flow_store::{
    Cdr, CdrFilter, Error, Extension, Id, Json, Kept, LOST_CAUSE, NewMessage, NewPrompt, Page, PathStep,
    Prompt, Registration, RingGroup, Room, Saved, Store, Transport, VoicemailBox,
};
use flow_vm::effect::EffectSet;
use tempfile::TempDir;

const NOW: i64 = 1_772_000_000_000;
const BY: flow_store::By<'static> = flow_store::By { actor: "test", now_ms: NOW };

fn open(dir: &Path) -> Store {
    Store::open(dir, EffectSet::all(), NOW).unwrap()
}

fn page() -> Page {
    Page::new(100, 0)
}

fn mailbox(max_messages: u16) -> VoicemailBox {
    VoicemailBox {
        id: Id::new(0),
        key: "night".into(),
        label: "After hours".into(),
        greeting: None,
        max_message_duration_s: 60,
        max_messages,
        retention_days: 0,
        notify_extension: None,
    }
}

fn with_mailbox(max_messages: u16) -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.save_entity(&mailbox(max_messages), BY).unwrap();
    (dir, store)
}

/// A µ-law WAV file of so many milliseconds whose header claims `claimed` bytes.
fn wav(ms: usize, claimed: Option<u32>) -> Vec<u8> {
    let data = vec![0xd5_u8; ms * 8];
    let claimed = claimed.unwrap_or(data.len() as u32);
    let mut out = b"RIFF".to_vec();
    out.extend((36 + claimed).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x07\0\x01\0");
    out.extend(8_000_u32.to_le_bytes());
    out.extend(8_000_u32.to_le_bytes());
    out.extend(b"\x01\0\x08\0data");
    out.extend(claimed.to_le_bytes());
    out.extend(data);
    out
}

fn record(store: &mut Store, call: &str, bytes: &[u8]) -> NewMessage {
    assert_eq!(store.check_mailbox(call, "night", NOW).unwrap(), Room::Free);
    let file = format!("{call}-1.wav");
    fs::write(store.dir().voicemail_temp().join(&file), bytes).unwrap();
    NewMessage {
        call: call.into(),
        mailbox: "night".into(),
        file,
        duration_ms: 3_000,
        caller_id_name: "Bob".into(),
        caller_id_num: "+61411111111".into(),
        at_ms: NOW,
    }
}

fn cdr(call: &str, start_ms: i64) -> Cdr {
    Cdr {
        id: 0,
        call: call.into(),
        sip_call_id: "abc@host".into(),
        direction: "inbound".into(),
        origin: "carrier".into(),
        caller_id_name: "Bob".into(),
        caller_id_num: "+61411111111".into(),
        callee: "+61299998888".into(),
        flow: "main".into(),
        program_hash: String::new(),
        start_ms,
        answer_ms: None,
        end_ms: None,
        disposition: None,
        hangup_cause: String::new(),
        keys: String::new(),
        flow_path: Vec::new(),
        legs: Vec::new(),
        media: None,
        trace: String::new(),
    }
}

#[test]
fn a_message_is_a_file_in_its_box_and_a_row() {
    let (_dir, mut store) = with_mailbox(10);
    let new = record(&mut store, "c1", &wav(3_000, None));
    let Kept::Saved(id) = store.keep_message(&new, NOW).unwrap() else { panic!("it has room") };
    let kept = store.messages("night", page()).unwrap();
    assert_eq!((kept.len(), kept[0].id, kept[0].duration_ms), (1, id, 3_000));
    let file = store.message_file("night", id).unwrap();
    assert!(file.starts_with(store.dir().root().join("voicemail/box_1")));
    assert_eq!(fs::read(file).unwrap(), wav(3_000, None));
    assert!(matches!(store.message_file("night", id + 1), Err(Error::NotFound { .. })));
    assert_eq!(fs::read_dir(store.dir().voicemail_temp()).unwrap().count(), 0);
}

#[test]
fn a_full_box_refuses_before_and_after_the_recording() {
    let (_dir, mut store) = with_mailbox(1);
    let first = record(&mut store, "c1", &wav(3_000, None));
    let second = record(&mut store, "c2", &wav(3_000, None));
    assert!(matches!(store.keep_message(&first, NOW).unwrap(), Kept::Saved(_)));
    assert_eq!(store.keep_message(&second, NOW).unwrap(), Kept::Full);
    assert_eq!(store.check_mailbox("c3", "night", NOW).unwrap(), Room::Full);
    assert_eq!(store.message_counts("night").unwrap().messages, 1);
    assert_eq!(fs::read_dir(store.dir().voicemail_temp()).unwrap().count(), 0);
}

#[test]
fn recordings_that_a_crash_left_become_messages_if_they_are_worth_it() {
    let (dir, mut store) = with_mailbox(10);
    store.put_cdr(&cdr("long", NOW)).unwrap();
    record(&mut store, "long", &wav(2_500, Some(0)));
    record(&mut store, "short", &wav(1_900, None));
    record(&mut store, "noise", b"not a wav file");
    fs::write(store.dir().voicemail_temp().join("stranger.wav"), wav(9_000, None)).unwrap();
    drop(store);

    let mut store = open(dir.path());
    let done = store.recover(NOW + 1).unwrap();
    assert_eq!((done.voicemail.salvaged, done.voicemail.removed, done.closed_calls), (1, 3, 1));
    let kept = store.messages("night", page()).unwrap();
    assert_eq!((kept[0].duration_ms, kept[0].caller_id_num.as_str()), (2_500, "+61411111111"));
    let bytes = fs::read(store.message_file("night", kept[0].id).unwrap()).unwrap();
    assert_eq!(bytes, wav(2_500, None), "its header was repaired");
    assert_eq!(store.recover(NOW + 2).unwrap().voicemail, flow_store::Repaired::default());
}

#[test]
fn what_the_disk_refuses_is_skipped_and_tried_again() {
    let (dir, mut store) = with_mailbox(10);
    record(&mut store, "1-c1", &wav(3_000, None));
    fs::write(store.dir().voicemail_temp().join("stranger-1.wav"), "x").unwrap();
    let in_the_way = dir.path().join("voicemail/box_1");
    fs::write(&in_the_way, "a file where the mailbox's folder belongs").unwrap();
    drop(store);

    let mut store = open(dir.path());
    let done = store.recover(NOW + 1).unwrap().voicemail;
    assert_eq!((done.salvaged, done.removed, done.skipped), (0, 1, 2), "the message and the folder");
    drop(store);
    fs::remove_file(in_the_way).unwrap();
    let mut store = open(dir.path());
    assert_eq!(store.recover(NOW + 2).unwrap().voicemail.salvaged, 1);
    assert_eq!(store.messages("night", page()).unwrap()[0].call, "1-c1");
}

#[test]
fn a_mailbox_that_was_left_awaits_no_recording() {
    let (dir, mut store) = with_mailbox(10);
    record(&mut store, "1-c1", &wav(3_000, None));
    record(&mut store, "1-c1-2", &wav(4_000, None));
    store.leave_mailbox("1-c1-2").unwrap();
    drop(store);
    let mut store = open(dir.path());
    let done = store.recover(NOW).unwrap().voicemail;
    // Both names begin with the call that is still awaited.
    assert_eq!((done.salvaged, done.removed), (2, 0));
    assert!(store.messages("night", page()).unwrap().iter().all(|m| m.call == "1-c1"));

    record(&mut store, "c2", &wav(3_000, None));
    store.leave_mailbox("c2").unwrap();
    drop(store);
    let done = open(dir.path()).recover(NOW).unwrap().voicemail;
    assert_eq!((done.salvaged, done.removed), (0, 1));
}

#[test]
fn a_crash_between_rename_and_row_loses_nothing() {
    let (dir, mut store) = with_mailbox(10);
    let new = record(&mut store, "c1", &wav(3_000, None));
    let temp = store.dir().voicemail_temp().join(&new.file);
    let folder = dir.path().join("voicemail/box_1");
    fs::create_dir(&folder).unwrap();
    fs::rename(temp, folder.join(format!("msg_{}", new.file))).unwrap();
    // A retry in the same run finishes it …
    let copy = tempfile::tempdir().unwrap();
    copy_tree(dir.path(), copy.path());
    assert!(matches!(store.keep_message(&new, NOW).unwrap(), Kept::Saved(_)));
    // … and so does the next start, if there was no retry.
    let mut other = open(copy.path());
    assert_eq!(other.recover(NOW).unwrap().voicemail.salvaged, 1);
    assert_eq!(other.message_counts("night").unwrap().messages, 1);
}

#[test]
fn a_recording_with_a_strange_name_is_refused() {
    let (_dir, mut store) = with_mailbox(10);
    let good = record(&mut store, "c1", &wav(3_000, None));
    for file in ["../secret.key", "a/b.wav", "", ".hidden", "a\0b"] {
        let bad = NewMessage { file: file.into(), ..good.clone() };
        assert!(matches!(store.keep_message(&bad, NOW), Err(Error::Invalid(_))), "{file:?}");
        assert!(store.drop_recording(file).is_err());
    }
    store.drop_recording(&good.file).unwrap();
    assert_eq!(fs::read_dir(store.dir().voicemail_temp()).unwrap().count(), 0);
}

#[test]
fn a_record_grows_from_start_to_end_and_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.put_cdr(&cdr("c1", NOW)).unwrap();
    store.cdr_answered("c1", NOW + 5).unwrap();
    store.cdr_answered("c1", NOW + 6).unwrap();
    assert_eq!(store.cdr("c1").unwrap().answer_ms, Some(NOW + 5));
    let ended = Cdr {
        answer_ms: Some(NOW + 5),
        end_ms: Some(NOW + 9),
        disposition: Some("answered".into()),
        hangup_cause: "the caller hung up".into(),
        flow_path: vec![PathStep { node: "menu".into(), exit: Some("1".into()) }],
        trace: "trace 1\n".into(),
        ..cdr("c1", NOW)
    };
    store.put_cdr(&ended).unwrap();
    store.put_cdr(&Cdr { direction: "internal".into(), ..cdr("c2", NOW + 100) }).unwrap();
    let found = store.cdr("c1").unwrap();
    assert_eq!(Cdr { id: 0, ..found.clone() }, ended);
    assert_eq!(store.cdr(&found.id.to_string()).unwrap(), found);

    let reader = store.reader().unwrap();
    let calls = |f: CdrFilter| -> Vec<String> {
        let rows = reader.cdrs(&f, page()).unwrap();
        assert_eq!(reader.cdr_count(&f).unwrap(), rows.len() as i64);
        rows.into_iter().map(|c| c.call).collect()
    };
    assert_eq!(calls(CdrFilter::default()), ["c2", "c1"]);
    assert_eq!(calls(CdrFilter { direction: Some("internal".into()), ..Default::default() }), ["c2"]);
    assert_eq!(calls(CdrFilter { disposition: Some("answered".into()), ..Default::default() }), ["c1"]);
    assert_eq!(calls(CdrFilter { from_ms: Some(NOW + 1), ..Default::default() }), ["c2"]);
    assert_eq!(calls(CdrFilter { to_ms: Some(NOW + 1), ..Default::default() }), ["c1"]);
    assert_eq!(reader.cdrs(&CdrFilter::default(), Page::new(1, 1)).unwrap()[0].call, "c1");
}

#[test]
fn open_records_are_closed_as_failed_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.put_cdr(&cdr("c1", NOW)).unwrap();
    store.cdr_answered("c1", NOW + 5).unwrap();
    drop(store);
    let mut store = open(dir.path());
    assert_eq!(store.recover(NOW + 60_000).unwrap().closed_calls, 1);
    let closed = store.cdr("c1").unwrap();
    assert_eq!((closed.disposition.as_deref(), closed.end_ms), (Some("failed"), Some(NOW + 5)));
    assert_eq!(closed.hangup_cause, LOST_CAUSE);
    assert_eq!(store.recover(NOW).unwrap().closed_calls, 0);
}

#[test]
fn half_an_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    assert!(store.put_cdr(&Cdr { end_ms: Some(NOW), ..cdr("c1", NOW) }).is_err());
}

#[test]
fn contacts_survive_a_restart_until_they_expire() {
    let dir = tempfile::tempdir().unwrap();
    let contact = |n: u16, expires_ms: i64| Registration {
        username: "101".into(),
        contact: format!("sip:101@192.0.2.7:{n}"),
        transport: Transport::Tcp,
        source: format!("192.0.2.7:{n}").parse().unwrap(),
        user_agent: "phone\r\nx".into(),
        sip_call_id: "r@phone".into(),
        cseq: 4_294_967_295,
        registered_ms: NOW,
        expires_ms,
    };
    let mut store = open(dir.path());
    for (n, expires) in [(1, NOW + 100), (2, NOW + 200), (3, NOW + 300), (2, NOW + 250)] {
        store.bind(&contact(n, expires)).unwrap();
    }
    store.unbind("101", &contact(3, 0).contact).unwrap();
    drop(store);
    let mut store = open(dir.path());
    assert_eq!(store.recover(NOW + 100).unwrap().expired_contacts, 1);
    let left = store.registrations(NOW + 100).unwrap();
    assert_eq!(left, [Registration { user_agent: "phonex".into(), ..contact(2, NOW + 250) }]);
    assert!(store.registrations(NOW + 250).unwrap().is_empty());
}

#[test]
fn a_lost_or_foreign_secret_key_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let key = dir.path().join("secret.key");
    fs::write(&key, "00".repeat(32)).unwrap();
    assert!(matches!(Store::open(dir.path(), EffectSet::all(), NOW), Err(Error::Key(_))));
    fs::remove_file(&key).unwrap();
    assert!(matches!(Store::open(dir.path(), EffectSet::all(), NOW), Err(Error::Key(_))));
    assert!(!key.exists(), "no new key is made over an old database");
}

#[test]
fn a_folder_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path());
    assert!(matches!(Store::open(dir.path(), EffectSet::all(), NOW), Err(Error::InUse(_))));
}

#[test]
fn entities_are_saved_by_key_and_kept_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let ann = Extension {
        id: Id::new(0),
        key: "101".into(),
        label: "Ann".into(),
        sip_username: "101".into(),
        ring_timeout_s: 25,
        dnd: false,
        max_registrations: 5,
    };
    assert_eq!(store.save_entity(&ann, BY).unwrap().saved, Saved::Created);
    assert_eq!(store.save_entity(&ann, BY).unwrap().saved, Saved::Unchanged);
    let busy = Extension { dnd: true, ..ann.clone() };
    assert_eq!(store.save_entity(&busy, BY).unwrap().saved, Saved::Changed);
    assert_eq!(Extension { id: Id::new(0), ..store.entity("101").unwrap() }, busy);
    let by_id: Extension = store.entity("1").unwrap();
    assert_eq!(by_id.key, "101");
    for bad in [
        Extension { ring_timeout_s: 0, ..ann.clone() },
        Extension { ring_timeout_s: 601, ..ann.clone() },
        Extension { sip_username: String::new(), ..ann.clone() },
        Extension { key: "a b".into(), ..ann.clone() },
        Extension { label: "x".repeat(129), ..ann.clone() },
    ] {
        assert!(matches!(store.save_entity(&bad, BY), Err(Error::Invalid(_))), "{bad:?}");
    }
    assert_eq!(store.audit(page()).unwrap().len(), 2);
    assert!(matches!(store.entity::<RingGroup>("101"), Err(Error::NotFound { .. })));
    let group = RingGroup {
        id: Id::new(0),
        key: "sales".into(),
        label: String::new(),
        strategy: "nonsense".into(),
        ring_timeout_s: 20,
        members: Json(vec!["101".into()]),
    };
    assert!(store.save_entity(&group, BY).is_err());
}

#[test]
fn library_prompts_are_files_and_an_office_prompt_wins() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let (one, two) = (wav(1_000, None), wav(2_000, None));
    let prompt =
        |wav| NewPrompt { key: "goodbye", label: "Goodbye", text: Some("Goodbye."), system: true, wav };
    assert_eq!(store.install_prompts(&[prompt(&one)], BY).unwrap(), 1);
    assert_eq!(store.install_prompts(&[prompt(&one)], BY).unwrap(), 0);
    let first: Prompt = store.entity("goodbye").unwrap();
    assert_eq!(first.duration_ms, 1_000);
    assert_eq!(fs::read(dir.path().join(&first.file)).unwrap(), one);
    assert_eq!(store.install_prompts(&[prompt(&two)], BY).unwrap(), 1);
    assert!(dir.path().join(&first.file).exists(), "a call may still be reading it");
    assert_eq!(store.recover(NOW).unwrap().stale_prompts, 1);
    assert!(!dir.path().join(&first.file).exists());
    assert!(store.install_prompts(&[NewPrompt { wav: b"noise", ..prompt(&one) }], BY).is_err());
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
