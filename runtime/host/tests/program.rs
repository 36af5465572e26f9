//! The program as people use it: `flowpbx` started, asked, refused, killed and stopped.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const OFFICE: &str = r#"extension 101 "Ann"
trunk carrier { hosts = ["192.0.2.0/24"] }
inbound_number "+61299998888" { trunk = carrier }
flow main {
  entry office: inbound_number "+61299998888" -> ann
  ann: extension 101 { no_answer -> bye }
  bye: hangup
}
"#;

/// Runs `flowpbx` on a data folder, with nothing of our own environment but what it needs to start.
fn flowpbx(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowpbx"));
    command.env_clear().arg("--data-dir").arg(data);
    command
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    flowpbx(data).args(arguments).output().unwrap()
}

#[track_caller]
fn ok(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}{complained}");
    said
}

/// What it complained about, and its exit status.
fn refused(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(data, arguments);
    (output.status.code(), text(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A port that was free for UDP and TCP just now.
fn free_port() -> u16 {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = udp.local_addr().unwrap().port();
        if !(30_000..=40_000).contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

struct Server {
    child: Child,
    greeting: String,
}

impl Server {
    /// Starts it and reads its greeting, which comes when it takes calls and requests.
    #[track_caller]
    fn start(data: &Path, arguments: &[&str]) -> Server {
        let mut child = flowpbx(data)
            .args(["--sip-bind", "127.0.0.1", "--sip-port", &free_port().to_string(), "--http-port", "0"])
            .args(["--rtp-min", "30000", "--rtp-max", "40000"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            greeting.push_str(&line);
            greeting.push('\n');
            if line.contains("import DIR --publish") {
                return Server { child, greeting };
            }
        }
        panic!("it ended: {:?}\n{greeting}", child.wait().unwrap());
    }

    /// SIGTERM; it must end well.
    #[track_caller]
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn office(dir: &Path, text: &str) -> String {
    fs::write(dir.join("main.flow"), text).unwrap();
    dir.to_str().unwrap().to_owned()
}

#[test]
fn an_office_is_imported_published_changed_and_survives_a_kill() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = root.path().join("data");
    let server = Server::start(&data, &[]);
    assert!(server.greeting.contains("The office is empty"), "{}", server.greeting);

    let dir = office(folder.path(), OFFICE);
    let said = ok(&data, &["import", &dir]);
    assert!(said.contains("user 101  password "), "{said}");
    assert!(ok(&data, &["status"]).contains("numbers        0"), "a draft isn't live");
    let said = ok(&data, &["publish", "main"]);
    assert_eq!(said, "live: flow main, version 1, entered by +61299998888\n");
    assert!(ok(&data, &["status"]).contains("numbers        1"));
    assert!(!ok(&data, &["import", &dir, "--publish"]).contains("password"), "passwords are shown once");

    // A flow with errors is refused, with the place; the old one stays.
    office(folder.path(), &OFFICE.replace("-> bye }", "-> nobody }"));
    let (status, why) = refused(&data, &["import", &dir, "--publish"]);
    assert_eq!(status, Some(1));
    assert!(why.contains("main.flow:6:") && why.contains("nobody"), "{why}");
    assert!(ok(&data, &["status"]).contains("numbers        1"));

    assert!(ok(&data, &["calls"]).starts_with("CALL"));
    assert!(ok(&data, &["cdrs", "--limit", "5"]).starts_with("ID"));
    assert_eq!(refused(&data, &["trace", "1"]).0, Some(1));

    server.kill();
    let server = Server::start(&data, &[]);
    assert!(server.greeting.contains("+61299998888 -> flow main"), "{}", server.greeting);
    assert!(ok(&data, &["status"]).contains("numbers        1"));
    server.stop();
    assert!(refused(&data, &["status"]).1.contains("no server runs"));
}

#[test]
fn a_first_office_is_taken_at_the_start_and_two_servers_do_not_share_a_folder() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = root.path().join("data");
    let dir = office(folder.path(), OFFICE);
    let server = Server::start(&data, &["--office", &dir]);
    for word in ["Ann", "password", "+61299998888 -> flow main"] {
        assert!(server.greeting.contains(word), "{word}: {}", server.greeting);
    }
    let (status, why) = refused(&data, &["--sip-port", "0", "--http-port", "0"]);
    assert_eq!(status, Some(1));
    assert!(why.contains("in use by another flowpbx"), "{why}");
    assert!(refused(&data, &["import", &dir, "--offline"]).1.contains("in use by another flowpbx"));
    server.stop();
    assert!(ok(&data, &["import", &dir, "--offline", "--publish"]).contains("unchanged: "));
    assert_eq!(refused(&data, &["import", "/nonexistent", "--offline"]).0, Some(1));
}

#[test]
fn wrong_use_is_status_two() {
    let root = tempfile::tempdir().unwrap();
    for arguments in [
        &["publish"][..],
        &["--rtp-min", "10001"],
        &["--log-level", "=="],
        &["--country", "Australia"],
        &["dance"],
    ] {
        assert_eq!(refused(root.path(), arguments).0, Some(2), "{arguments:?}");
    }
    assert!(ok(root.path(), &["--version"]).starts_with("flowpbx "));
}
