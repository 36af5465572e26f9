//! Importing and publishing: what is refused leaves everything as it was, what is done twice changes nothing.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::Path;

use flow_store::{
    By, Error, Extension, Import, ImportFile, ImportReport, InboundNumber, IvrMenu, NewPrompt, Page, Saved,
    Store,
};
use flow_vm::effect::{EffectKind, EffectSet};
use tempfile::TempDir;

const NOW: i64 = 1_772_000_000_000;
const BY: By<'static> = By { actor: "test", now_ms: NOW };

const MAIN: &str = r#"flow main "Main inbound" {
  entry office: inbound_number "+61299998888" -> menu
  menu: ivr_menu main-menu { 1 -> ann  timeout -> night  invalid -> night }
  ann: extension 101 { answered -> bye  no_answer -> night }
  night: voicemail after-hours -> bye
  bye: hangup
}
"#;

const ENTITIES: &str = r#"extension 101 "Ann" { ring_timeout = 25s }
voicemail_box after-hours "After hours"
inbound_number "+61299998888" "Main number" { trunk = carrier }
trunk carrier "Carrier" { hosts = ["203.0.113.0/24"] }
ivr_menu main-menu "Main menu" {
  greeting = main-menu
  key 1 "Ann"
}
"#;

fn wav() -> Vec<u8> {
    let mut out = b"RIFF\x2c\x03\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    out.extend(8_000_u32.to_le_bytes());
    out.extend(16_000_u32.to_le_bytes());
    out.extend(b"\x02\0\x10\0data");
    out.extend(800_u32.to_le_bytes());
    out.extend([0; 800]);
    out
}

fn file(path: &str, bytes: impl Into<Vec<u8>>) -> ImportFile {
    ImportFile { path: path.into(), bytes: bytes.into() }
}

fn office(main: &str, entities: &str, publish: bool) -> Import {
    Import {
        files: vec![
            file("entities.flow", entities),
            file("main.flow", main),
            file("prompts/main-menu.wav", wav()),
        ],
        publish,
    }
}

fn open(dir: &Path) -> Store {
    let mut store = Store::open(dir, EffectSet::all(), NOW).unwrap();
    let sound = wav();
    let names = ["vm-greeting", "goodbye", "menu-invalid", "menu-timeout", "sorry", "after-hours"];
    let prompts = names.map(|key| NewPrompt { key, label: "", text: None, system: true, wav: &sound });
    store.install_prompts(&prompts, BY).unwrap();
    store
}

fn published() -> (TempDir, Store, ImportReport) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let report = store.import(&office(MAIN, ENTITIES, true), BY).unwrap();
    (dir, store, report)
}

/// Flow, version, hash of the program.
type Flows = Vec<(String, i64, String)>;
/// Number, entry node.
type Routes = Vec<(String, String)>;

/// Everything that calls depend on.
fn live(store: &Store) -> (Flows, Routes) {
    let flows = store.live_flows().unwrap().into_iter().map(Result::unwrap);
    let routes = store.number_routes().unwrap().into_iter();
    (
        flows.map(|f| (f.flow, f.version, f.program_hash)).collect(),
        routes.map(|r| (r.number, r.entry)).collect(),
    )
}

#[test]
fn an_import_makes_the_office_and_publishes_it() {
    let (dir, mut store, report) = published();
    assert_eq!(report.published.len(), 1);
    assert_eq!(report.published[0].numbers, ["+61299998888"]);
    let (flows, routes) = live(&store);
    assert_eq!((flows[0].0.as_str(), flows[0].1), ("main", 1));
    assert_eq!(routes, [("+61299998888".to_owned(), "office".to_owned())]);
    let ann: Extension = store.entity("101").unwrap();
    assert_eq!((ann.label.as_str(), ann.ring_timeout_s), ("Ann", 25));
    let menu: IvrMenu = store.entity("main-menu").unwrap();
    assert_eq!(menu.options.0[0].key, '1');

    let [secret] = report.secrets.as_slice() else { panic!("one phone, one secret") };
    let users = store.sip_users().unwrap();
    assert_eq!((users[0].username.as_str(), &users[0].secret), ("101", &secret.secret));
    assert!(!format!("{report:?}{users:?}").contains(secret.secret.reveal()), "Debug shows no secret");
    for name in ["flowpbx.db", "flowpbx.db-wal"] {
        let raw = fs::read(dir.path().join(name)).unwrap_or_default();
        let clear = secret.secret.reveal().as_bytes();
        assert!(!raw.windows(clear.len()).any(|w| w == clear), "{name} holds the secret in clear");
    }

    // The same again: nothing changes and nothing is shown.
    let before = live(&store);
    let again = store.import(&office(MAIN, ENTITIES, true), BY).unwrap();
    assert!(again.secrets.is_empty());
    assert!(again.rows.iter().all(|r| r.saved == Saved::Unchanged), "{:?}", again.rows);
    assert_eq!(live(&store), before);
    assert_eq!(store.sip_users().unwrap(), users);
    assert_eq!(store.flow_versions("main", Page::new(10, 0)).unwrap().len(), 1);
    assert!(store.flow("main").unwrap().draft_is_live);
}

/// Programs and the numbers that lead into them belong together: a publish between two reads must not part them.
#[test]
fn what_is_read_at_one_moment_belongs_together() {
    let (_dir, mut store, _) = published();
    let reader = store.reader().unwrap();
    let moved = MAIN.replace("entry office:", "entry reception:");
    let seen = reader.at_one_moment(|reader| {
        let version = reader.live_flows()?.remove(0)?.version;
        store.import(&office(&moved, ENTITIES, true), BY)?;
        Ok((version, reader.number_routes()?.remove(0).entry))
    });
    assert_eq!(seen.unwrap(), (1, "office".to_owned()));
    assert_eq!(reader.number_routes().unwrap()[0].entry, "reception");
    assert!(reader.at_one_moment(|_| Err::<(), _>(Error::Busy)).is_err());
    assert!(reader.at_one_moment(|reader| reader.number_routes()).is_ok(), "a failure leaves no moment open");
}

#[test]
fn live_programs_survive_a_restart() {
    let (dir, store, _) = published();
    let before = live(&store);
    drop(store);
    let mut store = open(dir.path());
    assert!(store.recover(NOW).unwrap().recompiled.is_empty());
    assert_eq!(live(&store), before);
}

#[test]
fn a_flow_with_errors_is_refused_and_the_old_one_stays() {
    let (_dir, mut store, _) = published();
    let before = live(&store);
    let broken = MAIN.replace("-> bye\n", "-> nowhere\n");
    let Err(Error::ImportRefused { diagnostics }) = store.import(&office(&broken, ENTITIES, true), BY) else {
        panic!("it must be refused")
    };
    assert!(diagnostics.iter().any(|d| d.is_error() && d.message.contains("nowhere")), "{diagnostics:?}");
    assert_eq!(live(&store), before);
    assert!(store.flow("main").unwrap().draft_is_live, "the draft stayed, too");

    // As a draft it may be kept; publishing it is refused.
    store.import(&office(&broken, ENTITIES, false), BY).unwrap();
    assert!(!store.flow("main").unwrap().draft_is_live);
    assert!(store.validate("main").unwrap().iter().any(|d| d.is_error()));
    assert!(matches!(store.publish("main", BY), Err(Error::Refused { .. })));
    assert_eq!(live(&store), before);
}

#[test]
fn text_that_cannot_be_read_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for bad in ["flow main {", "flow main { a: telepathy }\nextension 101 { ring_timeout = 100000s }"] {
        assert!(matches!(
            store.import(&office(bad, ENTITIES, false), BY),
            Err(Error::ImportRefused { .. } | Error::Invalid(_))
        ));
    }
    let catalog = Import { files: vec![file("catalog.json", "{]")], publish: false };
    assert!(matches!(store.import(&catalog, BY), Err(Error::ImportRefused { .. })));
    assert!(store.all_entities::<Extension>().unwrap().is_empty());
    assert!(store.flows(Page::new(10, 0)).unwrap().is_empty());
}

/// A draft has one value for a field: keeping the first would make a flow of it that nobody wrote.
#[test]
fn what_a_draft_cannot_hold_is_refused() {
    let (_dir, mut store, _) = published();
    let before = store.flow("main").unwrap().draft;
    for lossy in [
        MAIN.replace("bye: hangup", "bye: hangup {\n    cause = busy\n    cause = normal\n  }"),
        MAIN.replace("bye: hangup", "bye: hangup\n  bye: voicemail after-hours"),
    ] {
        let refused = store.import(&office(&lossy, ENTITIES, false), BY);
        assert!(matches!(refused, Err(Error::ImportRefused { .. })), "{refused:?}");
        assert_eq!(store.flow("main").unwrap().draft, before);
    }
}

#[test]
fn a_change_is_a_new_version_and_the_old_one_is_kept() {
    let (_dir, mut store, _) = published();
    let first = live(&store).0[0].2.clone();
    let changed = MAIN.replace("bye: hangup", "bye: hangup { cause = busy }");
    let changed = changed.replace("answered -> bye  ", "");
    let changed = changed.replace("night: voicemail after-hours -> bye", "night: voicemail after-hours");
    let changed = changed
        .replace("timeout -> night", "timeout -> bye2")
        .replace("  bye: hangup { cause = busy }", "  bye2: hangup");
    let report = store.import(&office(&changed, ENTITIES, true), BY).unwrap();
    assert_eq!(report.published[0].version, 2);
    assert_ne!(live(&store).0[0].2, first);
    // Publishing the first again finds its version.
    let back = store.import(&office(MAIN, ENTITIES, true), BY).unwrap();
    assert_eq!(back.published[0].version, 1);
    assert_eq!(live(&store).0[0].2, first);
    let versions = store.flow_versions("main", Page::new(10, 0)).unwrap();
    assert_eq!(versions.iter().map(|v| (v.number, v.live)).collect::<Vec<_>>(), [(2, false), (1, true)]);
}

#[test]
fn a_fact_that_a_live_flow_uses_recompiles_its_live_source() {
    let (_dir, mut store, _) = published();
    let before = live(&store).0[0].clone();
    // A draft that is under way must not become live by it.
    store.save_draft("main", "Main inbound", "{\"nodes\":[],\"edges\":[]}", BY).unwrap();
    let menu = IvrMenu { timeout_s: 17, ..store.entity("main-menu").unwrap() };
    let saved = store.save_entity(&menu, BY).unwrap();
    assert_eq!((saved.saved, saved.recompiled.len()), (Saved::Changed, 1));
    let after = live(&store).0[0].clone();
    assert_eq!((after.0.as_str(), after.1), ("main", 2));
    assert_ne!(after.2, before.2, "the wait is compiled into the program");
    let versions = store.flow_versions("main", Page::new(10, 0)).unwrap();
    assert_eq!(versions[0].note, "facts changed");
    // What no program depends on recompiles nothing.
    let ann = Extension { dnd: true, ..store.entity("101").unwrap() };
    assert!(store.save_entity(&ann, BY).unwrap().recompiled.is_empty());
}

#[test]
fn a_save_that_would_break_a_live_flow_is_refused() {
    let (_dir, mut store, _) = published();
    let before = live(&store);
    let menu: IvrMenu = store.entity("main-menu").unwrap();
    let bare = IvrMenu { options: flow_store::Json(Vec::new()), ..menu.clone() };
    let Err(Error::Refused { flow, diagnostics }) = store.save_entity(&bare, BY) else {
        panic!("key 1 is wired")
    };
    assert_eq!(flow, "main");
    assert!(diagnostics.iter().any(|d| d.is_error()));
    assert_eq!(store.entity::<IvrMenu>("main-menu").unwrap(), menu);
    assert_eq!(live(&store), before);
}

#[test]
fn a_number_is_in_one_flow() {
    let (_dir, mut store, _) = published();
    let other = "flow other { entry in: inbound_number \"+61299998888\" -> bye\n bye: hangup }\n";
    let import = Import { files: vec![file("other.flow", other)], publish: true };
    let Err(Error::Invalid(why)) = store.import(&import, BY) else { panic!("it is main's number") };
    assert!(why.contains("flow `main` already"), "{why}");
    assert!(matches!(store.flow("other"), Err(Error::NotFound { .. })), "nothing of it was kept");

    // A number that nobody declared is made by the flow that it enters, and loses its route when the flow drops it.
    let number = "flow other { entry in: inbound_number \"+61255550000\" -> bye\n bye: hangup }\n";
    let import = Import { files: vec![file("other.flow", number)], publish: true };
    store.import(&import, BY).unwrap();
    assert!(store.entity::<InboundNumber>("+61255550000").is_ok());
    assert_eq!(live(&store).1.len(), 2);
}

#[test]
fn a_program_that_needs_what_the_server_cannot_do_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let few = EffectKind::ALL.into_iter().filter(|k| *k != EffectKind::Voicemail);
    let few = few.fold(EffectSet::default(), EffectSet::with);
    let mut store = Store::open(dir.path(), few, NOW).unwrap();
    let Err(Error::Invalid(why)) = store.import(&office(MAIN, ENTITIES, true), BY) else {
        panic!("no voicemail here")
    };
    assert!(why.contains("voicemail"), "{why}");
    assert!(store.live_flows().unwrap().is_empty());
}

/// What calls can do without the effects of a kind.
fn without(kinds: &[EffectKind]) -> EffectSet {
    let able = EffectKind::ALL.into_iter().filter(|kind| !kinds.contains(kind));
    able.fold(EffectSet::default(), EffectSet::with)
}

#[test]
fn a_flow_with_nodes_that_the_server_cannot_do_is_refused_with_their_names() {
    const FLOW: &str = "flow main {\n entry in: inbound_number \"+61299998888\" -> lookup\n \
        lookup: webhook { url = \"https://crm.example/\" answers = \"known(who: phone)\" known -> away default -> ann error -> ann }\n \
        ann: transfer { number = \"tel:101\" failed -> bye }\n away: transfer { number = \"who\" }\n bye: hangup\n}\n";
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let unable = [EffectKind::Transfer, EffectKind::Webhook, EffectKind::WebhookField];
    let mut store = Store::open(dir.path(), without(&unable), NOW).unwrap();
    let draft = Import { files: vec![file("main.flow", FLOW)], publish: false };
    store.import(&draft, BY).unwrap();
    let published = Import { files: vec![file("main.flow", FLOW)], publish: true };
    for result in [store.import(&published, BY).map(drop), store.publish("main", BY).map(drop)] {
        let Err(Error::Invalid(why)) = result else { panic!("{result:?}") };
        assert_eq!(
            why,
            "flow `main` can't go live, because this server can't do yet what some of its nodes ask for: asking a \
             server on the web by a webhook (`lookup`); transferring calls (`ann`, `away`). Take these nodes out of the \
             flow, or publish it on a newer flowpbx"
        );
    }
    assert!(store.live_flows().unwrap().is_empty());
}

#[test]
fn flows_that_call_others_are_kept_as_drafts_and_do_not_go_live() {
    const MAIN: &str = "flow main {\n entry in: inbound_number \"+61299998888\" -> ask\n \
        ask: subflow { flow = verify  ok -> bye }\n bye: hangup\n}\n";
    const VERIFY: &str =
        "flow verify {\n exits = [ok]\n entry begin: start -> ok\n ok: return { exit = ok }\n}\n";
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let files = vec![file("main.flow", MAIN), file("verify.flow", VERIFY)];
    store.import(&Import { files: files.clone(), publish: false }, BY).unwrap();
    let whys = [
        ("main", "can't publish flows that call others yet: `ask` calls `verify`"),
        ("verify", "can't go live by itself: no number leads into it"),
    ];
    for (flow, expected) in whys {
        let Err(Error::Invalid(why)) = store.publish(flow, BY) else { panic!("{flow}") };
        assert!(why.contains(expected), "{why}");
    }
    assert!(store.import(&Import { files, publish: true }, BY).is_err());
    assert!(store.live_flows().unwrap().is_empty());
}

#[test]
fn conferences_and_queues_are_refused_and_nothing_is_kept() {
    const FILES: &str = "extension 101 \"Ann\"\nqueue support { members = [101] }\nconference weekly\n";
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let catalog =
        "{\"extension\":[{\"key\":\"101\"}],\"queue\":[{\"key\":\"support\",\"members\":[\"101\"]}]}";
    for (path, text) in [("office.flow", FILES), ("catalog.json", catalog)] {
        let import = Import { files: vec![file(path, text)], publish: false };
        let Err(Error::Invalid(why)) = store.import(&import, BY) else { panic!("{path}") };
        assert!(why.contains("queue `support`") && why.contains("Nothing was imported"), "{why}");
        assert!(store.entities::<Extension>(Page::new(10, 0)).unwrap().is_empty());
    }
}

#[test]
fn strange_imports_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for path in ["../x.flow", "/x.flow", "a//x.flow", "", "a\\x.flow"] {
        let import = Import { files: vec![file(path, "")], publish: false };
        assert!(matches!(store.import(&import, BY), Err(Error::Invalid(_))), "{path:?}");
    }
    let noise = Import { files: vec![file("prompts/hiss.wav", "not audio")], publish: false };
    assert!(matches!(store.import(&noise, BY), Err(Error::Invalid(_))));
    let twice = Import {
        files: vec![
            file("a.flow", "flow main {}\n"),
            file("b.json", "{\"nodes\":[],\"edges\":[],\"flowpbx\":{\"key\":\"main\"}}"),
        ],
        publish: false,
    };
    assert!(store.import(&twice, BY).is_err());
}

#[test]
fn a_published_version_cannot_be_changed_or_deleted() {
    let (dir, store, _) = published();
    drop(store);
    let conn = rusqlite::Connection::open(dir.path().join("flowpbx.db")).unwrap();
    assert!(conn.execute("UPDATE flow_versions SET note = 'x'", []).is_err());
    assert!(conn.execute("DELETE FROM flow_versions", []).is_err());
    assert!(conn.execute("UPDATE extensions SET key = '102'", []).is_err());
}

#[test]
fn a_live_program_that_no_longer_verifies_is_compiled_again_at_the_start() {
    let (dir, store, _) = published();
    let before = live(&store);
    drop(store);
    let conn = rusqlite::Connection::open(dir.path().join("flowpbx.db")).unwrap();
    conn.execute_batch(
        "DROP TRIGGER flow_versions_are_immutable; UPDATE flow_versions SET program = x'00', content_key = 'old';",
    )
    .unwrap();
    drop(conn);
    let mut store = open(dir.path());
    assert!(matches!(store.live_flows().unwrap()[0], Err(Error::BadProgram { .. })));
    assert_eq!(store.recover(NOW).unwrap().recompiled.len(), 1);
    let after = live(&store);
    assert_eq!((after.0[0].1, &after.0[0].2), (2, &before.0[0].2));
}

#[test]
fn the_json_twin_with_its_catalogue_is_the_same_office() {
    let (_dir, store, _) = published();
    let draft = store.flow("main").unwrap().draft;
    let dir = tempfile::tempdir().unwrap();
    let mut other = open(dir.path());
    let catalog = r#"{
        "extension": [{"id": 1, "key": "101", "name": "Ann", "ring_timeout": 25}],
        "voicemail_box": [{"id": 1, "key": "after-hours", "name": "After hours"}],
        "inbound_number": [{"id": 1, "key": "+61299998888", "name": "Main number", "trunk": "carrier"}],
        "trunk": [{"id": 1, "key": "carrier", "name": "Carrier", "hosts": ["203.0.113.0/24"]}],
        "ivr_menu": [{"id": 1, "key": "main-menu", "name": "Main menu", "greeting": "main-menu",
                      "keys": [{"key": "1", "name": "Ann"}]}]
    }"#;
    let import = Import {
        files: vec![
            file("catalog.json", catalog),
            file("main.json", draft),
            file("prompts/main-menu.wav", wav()),
        ],
        publish: true,
    };
    other.import(&import, BY).unwrap();
    assert_eq!(live(&other), live(&store));
}
