//! `kill -9` at every write of a publish and at twenty moments of a voicemail. `make e2e` runs it.
//!
//! The server runs with a library of ours before libc (`tests/e2e/killshim.c`) that counts its writes to the data
//! folder and kills it in place of the chosen one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "an integration test fails by panicking; nothing here is input from outside"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use flow_tests::e2e::audio;
use flow_tests::e2e::media::Media;
use flow_tests::e2e::office::{CALLER, Files};
use flow_tests::e2e::server::{Ports, Server};
use flow_tests::e2e::sipp::{self, Call, Sipp};
use flow_tests::e2e::wait::{TRUNK, until};

const TONE: f64 = 1_150.0;

/// A number whose callers are asked for a message at once, after a greeting of a fifth of a second.
const QUICK: &str = r#"
inbound_number "+61299996666" "Messages" {
  trunk = carrier
}
prompt short "Short" {
  file = "prompts/short.wav"
  text = "A short tone."
}
voicemail_box quick "Quick" {
  greeting = short
}
flow quick "Messages" {
  entry number: inbound_number "+61299996666" -> box
  box: voicemail quick -> bye
  bye: hangup
}
"#;
const QUICK_NUMBER: &str = "+61299996666";

/// The killing library, built for this test.
struct Shim {
    library: PathBuf,
    folder: PathBuf,
}

impl Shim {
    fn build(folder: &Path) -> Shim {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/killshim.c");
        let library = folder.join("killshim.so");
        let built = Command::new("cc")
            .args(["-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl")
            .status()
            .unwrap_or_else(|e| {
                panic!("cc doesn't start: {e}. Install a C compiler: apt-get install build-essential")
            });
        assert!(built.success());
        Shim { library, folder: folder.to_owned() }
    }

    /// A server on `data` that can be told to die.
    fn server(&self, data: &Path, name: &str) -> (Server, Trigger) {
        let trigger = Trigger {
            file: self.folder.join(format!("{name}.at")),
            log: self.folder.join(format!("{name}.writes")),
        };
        let environment = [
            ("LD_PRELOAD", self.library.as_path()),
            ("KILLSHIM_DIR", data),
            ("KILLSHIM_TRIGGER", &trigger.file),
            ("KILLSHIM_LOG", &trigger.log),
        ];
        (Server::start_with(data, Ports::free(), &environment), trigger)
    }
}

/// Where a server is told at which write to die, and where it says which it came to.
struct Trigger {
    file: PathBuf,
    log: PathBuf,
}

impl Trigger {
    /// From now on counts; dies at write `number` (from 1), half of it written when `torn`.
    fn arm(&self, number: usize, torn: bool) {
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{number}{}", if torn { " torn" } else { "" })).unwrap();
        std::fs::rename(new, &self.file).unwrap();
    }

    /// The writes that were counted: `pwrite flowpbx.db-wal` …
    fn writes(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter_map(|l| Some(l.split_once(' ')?.1.to_owned())).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Opens the database as the next start finds it.
fn integrity(data: &Path) {
    let db = rusqlite::Connection::open(data.join("flowpbx.db")).unwrap();
    let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let dangling: i64 =
        db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(dangling, 0);
}

/// What is live of flow `main`: its program's hash, how many versions there are, how often the audit has a publish.
#[derive(Debug, PartialEq, Eq, Clone)]
struct Live {
    hash: String,
    versions: usize,
    publishes: usize,
}

fn live(data: &Path) -> Live {
    let db = rusqlite::Connection::open(data.join("flowpbx.db")).unwrap();
    let hash = "SELECT v.program_hash FROM call_flows f JOIN flow_versions v ON v.id = f.live_version_id WHERE f.key = 'main'";
    let versions =
        "SELECT count(*) FROM flow_versions v JOIN call_flows f ON f.id = v.flow_id WHERE f.key = 'main'";
    let publishes = "SELECT count(*) FROM audit WHERE action = 'publish' AND key = 'main'";
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize;
    Live {
        hash: db.query_row(hash, [], |row| row.get(0)).unwrap(),
        versions: count(versions),
        publishes: count(publishes),
    }
}

#[test]
fn killed_at_every_write_of_a_publish() {
    let folder = tempfile::tempdir().unwrap();
    let shim = Shim::build(folder.path());
    let base = folder.path().join("base");
    let files = Files::sample();
    let mut server = Server::start(&base, Ports::free());
    server.import(&files.0, true);
    server.import(&files.swap_sales_for_ann().0, false);
    server.stop();
    let old = live(&base);

    let mut new: Option<Live> = None;
    let mut torn_at = Vec::new();
    let (mut number, mut torn) = (1, false);
    loop {
        let name = format!("publish-{number}{}", if torn { "-torn" } else { "" });
        let data = folder.path().join(&name);
        copy(&base, &data);
        let (mut server, trigger) = shim.server(&data, &name);
        trigger.arm(number, torn);
        let published = server.request("POST", "/flows/main/publish", None).is_ok_and(|r| r.status == 200);
        let untouched = published && trigger.writes().len() < number;
        if !untouched {
            server.wait();
        }
        drop(server);
        integrity(&data);

        // The next start takes what is there and serves it; publishing once more gives the new version in any case.
        let mut server = Server::start(&data, Ports::free());
        let found = live(&data);
        let again = server.request("POST", "/flows/main/publish", None).unwrap();
        assert_eq!(again.status, 200, "{}", String::from_utf8_lossy(&again.body));
        server.stop();
        integrity(&data);
        let after = live(&data);

        let write = trigger.writes().get(number - 1).cloned();
        let what = if found.hash == old.hash { "old" } else { "new" };
        println!(
            "{number}{}: {} -> {what} version",
            if torn { " torn" } else { "" },
            write.as_deref().unwrap_or("-")
        );
        if found.hash == old.hash {
            assert_eq!(found, old, "half of a publish");
            assert!(!published, "a publish that was confirmed is gone");
            assert!(new.is_none() || torn, "new before write {number}, old after it");
        } else {
            assert_eq!(
                (found.versions, found.publishes),
                (old.versions + 1, old.publishes + 1),
                "half of a publish"
            );
            assert_eq!(new.get_or_insert_with(|| found.clone()), &found);
        }
        assert_eq!(after.hash, new.as_ref().map_or(&after.hash, |n| &n.hash).clone());
        assert_ne!(after.hash, old.hash);

        // First all calls whole, then those that write something, torn.
        if !torn && write.as_deref().is_some_and(|w| w.contains("write ")) {
            torn_at.push(number);
        }
        if untouched {
            assert!(number > 3, "a publish that writes {} times isn't durable", number - 1);
            torn_at.reverse();
            torn = true;
        }
        if torn {
            match torn_at.pop() {
                Some(next) => number = next,
                None => break,
            }
        } else {
            number += 1;
        }
    }
}

/// A call that leaves a message of three seconds, or dies on the way. True when it came to its end.
fn leave_message(server: &mut Server, folder: &Path) -> bool {
    let media = Media::open(TRUNK);
    let call = Call {
        from: TRUNK,
        caller: CALLER,
        number: QUICK_NUMBER,
        server: server.ports.sip,
        media: media.port(),
        codecs: "0",
    };
    let _sipp = Sipp::start(folder, sipp::CALL, &call);
    let alive = |server: &mut Server, enough: &dyn Fn(&Server) -> bool| {
        until("the call goes on or the server dies", || {
            if !server.lives() {
                return Some(false);
            }
            enough(server).then_some(true)
        })
    };
    if !alive(server, &|_| audio::tone_ms(&media.heard(), 1_000.0) >= 150) {
        return false;
    }
    media.tone(Some(TONE));
    let spoken = Instant::now() + Duration::from_millis(3_200);
    if !alive(server, &|_| Instant::now() > spoken) {
        return false;
    }
    media.press('#');
    alive(server, &|server| {
        server.request("GET", "/cdrs", None).is_ok_and(|r| {
            r.json()["data"]["rows"]
                .as_array()
                .is_some_and(|rows| rows.iter().any(|c| !c["end_ms"].is_null()))
        })
    })
}

/// Every WAV under a folder.
fn wavs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(wavs(&path));
        } else if path.extension().is_some_and(|e| e == "wav") {
            found.push(path);
        }
    }
    found
}

/// How long a recording is that a crash left, by its size: 44 bytes or a little more, then one byte a sample or two.
fn seconds_at_least(path: &Path) -> u64 {
    (std::fs::metadata(path).unwrap().len().saturating_sub(64)) / 16_000
}

/// What must hold after a crash at any moment of a voicemail.
fn check_after_crash(data: &Path, was: &str) {
    let left: u64 = wavs(&data.join("voicemail")).iter().map(|p| seconds_at_least(p)).max().unwrap_or(0);
    integrity(data);
    let mut server = Server::start(data, Ports::free());
    let rows = server.get("/cdrs")["rows"].as_array().unwrap().clone();
    assert!(rows.len() <= 1, "{was}: {rows:#?}");
    for cdr in &rows {
        assert!(!cdr["end_ms"].is_null(), "{was}: still open: {cdr:#}");
        let lost = cdr["disposition"] == "failed";
        assert!(lost || cdr["disposition"] == "voicemail", "{was}: {cdr:#}");
    }
    let messages = server.messages("quick");
    assert!(messages.len() <= 1, "{was}: {messages:#?}");
    assert!(left < 2 || messages.len() == 1, "{was}: a recording of {left} s is lost");
    for message in &messages {
        let path = format!("/voicemail-boxes/quick/messages/{}/audio", message["id"]);
        let reply = server.request("GET", &path, None).unwrap();
        assert_eq!(reply.status, 200, "{was}: {message:#}");
        let sound = audio::parse_wav(&reply.body).unwrap_or_else(|e| panic!("{was}: {e}"));
        let length = message["duration_ms"].as_i64().unwrap();
        assert!(
            (sound.len() as i64 / 8 - length).abs() <= 100,
            "{was}: {} samples, {message:#}",
            sound.len()
        );
        assert!(audio::tone_ms(&sound, TONE) as i64 >= length - 400, "{was}: it isn't what was said");
    }
    server.stop();
    integrity(data);
    // Nothing is left but messages.
    let files = wavs(&data.join("voicemail"));
    assert_eq!(files.len(), messages.len(), "{was}: {files:?}");
    for file in files {
        audio::read_wav(&file).unwrap_or_else(|e| panic!("{was}: {e}"));
    }
}

#[test]
fn killed_at_twenty_moments_of_a_voicemail() {
    const MOMENTS: usize = 20;
    const AT_ONCE: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    let shim = Shim::build(folder.path());
    let base = folder.path().join("base");
    let mut files = Files::sample().with("quick.flow", QUICK);
    let short = folder.path().join("short.wav");
    audio::write_wav(&short, &audio::tone(500.0, 200));
    files.0.insert("prompts/short.wav".to_owned(), std::fs::read(short).unwrap());
    let mut server = Server::start(&base, Ports::free());
    server.import(&files.0, true);
    server.stop();

    // Once to its end: which writes there are.
    let data = folder.path().join("whole");
    copy(&base, &data);
    let (mut server, trigger) = shim.server(&data, "whole");
    trigger.arm(usize::MAX >> 1, false);
    assert!(leave_message(&mut server, &folder.path().join("whole-sipp")));
    // Without those of the stop, which a killed server doesn't come to.
    let writes = trigger.writes();
    server.stop();
    assert_eq!(message_rows(&data), 1);
    check_after_crash(&data, "no crash");
    println!("a voicemail writes {} times", writes.len());
    assert!(writes.len() >= MOMENTS, "{writes:#?}");

    // The last ten, where the message is kept, and ten over all that comes before.
    let tail = MOMENTS / 2;
    let before = writes.len() - tail;
    let moments: Vec<usize> =
        (0..tail).map(|n| 1 + n * (before - 1) / (tail - 1)).chain(before + 1..=writes.len()).collect();
    for some in moments.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for &number in some {
                let (shim, base, folder) = (&shim, &base, folder.path());
                scope.spawn(move || {
                    let name = format!("voicemail-{number}");
                    let data = folder.join(&name);
                    copy(base, &data);
                    let (mut server, trigger) = shim.server(&data, &name);
                    trigger.arm(number, number % 2 == 0);
                    let whole = leave_message(&mut server, &folder.join(format!("{name}-sipp")));
                    // The same call may write a little less often: then it dies after its end.
                    server.kill();
                    let hit = trigger.writes().get(number - 1).cloned();
                    let was = format!("{number}: {}", hit.as_deref().unwrap_or("after the end"));
                    println!("{was}{}", if whole { " (the call was over)" } else { "" });
                    check_after_crash(&data, &was);
                });
            }
        });
    }
}

fn message_rows(data: &Path) -> i64 {
    let db = rusqlite::Connection::open(data.join("flowpbx.db")).unwrap();
    db.query_row("SELECT count(*) FROM voicemail_messages", [], |row| row.get(0)).unwrap()
}
