//! Real clients against the built server: baresip as phones, sipp as the trunk. `make e2e` runs it, one test at a time.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "an integration test fails by panicking; nothing here is input from outside"
)]

use std::process::Command;
use std::time::Duration;

use flow_compiler::Source;
use flow_compiler::compile::compile;
use flow_compiler::diag::Severity;
use flow_compiler::entity::catalog::Overlay;
use flow_compiler::world::Nothing;
use flow_tests::e2e::audio;
use flow_tests::e2e::baresip::{Baresip, Settings};
use flow_tests::e2e::media::Media;
use flow_tests::e2e::office::{CALLER, Files, NUMBER, Office, prompt};
use flow_tests::e2e::server::{Ports, Server, binary};
use flow_tests::e2e::sipp;
use flow_tests::e2e::wait::{PHONES, STRANGER, TRUNK, network, until};
use serde_json::Value;

const ANN: f64 = 440.0;
const BEN: f64 = 700.0;
const OUTSIDE: f64 = 1_150.0;

/// A second number that rings Ann at once: for what must happen before the caller is answered.
const DIRECT: &str = r#"
inbound_number "+61299997777" "Ann's own number" {
  trunk = carrier
}

flow direct "Ann's own number" {
  entry number: inbound_number "+61299997777" -> ann

  ann: extension 101 {
    ring = 3s
    busy -> engaged
    no_answer -> night
  }
  engaged: hangup { cause = busy }
  night: voicemail after-hours -> bye
  bye: hangup
}
"#;
const DIRECT_NUMBER: &str = "+61299997777";

/// How alike what was heard is to a prompt; an error says that it wasn't that prompt.
fn is_prompt(heard: &[i16], path: &str) -> Result<f64, String> {
    let (alike, at) = audio::correlation(heard, &prompt(path));
    if alike > 0.8 { Ok(alike) } else { Err(format!("{path}: {alike:.2} at sample {at} of {}", heard.len())) }
}

/// Waits until as much was heard as a prompt is long, silence apart; the sound.
fn hear_all(media: &Media, path: &str) -> Vec<i16> {
    let wanted = prompt(path);
    let loud = audio::loud_ms(&wanted) - 100;
    until(&format!("as much sound as {path}"), || {
        let heard = media.heard();
        (heard.len() >= wanted.len() && audio::loud_ms(&heard) >= loud).then_some(heard)
    })
}

fn ann(office: &mut Office) -> Baresip {
    office.phone("101", Settings { tone: ANN, ..Settings::default() })
}

fn ben(office: &mut Office) -> Baresip {
    office.phone("102", Settings { tone: BEN, ..Settings::default() })
}

/// The nodes that a call passed, joined by spaces.
fn path(cdr: &Value) -> String {
    let steps = cdr["flow_path"].as_array().unwrap();
    steps.iter().map(|s| s["node"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn time(cdr: &Value, field: &str) -> i64 {
    cdr[field].as_i64().unwrap_or_else(|| panic!("no {field} in {cdr:#}"))
}

/// An answered call between phones: who called whom, and that its times are in order.
fn check_internal(cdr: &Value, from: &str, to: &str) {
    assert_eq!(cdr["direction"], "internal", "{cdr:#}");
    assert_eq!(cdr["caller_id_num"], from, "{cdr:#}");
    assert_eq!(cdr["callee"], to, "{cdr:#}");
    assert_eq!(cdr["disposition"], "answered", "{cdr:#}");
    let (start, answer, end) = (time(cdr, "start_ms"), time(cdr, "answer_ms"), time(cdr, "end_ms"));
    assert!(start <= answer && answer < end, "{cdr:#}");
    // Both sides were heard for a second each before anybody hung up.
    assert!(end - answer >= 1_000, "{cdr:#}");
    let legs = cdr["legs"].as_array().unwrap();
    assert_eq!(legs.len(), 1, "{cdr:#}");
    assert_eq!(legs[0]["extension"], to, "{cdr:#}");
    assert!(legs[0]["answered_ms"].is_i64(), "{cdr:#}");
    let both = [&cdr["media"], &legs[0]["media"]];
    for media in both {
        assert!(media["packets_received"].as_u64().unwrap() >= 50, "{cdr:#}");
        assert!(media["packets_sent"].as_u64().unwrap() >= 50, "{cdr:#}");
    }
}

/// What was recorded for a message of the mailbox for after hours.
fn recording(office: &Office, message: &Value) -> Vec<i16> {
    let path = format!("/voicemail-boxes/after-hours/messages/{}/audio", message["id"]);
    let reply = office.server.request("GET", &path, None).unwrap();
    assert_eq!(reply.status, 200);
    audio::parse_wav(&reply.body).unwrap()
}

fn hear_each_other(one: &Baresip, one_says: f64, two: &Baresip, two_says: f64) {
    one.hears_tone(0, two_says, 1_000);
    two.hears_tone(0, one_says, 1_000);
    assert_eq!(audio::tone_ms(&one.heard(), one_says), 0, "a phone hears itself");
    assert_eq!(audio::tone_ms(&two.heard(), two_says), 0, "a phone hears itself");
}

/// The finished record of the n-th call (from 0) by a phone.
fn cdr_by(server: &Server, from: &str, number: usize) -> Value {
    let rows = until(&format!("{} finished records by {from}", number + 1), || {
        let all = server.get("/cdrs");
        let mut rows: Vec<Value> = all["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| r["caller_id_num"] == from && !r["end_ms"].is_null())
            .cloned()
            .collect();
        rows.sort_by_key(|r| time(r, "start_ms"));
        (rows.len() > number).then_some(rows)
    });
    rows[number].clone()
}

#[test]
fn phones_talk_and_the_called_one_hangs_up() {
    let mut office = Office::open(&Files::sample());
    let (mut ann, mut ben) = (ann(&mut office), ben(&mut office));
    ann.dial(&office.uri("102"));
    ben.waits_for(0, "CALL_INCOMING");
    ann.waits_for(0, "CALL_RINGING");
    ben.accept();
    hear_each_other(&ann, ANN, &ben, BEN);
    ben.hang_up();
    ann.waits_for(0, "CALL_CLOSED");
    check_internal(&cdr_by(&office.server, "101", 0), "101", "102");
}

#[test]
fn phones_talk_and_the_caller_hangs_up() {
    let mut office = Office::open(&Files::sample());
    let (mut ann, mut ben) = (ann(&mut office), ben(&mut office));
    ben.dial(&office.uri("101"));
    ann.waits_for(0, "CALL_INCOMING");
    ann.accept();
    hear_each_other(&ann, ANN, &ben, BEN);
    ben.hang_up();
    ann.waits_for(0, "CALL_CLOSED");
    check_internal(&cdr_by(&office.server, "102", 0), "102", "101");
}

/// What `make run` starts: bound to every address, advertising the machine's network address. A phone on the same machine that
/// names the loopback address, and one that names the network's, both hear and are heard.
#[test]
fn phones_on_the_servers_own_machine_are_heard_at_any_of_its_addresses() {
    let mut office = Office::open_at(&Files::closed(), Ports::on_all_addresses());
    let mut ann = ann(&mut office);
    let at = network().unwrap_or(PHONES);
    let mut ben = office.phone("102", Settings { tone: BEN, at, ..Settings::default() });
    ann.dial(&office.uri("102"));
    ben.waits_for(0, "CALL_INCOMING");
    ben.accept();
    hear_each_other(&ann, ANN, &ben, BEN);
    ben.hang_up();
    ann.waits_for(0, "CALL_CLOSED");
    check_internal(&cdr_by(&office.server, "101", 0), "101", "102");

    let marks = (ann.mark(), ann.heard().len(), ben.heard().len());
    ben.dial(&format!("sip:101@{at}:{}", office.server.ports.sip.port()));
    ann.waits_for(marks.0, "CALL_INCOMING");
    ann.accept();
    ann.hears_tone(marks.1, BEN, 1_000);
    ben.hears_tone(marks.2, ANN, 1_000);
    ben.hang_up();
    check_internal(&cdr_by(&office.server, "102", 0), "102", "101");

    // Whoever hears the beep and isn't heard leaves nothing.
    let mark = ann.heard().len();
    ann.dial(&office.uri(NUMBER));
    ann.hears_tone(mark, 1_000.0, 150);
    std::thread::sleep(Duration::from_secs(3));
    ann.hang_up();
    let message = until("a message", || office.server.messages("after-hours").pop());
    let recorded = recording(&office, &message);
    assert!(audio::tone_ms(&recorded, ANN) >= 2_500, "{} ms in {message:#}", audio::tone_ms(&recorded, ANN));
}

#[test]
fn a_phone_on_tcp_and_one_on_udp() {
    let mut office = Office::open(&Files::sample());
    let mut ann = office.phone("101", Settings { tone: ANN, transport: "tcp", ..Settings::default() });
    let mut ben = ben(&mut office);
    ben.dial(&office.uri("101"));
    ann.waits_for(0, "CALL_INCOMING");
    ann.accept();
    hear_each_other(&ann, ANN, &ben, BEN);
    ann.hang_up();
    ben.waits_for(0, "CALL_CLOSED");
    let mark = ben.mark();
    ann.dial(&format!("{};transport=tcp", office.uri("102")));
    ben.waits_for(mark, "CALL_INCOMING");
    ben.accept();
    let heard = ben.heard().len();
    ben.hears_tone(heard, ANN, 500);
    ben.hang_up();
    check_internal(&cdr_by(&office.server, "102", 0), "102", "101");
}

#[test]
fn mu_law_and_a_law_phones_understand_each_other() {
    let mut office = Office::open(&Files::sample());
    let mut ann = office.phone("101", Settings { tone: ANN, codecs: "PCMU", ..Settings::default() });
    let mut ben = office.phone("102", Settings { tone: BEN, codecs: "PCMA", ..Settings::default() });
    ann.dial(&office.uri("102"));
    ben.waits_for(0, "CALL_INCOMING");
    ben.accept();
    hear_each_other(&ann, ANN, &ben, BEN);
    assert!(ann.log().contains("encoder: PCMU") && ben.log().contains("encoder: PCMA"));
    ann.hang_up();
    ben.waits_for(0, "CALL_CLOSED");
    check_internal(&cdr_by(&office.server, "101", 0), "101", "102");
}

#[test]
fn in_hours_the_menu_then_sales() {
    let files = Files::open_all_day();
    let mut office = Office::open(&files);
    let (mut ann, ben) = (ann(&mut office), ben(&mut office));
    let (mut sipp, media) = office.trunk_call(sipp::CALL, NUMBER);

    let menu = "examples/office/prompts/main-menu.wav";
    let heard = hear_all(&media, menu);
    is_prompt(&heard, menu).unwrap();
    // The check can fail: it wasn't another prompt.
    is_prompt(&heard, "stdlib-prompts/vm-greeting.wav").unwrap_err();

    let mark = media.mark();
    media.press('1');
    ann.waits_for(0, "CALL_INCOMING");
    ben.waits_for(0, "CALL_INCOMING");
    // A caller who was answered hears ringback made by the server.
    media.hears_sound(mark, 300);
    ann.accept();
    ben.waits_for(0, "CALL_CLOSED");
    media.tone(Some(OUTSIDE));
    let mark = media.mark();
    ann.hears_tone(0, OUTSIDE, 1_000);
    media.hears_tone(mark, ANN, 1_000);
    ann.hang_up();
    sipp.succeeds();

    // One stream for the caller, whatever was behind it: prompt, ringback, Ann.
    let packets = media.packets();
    for pair in packets.windows(2) {
        assert_eq!(pair[0].ssrc, pair[1].ssrc);
        assert_eq!(pair[0].sequence.wrapping_add(1), pair[1].sequence);
        assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp).cast_signed() > 0);
    }

    let cdr = office.cdr_of(&sipp);
    assert_eq!(cdr["direction"], "inbound", "{cdr:#}");
    assert_eq!(cdr["caller_id_num"], CALLER, "{cdr:#}");
    assert_eq!(cdr["caller_id_name"], "Trunk Caller", "{cdr:#}");
    assert_eq!(cdr["disposition"], "answered", "{cdr:#}");
    assert_eq!(cdr["keys"], "1", "{cdr:#}");
    assert!(path(&cdr).starts_with("office hours menu sales"), "{cdr:#}");
    assert_eq!(cdr["legs"].as_array().unwrap().len(), 2, "{cdr:#}");
    let effects = [
        "local_time \"Australia/Sydney\"",
        "answer",
        "menu menu_greeting \"main-menu\" 5000ms",
        "ring_group \"sales\" 20000ms",
        "hangup normal",
    ];
    replays(&mut office, &files, &cdr, &effects);
}

/// The trace that the record holds, replayed by `flowc` on the same text, gives these effects and this end.
fn replays(office: &mut Office, files: &Files, cdr: &Value, effects: &[&str]) {
    let folder = office.folder("replay");
    files.write_to(&folder);
    let call = cdr["call"].as_str().unwrap();
    let shown = office.server.tool(&["trace", call]);
    assert!(shown.status.success(), "flowpbx trace: {}", String::from_utf8_lossy(&shown.stderr));
    let trace = folder.join("call.trace");
    std::fs::write(&trace, &shown.stdout).unwrap();
    let hash = cdr["program_hash"].as_str().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains(hash), "the trace is of another program");
    let replay =
        Command::new(binary("flowc")).arg("run").arg("--trace").arg(&trace).arg(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&replay.stdout);
    assert!(replay.status.success(), "flowc run --trace: {said}{}", String::from_utf8_lossy(&replay.stderr));
    assert_eq!(said.lines().collect::<Vec<_>>(), effects);
}

#[test]
fn a_swapped_prompt_is_noticed() {
    let mut files = Files::open_all_day();
    let other = files.0["prompts/main-menu.wav"].clone();
    assert!(!other.is_empty());
    let wrong = Files::library("vm-greeting");
    files.0.insert("prompts/main-menu.wav".to_owned(), wrong);
    let mut office = Office::open(&files);
    let (sipp, media) = office.trunk_call(sipp::CALL, NUMBER);
    let heard = hear_all(&media, "stdlib-prompts/vm-greeting.wav");
    is_prompt(&heard, "examples/office/prompts/main-menu.wav").unwrap_err();
    is_prompt(&heard, "stdlib-prompts/vm-greeting.wav").unwrap();
    sipp.hang_up();
    let cdr = office.cdr_of(&sipp);
    assert_eq!(path(&cdr), "office hours menu", "{cdr:#}");
}

#[test]
fn out_of_hours_a_message_is_taken() {
    let mut office = Office::open(&Files::closed());
    let (mut sipp, media) = office.trunk_call(sipp::CALL, NUMBER);
    media.hears_tone(0, 1_000.0, 150);
    media.say(OUTSIDE, 3_000);
    media.press('#');
    sipp.succeeds();
    let heard = media.heard();
    is_prompt(&heard, "stdlib-prompts/after-hours.wav").unwrap();
    is_prompt(&heard, "stdlib-prompts/vm-greeting.wav").unwrap();

    let cdr = office.cdr_of(&sipp);
    assert_eq!(cdr["disposition"], "voicemail", "{cdr:#}");
    assert_eq!(path(&cdr), "office hours closed night bye", "{cdr:#}");
    let messages = office.server.messages("after-hours");
    assert_eq!(messages.len(), 1, "{messages:#?}");
    let message = &messages[0];
    assert_eq!(message["caller_id_num"], CALLER, "{message:#}");
    assert_eq!(message["call"], cdr["call"], "{message:#}");
    // From the beep to the key: the tone, and what passes before and after it on a busy machine.
    let length = message["duration_ms"].as_i64().unwrap();
    assert!((2_900..8_000).contains(&length), "{message:#}");
    let recorded = recording(&office, message);
    assert!(audio::tone_ms(&recorded, OUTSIDE) >= 2_800, "{} ms", audio::tone_ms(&recorded, OUTSIDE));
    assert!(audio::tone_ms(&recorded, 1_000.0) == 0, "the beep is in the message");
    assert!((recorded.len() as i64 / 8 - length).abs() <= 40, "{} samples, {length} ms", recorded.len());
    assert_eq!(office.server.messages("sales").len(), 0);
}

#[test]
fn a_phone_holds_and_resumes() {
    let mut office = Office::open(&Files::sample().with("direct.flow", DIRECT));
    let mut ann = ann(&mut office);
    let (mut sipp, media) = office.trunk_call(sipp::CALL, DIRECT_NUMBER);
    media.tone(Some(OUTSIDE));
    ann.waits_for(0, "CALL_INCOMING");
    ann.accept();
    ann.hears_tone(0, OUTSIDE, 500);
    media.hears_tone(0, ANN, 500);
    ann.hold();
    ann.says("call: hold");
    media.hears_tone_end(ANN);
    ann.resume();
    ann.says("call: resume");
    let mark = media.mark();
    media.hears_tone(mark, ANN, 1_000);
    ann.receives_packets();
    // Once more: the second hold is like the first.
    ann.hold();
    media.hears_tone_end(ANN);
    ann.resume();
    let mark = media.mark();
    media.hears_tone(mark, ANN, 500);
    sipp.hang_up();
    ann.waits_for(0, "CALL_CLOSED");
    sipp.succeeds();
    let cdr = office.cdr_of(&sipp);
    assert_eq!(cdr["disposition"], "answered", "{cdr:#}");
}

#[test]
fn a_caller_on_the_trunk_gives_up_while_it_rings() {
    let mut office = Office::open(&Files::sample().with("direct.flow", DIRECT));
    let ann = ann(&mut office);
    let (mut sipp, _media) = office.trunk_call(sipp::CANCEL, DIRECT_NUMBER);
    ann.waits_for(0, "CALL_INCOMING");
    ann.waits_for(0, "CALL_CLOSED");
    sipp.succeeds();
    let cdr = office.cdr_of(&sipp);
    assert_eq!(cdr["disposition"], "cancelled", "{cdr:#}");
    assert!(cdr["answer_ms"].is_null(), "{cdr:#}");
    assert_eq!(office.server.messages("after-hours").len(), 0);
}

#[test]
fn a_phone_gives_up_while_it_rings() {
    let mut office = Office::open(&Files::sample());
    let (mut ann, ben) = (ann(&mut office), ben(&mut office));
    ann.dial(&office.uri("102"));
    ben.waits_for(0, "CALL_INCOMING");
    ann.waits_for(0, "CALL_RINGING");
    ann.hang_up();
    ben.waits_for(0, "CALL_CLOSED");
    let cdr = cdr_by(&office.server, "101", 0);
    assert_eq!(cdr["disposition"], "cancelled", "{cdr:#}");
}

#[test]
fn busy_reaches_the_caller() {
    let mut office = Office::open(&Files::sample().with("direct.flow", DIRECT));
    let (mut ann, mut ben) = (ann(&mut office), ben(&mut office));
    let (mut sipp, _media) = office.trunk_call(&sipp::refused(486), DIRECT_NUMBER);
    ann.waits_for(0, "CALL_INCOMING");
    ann.hang_up();
    sipp.succeeds();
    let cdr = office.cdr_of(&sipp);
    assert_eq!(cdr["disposition"], "busy", "{cdr:#}");

    let mark = ann.mark();
    ben.dial(&office.uri("101"));
    ann.waits_for(mark, "CALL_INCOMING");
    ann.hang_up();
    let closed = ben.waits_for(0, "CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap().starts_with("486"), "{closed:#}");
    assert_eq!(cdr_by(&office.server, "102", 0)["disposition"], "busy");
}

#[test]
fn no_answer_goes_to_the_mailbox() {
    let mut office = Office::open(&Files::sample().with("direct.flow", DIRECT));
    let ann = ann(&mut office);
    let (mut sipp, media) = office.trunk_call(sipp::CALL, DIRECT_NUMBER);
    ann.waits_for(0, "CALL_INCOMING");
    sipp.saw("SIP/2.0 180");
    ann.waits_for(0, "CALL_CLOSED");
    media.hears_tone(0, 1_000.0, 150);
    media.say(OUTSIDE, 3_000);
    // The caller just hangs up: what was said is kept.
    sipp.hang_up();
    sipp.succeeds();
    let cdr = office.cdr_of(&sipp);
    assert_eq!(cdr["disposition"], "voicemail", "{cdr:#}");
    assert!(path(&cdr).starts_with("number ann night"), "{cdr:#}");
    let messages = until("the message", || {
        let messages = office.server.messages("after-hours");
        (!messages.is_empty()).then_some(messages)
    });
    assert!(messages[0]["duration_ms"].as_i64().unwrap() >= 2_800, "{messages:#?}");
}

#[test]
fn unknown_numbers_and_absent_phones() {
    let mut office = Office::open(&Files::sample());
    let (mut sipp, _media) = office.trunk_call(&sipp::refused(404), "+61299990000");
    sipp.succeeds();
    assert_eq!(office.cdr_of(&sipp)["disposition"], "not_found");
    let mut ann = ann(&mut office);
    ann.dial(&office.uri("999"));
    let closed = ann.waits_for(0, "CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap().starts_with("404"), "{closed:#}");
    let mark = ann.mark();
    // Ben exists, but has no phone.
    ann.dial(&office.uri("102"));
    let closed = ann.waits_for(mark, "CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap().starts_with("480"), "{closed:#}");
}

#[test]
fn a_wrong_password_is_refused() {
    let mut office = Office::open(&Files::sample());
    let folder = office.folder("impostor");
    let (user, _) = office.secret("101");
    let settings = Settings {
        user: &user,
        password: Some("wrong"),
        server: office.server.ports.sip,
        ..Settings::default()
    };
    let mut impostor = Baresip::start(&folder, &settings);
    impostor.says("403");
    assert!(!impostor.log().contains("200 OK"));
    assert_eq!(office.server.get("/registrations")["rows"].as_array().unwrap().len(), 0);
    impostor.dial(&office.uri("102"));
    let closed = impostor.waits_for(0, "CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap().starts_with("403"), "{closed:#}");
    // The right one is let in, in the same office at the same time.
    let _ann = ann(&mut office);
    until("Ann's registration", || {
        (office.server.get("/registrations")["rows"].as_array().unwrap().len() == 1).then_some(())
    });
}

#[test]
fn a_stranger_is_refused() {
    let mut office = Office::open(&Files::open_all_day());
    let (mut sipp, media) = office.call_from(STRANGER, sipp::STRANGER, NUMBER, "0");
    sipp.succeeds();
    assert_eq!(media.mark(), 0, "a stranger hears nothing");
    // It never reached a flow; the trunk does.
    let (trunk, media) = office.call_from(TRUNK, sipp::CALL, NUMBER, "0");
    media.hears_sound(0, 200);
    trunk.hang_up();
    office.cdr_of(&trunk);
    let rows = office.server.get("/cdrs")["rows"].as_array().unwrap().clone();
    assert!(rows.iter().all(|r| r["sip_call_id"] != sipp.call_id() || r["flow"] == ""), "{rows:#?}");
}

#[test]
fn a_publish_leaves_calls_that_are_up_alone() {
    let files = Files::open_all_day();
    let mut office = Office::open(&files);
    let (mut ann, mut ben) = (ann(&mut office), ben(&mut office));
    let (mut first, first_media) = office.trunk_call(sipp::CALL, NUMBER);
    first_media.hears_sound(0, 500);

    let changed = files.swap_sales_for_ann();
    let published = office.server.import(&changed.0, true);
    assert!(!published["published"].as_array().unwrap().is_empty(), "{published:#}");

    // The call that is up rings the group, as the flow said when it began.
    first_media.press('1');
    ann.waits_for(0, "CALL_INCOMING");
    ben.waits_for(0, "CALL_INCOMING");
    ben.accept();
    ann.waits_for(0, "CALL_CLOSED");
    let mark = first_media.mark();
    first_media.hears_tone(mark, BEN, 500);
    let ben_before = ben.mark();

    // The next call takes the new flow, while the first goes on.
    let mark = ann.mark();
    let (mut second, second_media) = office.trunk_call(sipp::CALL, NUMBER);
    second_media.hears_sound(0, 500);
    second_media.press('1');
    ann.waits_for(mark, "CALL_INCOMING");
    ann.accept();
    second_media.hears_tone(0, ANN, 500);
    assert!(ben.events_since(ben_before).iter().all(|e| e["type"] != "CALL_INCOMING"));
    let mark = first_media.mark();
    first_media.hears_tone(mark, BEN, 500);
    ann.hang_up();
    ben.hang_up();
    first.succeeds();
    second.succeeds();

    let (old, new) = (office.cdr_of(&first), office.cdr_of(&second));
    assert_ne!(old["program_hash"], new["program_hash"]);
    assert!(path(&old).starts_with("office hours menu sales"), "{old:#}");
    assert!(path(&new).starts_with("office hours menu ann"), "{new:#}");

    // A broken flow is refused with its findings, and nothing changes.
    let broken = changed.replace("business -> menu", "business -> nowhere");
    let (versions, reply) =
        (office.server.get("/flows/main/versions"), office.server.try_import(&broken.0, true));
    assert!((400..500).contains(&reply.status), "{}", String::from_utf8_lossy(&reply.body));
    assert!(String::from_utf8_lossy(&reply.body).contains("nowhere"));
    assert_eq!(office.server.get("/flows/main/versions"), versions);
}

#[test]
fn registrations_survive_a_restart() {
    let mut office = Office::open(&Files::sample().with("direct.flow", DIRECT));
    let mut ann = ann(&mut office);
    office.restart();
    let mark = ann.mark();
    let (mut sipp, media) = office.trunk_call(sipp::CALL, DIRECT_NUMBER);
    ann.waits_for(mark, "CALL_INCOMING");
    ann.accept();
    media.hears_tone(0, ANN, 500);
    ann.hang_up();
    sipp.succeeds();
}

/// The changed offices of these tests are sound: what goes wrong with them isn't their text.
#[test]
fn the_changed_offices_compile() {
    let sample = Files::sample();
    let open = Files::open_all_day();
    let variants = [sample.with("direct.flow", DIRECT), Files::closed(), open.swap_sales_for_ann(), open];
    for files in variants {
        // The library's prompts are the store's to know.
        let library =
            Source { name: "library.flow", bytes: b"prompt after-hours {\n  text = \"Closed.\"\n}\n" };
        let sources: Vec<Source<'_>> = files
            .0
            .iter()
            .filter(|(name, _)| name.ends_with(".flow"))
            .map(|(name, bytes)| Source { name, bytes })
            .chain([library])
            .collect();
        let read = flow_compiler::read_text(&sources);
        let (declared, conflicts) = flow_compiler::world_of(&read.project);
        let world = Overlay { declared: &declared, base: &Nothing };
        let findings = [read.diagnostics, conflicts, flow_compiler::check(&read.project, &world)].concat();
        let errors: Vec<_> = findings.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert!(read.project.flows.values().all(|flow| compile(flow, &world).program.is_some()));
    }
}
