//! The server under test: started on free ports with a small office of its own, watched through `/proc`.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sip;

/// The office of the bench: one number, one phone, one trunk.
const OFFICE: &str = r#"
flow bench "Bench" {
  entry number: inbound_number "+61200000001" -> ann
  ann: extension 101 { ring = 30s  answered -> bye  no_answer -> bye }
  bye: hangup
}

extension 101 "Ann" { ring_timeout = 30s }
trunk bench "Bench" { hosts = ["127.0.0.2/32"] }
inbound_number "+61200000001" "Bench" { trunk = bench }
"#;

/// A running server.
pub struct Server {
    child: Running,
    /// Where it takes SIP.
    pub sip: SocketAddr,
    /// Password of extension 101.
    pub password: String,
    /// From `exec` to the first answer to OPTIONS.
    pub ready_ms: f64,
    _data: tempfile::TempDir,
}

impl Server {
    /// Starts the release binary and imports the office.
    pub fn start() -> Server {
        let data = tempfile::tempdir().unwrap();
        let office = data.path().join("office");
        std::fs::create_dir(&office).unwrap();
        std::fs::write(office.join("bench.flow"), OFFICE).unwrap();
        let (sip_port, http_port) = (free_port(), free_port());
        let sip = SocketAddr::from((Ipv4Addr::LOCALHOST, sip_port));
        let data_dir = data.path().join("data");

        let started = Instant::now();
        let child = Command::new(binary())
            .args(["--data-dir".as_ref(), data_dir.as_os_str()])
            .args(["--sip-port", &sip_port.to_string(), "--http-port", &http_port.to_string()])
            .args(["--sip-bind", "127.0.0.1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Running)
            .expect("flowpbx starts");
        let ready_ms = wait_for_options(sip, started);

        let import = Command::new(binary())
            .args(["--data-dir".as_ref(), data_dir.as_os_str()])
            .args(["--http-port", &http_port.to_string()])
            .args(["import".as_ref(), office.as_os_str()])
            .arg("--publish")
            .output()
            .expect("flowpbx import runs");
        let printed = String::from_utf8_lossy(&import.stdout).into_owned();
        assert!(
            import.status.success(),
            "import failed: {printed}{}",
            String::from_utf8_lossy(&import.stderr)
        );
        let password =
            password_of(&printed, "101").unwrap_or_else(|| panic!("import printed no password: {printed}"));
        Server { child, sip, password, ready_ms, _data: data }
    }

    /// Resident memory in KiB.
    pub fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.0.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap()
    }

    /// CPU used so far (user + system), in milliseconds.
    pub fn cpu_ms(&self) -> f64 {
        let ns = std::fs::read_dir(format!("/proc/{}/task", self.child.0.id())).unwrap().filter_map(|task| {
            let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<f64>().ok()
        });
        ns.sum::<f64>() / 1e6
    }
}

/// A process that ends with its owner, also when a bench stops half-way.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("FLOWPBX_BIN") {
        return path.into();
    }
    let exe = std::env::current_exe().unwrap();
    let release = exe.ancestors().find(|p| p.ends_with("release")).map(Path::to_path_buf);
    release.expect("benches run from target/release").join("flowpbx")
}

fn free_port() -> u16 {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn wait_for_options(sip: SocketAddr, started: Instant) -> f64 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let mut buffer = [0u8; 2048];
    for attempt in 0..6_000 {
        let message = sip::options(sip, socket.local_addr().unwrap(), attempt);
        let _ = socket.send_to(message.as_bytes(), sip);
        if socket.recv_from(&mut buffer).is_ok_and(|(n, _)| buffer[..n].starts_with(b"SIP/2.0 200")) {
            return started.elapsed().as_secs_f64() * 1e3;
        }
    }
    panic!("no SIP answer within 30 s");
}

/// The password that `flowpbx import` printed for an extension: `user 101  password …`.
fn password_of(printed: &str, extension: &str) -> Option<String> {
    let rows = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.into_iter().find_map(|words| match words.as_slice() {
        ["user", user, "password", password, ..] if *user == extension => Some((*password).to_owned()),
        _ => None,
    })
}
