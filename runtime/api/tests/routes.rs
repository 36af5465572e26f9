//! Every route through the real router and a real store; only the switchboard is the test's own, and it counts.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use flow_api::{ActiveCall, Api, Later, Status, Switchboard, Token, router};
use flow_store::{
    By, Cdr, DataDir, Handle, Kept, NewMessage, NewPrompt, Registration, Store, Thread, Transport,
};
use flow_vm::effect::{EffectKind, EffectSet};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

const NOW: i64 = 1_772_409_600_000;
const BY: By<'static> = By { actor: "test", now_ms: NOW };
const OFFICE: &str = r#"extension 101 "Ann"
voicemail_box night "Night"
flow main {
  entry office: inbound_number "+61299998888" -> ann
  ann: extension 101 { answered -> bye  no_answer -> vm }
  vm: voicemail night -> bye
  bye: hangup
}
"#;

#[derive(Default)]
struct Board {
    reloads: AtomicUsize,
}

impl Switchboard for Board {
    fn active_calls(&self) -> Later<Vec<ActiveCall>> {
        let call = ActiveCall {
            call: "c9".into(),
            caller: "+61411111111".into(),
            dialled: "+61299998888".into(),
            flow: "main".into(),
            program_hash: String::new(),
            activity: "talking".into(),
            started_ms: NOW,
        };
        Box::pin(async { Ok(vec![call]) })
    }
    fn reload(&self) -> Later<()> {
        self.reloads.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    }
    fn status(&self) -> Later<Status> {
        Box::pin(async { Err(flow_api::Unavailable("the switchboard is starting".into())) })
    }
}

struct World {
    _dir: TempDir,
    app: Router,
    token: String,
    board: Arc<Board>,
    writer: Handle<Store>,
}

impl World {
    fn new() -> World {
        World::with(|_| {})
    }

    fn with(prepare: impl FnOnce(&mut Store)) -> World {
        World::able_to(EffectSet::all(), prepare)
    }

    fn able_to(effects: EffectSet, prepare: impl FnOnce(&mut Store)) -> World {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), effects, NOW).unwrap();
        let sound = wav(100);
        let names = ["vm-greeting", "goodbye", "menu-invalid", "menu-timeout", "sorry"];
        let prompts = names.map(|key| NewPrompt { key, label: "", text: None, system: true, wav: &sound });
        store.install_prompts(&prompts, BY).unwrap();
        prepare(&mut store);
        let token = Token::open(store.dir()).unwrap();
        let reader = Thread::start("reader", store.reader().unwrap()).unwrap().handle();
        let writer = Thread::start("writer", store).unwrap().handle();
        let board = Arc::new(Board::default());
        let clear = token.reveal().to_owned();
        let app = router(Api::new(writer.clone(), reader, board.clone(), token, || NOW));
        World { _dir: dir, app, token: clear, board, writer }
    }

    async fn raw(&self, request: Request<Body>) -> (StatusCode, Option<String>, Vec<u8>) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let kind = response.headers().get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned());
        (response.status(), kind, to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
            .unwrap();
        let (status, _, bytes) = self.raw(request).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::String(String::from_utf8(bytes).unwrap())))
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask("GET", path, Value::Null).await
    }

    async fn import(&self, text: &str, publish: bool) -> (StatusCode, Value) {
        let body = json!({ "files": [{ "path": "main.flow", "text": text }], "publish": publish });
        self.ask("POST", "/import", body).await
    }
}

fn wav(ms: usize) -> Vec<u8> {
    let data = vec![0xd5_u8; ms * 8];
    let size = data.len() as u32;
    let mut out = b"RIFF".to_vec();
    out.extend((36 + size).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    out.extend(size.to_le_bytes());
    out.extend(data);
    out
}

fn cdr(call: &str, direction: &str, start_ms: i64) -> Cdr {
    Cdr {
        id: 0,
        call: call.into(),
        sip_call_id: "x@y".into(),
        direction: direction.into(),
        origin: "carrier".into(),
        caller_id_name: String::new(),
        caller_id_num: "+61411111111".into(),
        callee: "+61299998888".into(),
        flow: "main".into(),
        program_hash: "ab".into(),
        start_ms,
        answer_ms: Some(start_ms + 2_000),
        end_ms: Some(start_ms + 9_500),
        disposition: Some("answered".into()),
        hangup_cause: "the caller hung up".into(),
        keys: "1".into(),
        flow_path: vec![flow_store::PathStep { node: "ann".into(), exit: Some("answered".into()) }],
        legs: Vec::new(),
        media: None,
        trace: if direction == "inbound" { "trace v1\n".into() } else { String::new() },
    }
}

/// Every route behind the token: method and path.
const GUARDED: &[(&str, &str)] = &[
    ("POST", "/import"),
    ("GET", "/flows"),
    ("GET", "/flows/main"),
    ("PUT", "/flows/main"),
    ("POST", "/flows/main/publish"),
    ("POST", "/flows/main/validate"),
    ("GET", "/flows/main/versions"),
    ("GET", "/cdrs"),
    ("GET", "/cdrs/1"),
    ("GET", "/cdrs/1/trace"),
    ("GET", "/extensions"),
    ("GET", "/extensions/101"),
    ("POST", "/extensions/101/secret"),
    ("GET", "/voicemail-boxes"),
    ("GET", "/voicemail-boxes/night/messages"),
    ("GET", "/voicemail-boxes/night/messages/1/audio"),
    ("GET", "/registrations"),
    ("GET", "/calls/active"),
    ("GET", "/system/status"),
    ("GET", "/audit"),
];

#[tokio::test]
async fn only_health_is_open() {
    let world = World::new();
    let ask = |method: &str, path: &str, auth: Option<String>| {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(auth) = auth {
            request = request.header(header::AUTHORIZATION, auth);
        }
        world.raw(request.body(Body::empty()).unwrap())
    };
    assert_eq!(ask("GET", "/health", None).await.0, StatusCode::OK);
    let half = &world.token[..32];
    let wrong = [None, Some("Bearer ".into()), Some(format!("Bearer {half}")), Some(world.token.clone())];
    for (method, path) in GUARDED {
        for auth in &wrong {
            let (status, _, body) = ask(method, path, auth.clone()).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} {auth:?}");
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((&body["data"], &body["error"]["code"]), (&Value::Null, &json!("unauthorized")));
        }
        let (status, ..) = ask(method, path, Some(format!("bearer {}", world.token))).await;
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}

#[tokio::test]
async fn a_folder_is_imported_and_published_and_the_switchboard_told() {
    let world = World::new();
    let (status, body) = world.import(OFFICE, true).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["data"]["published"][0]["flow"], "main");
    assert_eq!(body["data"]["secrets"][0]["username"], "101");
    let secret = body["data"]["secrets"][0]["secret"].as_str().unwrap().to_owned();
    assert_eq!(world.board.reloads.load(Ordering::Relaxed), 1);
    let (_, again) = world.import(OFFICE, true).await;
    assert_eq!(again["data"]["secrets"], json!([]));

    for path in ["/extensions", "/extensions/101", "/flows/main", "/audit"] {
        let (status, body) = world.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!body.to_string().contains(&secret), "{path} shows a secret");
    }
    let (_, body) = world.get("/extensions").await;
    assert_eq!(body["data"]["rows"][0]["key"], "101");
    let (_, body) = world.get("/voicemail-boxes").await;
    assert_eq!(
        (&body["data"]["rows"][0]["key"], &body["data"]["rows"][0]["messages"]),
        (&json!("night"), &json!(0))
    );
}

/// What is stored is told to calls, whether or not whoever asked waits for the answer.
#[tokio::test]
async fn a_client_that_goes_away_leaves_no_change_untold() {
    let world = World::new();
    let (go, held) = std::sync::mpsc::channel::<()>();
    world.writer.send(move |_| held.recv().unwrap()).unwrap();
    let asked = world.import(OFFICE, true);
    assert!(tokio::time::timeout(Duration::from_millis(200), asked).await.is_err());
    go.send(()).unwrap();
    for _ in 0..1_000 {
        if world.board.reloads.load(Ordering::Relaxed) == 1 {
            assert_eq!(world.get("/flows/main").await.1["data"]["live_version"], 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the switchboard was never told");
}

/// A number that nobody has entered yet exists by being published; checking the draft says nothing else.
#[tokio::test]
async fn a_check_says_what_a_publish_would() {
    let world = World::new();
    world.import(OFFICE, true).await;
    let (_, flow) = world.get("/flows/main").await;
    let other = flow["data"]["draft"].to_string().replace("+61299998888", "+61299997777");
    let mut draft: Value = serde_json::from_str(&other).unwrap();
    draft["nodes"][0]["data"].as_object_mut().unwrap().remove("entity_id");
    let told = world.board.reloads.load(Ordering::Relaxed);
    let (status, saved) = world.ask("PUT", "/flows/main", json!({ "draft": draft })).await;
    assert_eq!((status, &saved["data"]["diagnostics"]), (StatusCode::OK, &json!([])), "{saved}");
    assert_eq!(world.board.reloads.load(Ordering::Relaxed), told, "calls never read drafts");
    let (status, body) = world.ask("POST", "/flows/main/publish", Value::Null).await;
    assert_eq!((status, &body["data"]["numbers"]), (StatusCode::OK, &json!(["+61299997777"])), "{body}");
}

#[tokio::test]
async fn a_flow_that_this_server_cannot_run_is_refused_in_words() {
    let able = EffectKind::ALL.into_iter().filter(|kind| *kind != EffectKind::Transfer);
    let world = World::able_to(able.fold(EffectSet::default(), EffectSet::with), |_| {});
    world.import(OFFICE, true).await;
    let away = "flow away {\n  entry in: inbound_number \"+61299990000\" -> out\n  out: transfer { extension = 101 }\n}\n";
    let (status, body) = world.import(away, true).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")));
    let why = body["error"]["message"].as_str().unwrap();
    assert!(why.contains("`away` can't go live") && why.contains("transferring calls (`out`)"), "{why}");
    let (status, _) = world.get("/flows/away").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nothing of it was kept");
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let world = World::new();
    let (_, imported) = world.import(OFFICE, true).await;
    let old = imported["data"]["secrets"][0]["secret"].as_str().unwrap().to_owned();
    let (status, body) = world.ask("POST", "/extensions/101/secret", Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["data"]["username"], "101");
    assert_ne!(body["data"]["secret"], json!(old));
    assert_eq!(world.board.reloads.load(Ordering::Relaxed), 2, "the next REGISTER meets the new one");
    let (status, _) = world.ask("POST", "/extensions/999/secret", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_broken_flow_is_refused_with_its_findings_and_the_old_one_stays() {
    let world = World::new();
    world.import(OFFICE, true).await;
    let told = world.board.reloads.load(Ordering::Relaxed);
    let (status, body) = world.import(&OFFICE.replace("-> vm", "-> nowhere"), true).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("refused")));
    let findings = body["error"]["diagnostics"].as_array().unwrap();
    assert!(findings.iter().any(|d| d["severity"] == "error" && d["labels"][0]["place"]["view"] == "text"));
    let (_, body) = world.get("/flows/main").await;
    assert_eq!((&body["data"]["live_version"], &body["data"]["draft_is_live"]), (&json!(1), &json!(true)));
    assert_eq!(world.board.reloads.load(Ordering::Relaxed), told, "nothing changed, nothing is told");
}

#[tokio::test]
async fn drafts_are_saved_checked_and_published() {
    let world = World::new();
    world.import(OFFICE, true).await;
    let (_, flow) = world.get("/flows/main").await;
    let id = flow["data"]["id"].to_string();
    assert_eq!(world.get(&format!("/flows/{id}")).await.1["data"]["key"], "main");
    let draft = flow["data"]["draft"].clone();
    assert!(draft["nodes"].as_array().is_some_and(|n| n.len() == 4), "{draft}");

    // Half-drawn: kept, but not published.
    let half = json!({ "draft": { "nodes": [], "edges": [] } });
    let (status, body) = world.ask("PUT", "/flows/main", half).await;
    assert_eq!((status, &body["data"]["saved"]), (StatusCode::OK, &json!("changed")));
    assert!(!body["data"]["diagnostics"].as_array().unwrap().is_empty());
    let (_, body) = world.ask("POST", "/flows/main/validate", Value::Null).await;
    assert!(body["data"].as_array().unwrap().iter().any(|d| d["severity"] == "error"));
    let (status, body) = world.ask("POST", "/flows/main/publish", Value::Null).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body["error"]["diagnostics"].is_array());

    // Whole again, with another label.
    let whole = json!({ "label": "Front door", "draft": draft });
    assert_eq!(world.ask("PUT", "/flows/main", whole).await.0, StatusCode::OK);
    let (status, body) = world.ask("POST", "/flows/main/publish", Value::Null).await;
    assert_eq!((status, &body["data"]["numbers"]), (StatusCode::OK, &json!(["+61299998888"])), "{body}");
    let (_, body) = world.get("/flows/main/versions?limit=1").await;
    assert_eq!(body["data"]["rows"].as_array().unwrap().len(), 1);
    let (_, body) = world.get("/flows").await;
    assert_eq!(body["data"]["rows"][0]["label"], "Front door");
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_clearly() {
    let world = World::new();
    for (method, path, body, status) in [
        ("GET", "/nothing", Value::Null, 404),
        ("GET", "/flows/none", Value::Null, 404),
        ("POST", "/flows/none/publish", Value::Null, 404),
        ("DELETE", "/flows", Value::Null, 405),
        ("PUT", "/flows/a", json!({ "draft": [] }), 400),
        ("PUT", "/flows/a", json!({ "drift": {} }), 400),
        ("PUT", "/flows/a%20b", json!({ "draft": {} }), 422),
        ("POST", "/import", json!({ "files": [{ "path": "a.flow" }] }), 400),
        ("POST", "/import", json!({ "files": [{ "path": "a.wav", "base64": "!" }] }), 400),
        ("POST", "/import", json!({ "files": [{ "path": "../a.flow", "text": "" }] }), 422),
        ("GET", "/cdrs?from=yesterday", Value::Null, 400),
        ("GET", "/cdrs/77", Value::Null, 404),
        ("GET", "/voicemail-boxes/none/messages", Value::Null, 404),
        ("GET", "/system/status", Value::Null, 503),
    ] {
        let (got, answer) = world.ask(method, path, body).await;
        assert_eq!(got.as_u16(), status, "{method} {path}: {answer}");
        assert!(
            answer["error"]["message"].as_str().is_some_and(|m| m.len() > 10),
            "{method} {path}: {answer}"
        );
        assert_eq!(answer["data"], Value::Null);
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let world = World::new();
    let body = json!({ "draft": { "x": "y".repeat(flow_api::limits::BODY_BYTES_MAX) } });
    let (status, answer) = world.ask("PUT", "/flows/a", body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
}

#[tokio::test]
async fn records_are_listed_filtered_and_traced() {
    let world = World::with(|store| {
        store.put_cdr(&cdr("c1", "inbound", NOW)).unwrap();
        store.put_cdr(&cdr("c2", "internal", NOW + 86_400_000)).unwrap();
    });
    let calls = |body: &Value| -> Vec<String> {
        let rows = body["data"]["rows"].as_array().unwrap();
        rows.iter().map(|r| r["call"].as_str().unwrap().to_owned()).collect()
    };
    let (_, body) = world.get("/cdrs").await;
    assert_eq!((calls(&body), &body["data"]["total"]), (vec!["c2".to_owned(), "c1".to_owned()], &json!(2)));
    for (query, want) in [
        ("direction=inbound", "c1"),
        ("from=2026-03-03", "c2"),
        ("to=2026-03-03T00:00:00Z", "c1"),
        ("limit=1&offset=1", "c1"),
    ] {
        assert_eq!(calls(&world.get(&format!("/cdrs?{query}")).await.1), [want], "{query}");
    }
    assert!(calls(&world.get("/cdrs?disposition=busy").await.1).is_empty());
    let (_, body) = world.get("/cdrs/c1").await;
    let data = &body["data"];
    assert_eq!(
        (&data["start_time"], &data["duration"], &data["billable_dur"], &data["flow_path"][0]["exit"]),
        (&json!("2026-03-02T00:00:00.000Z"), &json!(9), &json!(7), &json!("answered"))
    );
    assert_eq!(world.get("/cdrs/c1/trace").await, (StatusCode::OK, json!("trace v1\n")));
    assert_eq!(world.get("/cdrs/c2/trace").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn messages_are_listed_and_heard() {
    let world = World::with(|store| {
        let import = flow_store::Import {
            files: vec![flow_store::ImportFile { path: "a.flow".into(), bytes: OFFICE.into() }],
            publish: false,
        };
        store.import(&import, BY).unwrap();
        std::fs::write(store.dir().voicemail_temp().join("c1-1.wav"), wav(3_000)).unwrap();
        let new = NewMessage {
            call: "c1".into(),
            mailbox: "night".into(),
            file: "c1-1.wav".into(),
            duration_ms: 3_000,
            caller_id_name: "Bob".into(),
            caller_id_num: "+61411111111".into(),
            at_ms: NOW,
        };
        assert_eq!(store.keep_message(&new, NOW).unwrap(), Kept::Saved(1));
    });
    let (_, body) = world.get("/voicemail-boxes/night/messages").await;
    assert_eq!(
        (&body["data"]["rows"][0]["caller_id_name"], &body["data"]["total"]),
        (&json!("Bob"), &json!(1))
    );
    assert!(body["data"]["rows"][0].get("file").is_none(), "paths of the server are nobody's business");
    let request = Request::builder()
        .uri("/api/v1/voicemail-boxes/1/messages/1/audio")
        .header(header::AUTHORIZATION, format!("Bearer {}", world.token))
        .body(Body::empty())
        .unwrap();
    let (status, kind, bytes) = world.raw(request).await;
    assert_eq!((status, kind.as_deref()), (StatusCode::OK, Some("audio/wav")));
    assert_eq!(bytes, wav(3_000));
    assert_eq!(world.get("/voicemail-boxes/night/messages/2/audio").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn contacts_and_live_calls_are_shown() {
    let world = World::with(|store| {
        let contact = |n: u16, expires_ms| Registration {
            username: "101".into(),
            contact: format!("sip:101@192.0.2.7:{n}"),
            transport: Transport::Udp,
            source: "192.0.2.7:5060".parse().unwrap(),
            user_agent: "phone".into(),
            sip_call_id: "r".into(),
            cseq: 1,
            registered_ms: NOW,
            expires_ms,
        };
        store.bind(&contact(1, NOW + 1)).unwrap();
        store.bind(&contact(2, NOW)).unwrap();
    });
    let (_, body) = world.get("/registrations").await;
    assert_eq!(body["data"]["rows"].as_array().unwrap().len(), 1, "the expired one is gone: {body}");
    let (_, body) = world.get("/calls/active").await;
    assert_eq!((&body["data"]["rows"][0]["call"], &body["data"]["total"]), (&json!("c9"), &json!(1)));
}

#[test]
fn the_token_is_private_and_stays() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let first = Token::open(&data).unwrap();
    assert_eq!(Token::open(&data).unwrap().reveal(), first.reveal());
    assert_eq!(std::fs::metadata(data.api_token()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!format!("{first:?}").contains(first.reveal()));
    std::fs::write(data.api_token(), "short").unwrap();
    assert!(Token::open(&data).is_err());
}
