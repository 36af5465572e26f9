//! The server under test: the built `flowpbx`, on ports of its own, with a data folder of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::http::{self, Reply};
use super::process::Process;
use super::wait::{PHONES, free_ports, until};

/// RTP and RTCP ports of a server: room for 50 calls of two legs.
const MEDIA_PORTS: u16 = 200;

/// A binary that `make test` has built: `FLOWPBX_BIN` for `flowpbx`, `FLOWC_BIN` for `flowc`, else beside this test.
#[track_caller]
pub fn binary(name: &str) -> PathBuf {
    let variable = format!("{}_BIN", name.to_uppercase());
    let path = std::env::var_os(&variable).map_or_else(
        // target/debug/deps/e2e-… → target/debug/…
        || std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join(name),
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "{} isn't built: run `make e2e`, or `cargo build -p {name}`, or name it in {variable}",
        path.display()
    );
    path
}

/// Where a server listens. Kept over its restarts, so that phones find it again.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// SIP, UDP and TCP.
    pub sip: SocketAddr,
    /// The API.
    pub http: SocketAddr,
    /// First port for media.
    pub media: u16,
    /// The address that SIP and media are bound to.
    pub bind: IpAddr,
}

impl Ports {
    /// Free ones.
    pub fn free() -> Ports {
        Ports {
            sip: SocketAddr::new(PHONES, free_ports(PHONES, 1)),
            http: SocketAddr::new(PHONES, free_ports(PHONES, 1)),
            media: free_ports(PHONES, MEDIA_PORTS),
            bind: PHONES,
        }
    }

    /// The same on every address of the machine, as `make run` has it; phones are told [`Ports::sip`].
    pub fn on_all_addresses() -> Ports {
        Ports { bind: Ipv4Addr::UNSPECIFIED.into(), ..Ports::free() }
    }
}

/// A running server.
pub struct Server {
    process: Process,
    data: PathBuf,
    /// Where it listens.
    pub ports: Ports,
}

impl Server {
    /// Starts a server on a data folder (made when absent) and waits until its API answers.
    #[track_caller]
    pub fn start(data: &Path, ports: Ports) -> Server {
        Server::start_with(data, ports, &[])
    }

    /// The same with variables for the process's environment.
    #[track_caller]
    pub fn start_with(data: &Path, ports: Ports, environment: &[(&str, &Path)]) -> Server {
        std::fs::create_dir_all(data).unwrap();
        let mut command = Command::new(binary("flowpbx"));
        command
            .arg("--data-dir")
            .arg(data)
            .args(["--sip-bind", &ports.bind.to_string(), "--sip-port", &ports.sip.port().to_string()])
            .args([
                "--http-bind",
                &ports.http.ip().to_string(),
                "--http-port",
                &ports.http.port().to_string(),
            ])
            .args(["--rtp-min", &ports.media.to_string()])
            .args(["--rtp-max", &(ports.media + MEDIA_PORTS - 1).to_string()])
            .args(["--log-level", "info,sip=debug"])
            .envs(environment.iter().copied());
        let log = data.with_extension("log");
        let mut process = Process::start("flowpbx", &mut command, &log);
        // The last thing that a start writes to its data folder.
        let announced = data.join("http.addr");
        until("the API answers", || {
            assert!(process.ended().is_none(), "flowpbx ended at once:\n{}", process.log());
            http::request(ports.http, None, "GET", "/api/v1/health", None)
                .ok()
                .filter(|r| r.status == 200 && announced.exists())
        });
        Server { process, data: data.to_owned(), ports }
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Whether it still runs.
    pub fn lives(&mut self) -> bool {
        self.process.ended().is_none()
    }

    /// Waits until it is gone.
    #[track_caller]
    pub fn wait(&mut self) {
        self.process.wait();
    }

    /// SIGKILL, and gone when this returns.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM, then its end; it must say that it ended well.
    #[track_caller]
    pub fn stop(&mut self) {
        let status = self.process.stop();
        assert!(status.success(), "flowpbx after SIGTERM: {status}\n{}", self.log());
    }

    /// Stops it and starts it again on the same data and ports.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        *self = Server::start(&self.data, self.ports);
    }

    fn token(&self) -> String {
        std::fs::read_to_string(self.data.join("api.token")).unwrap().trim().to_owned()
    }

    /// One request to the API.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<Reply> {
        http::request(self.ports.http, Some(&self.token()), method, &format!("/api/v1{path}"), body)
    }

    /// `GET`: the data of a successful answer.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let reply = self.request("GET", path, None).unwrap();
        assert_eq!(reply.status, 200, "GET {path}: {}", String::from_utf8_lossy(&reply.body));
        reply.json()["data"].clone()
    }

    /// Imports files through the API; the answer's data.
    #[track_caller]
    pub fn import(&self, files: &BTreeMap<String, Vec<u8>>, publish: bool) -> Value {
        let reply = self.try_import(files, publish);
        assert_eq!(reply.status, 200, "import: {}", String::from_utf8_lossy(&reply.body));
        reply.json()["data"].clone()
    }

    /// Imports files through the API, which may refuse them.
    #[track_caller]
    pub fn try_import(&self, files: &BTreeMap<String, Vec<u8>>, publish: bool) -> Reply {
        let files: Vec<Value> =
            files.iter().map(|(path, bytes)| json!({"path": path, "base64": base64(bytes)})).collect();
        let body = json!({"files": files, "publish": publish});
        self.request("POST", "/import", Some(&body)).unwrap()
    }

    /// Runs `flowpbx` as a tool against this server.
    #[track_caller]
    pub fn tool(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary("flowpbx"));
        command
            .arg("--data-dir")
            .arg(&self.data)
            .args(["--http", &self.ports.http.to_string()])
            .args(arguments);
        command.output().unwrap()
    }

    /// The finished record of the call that `is_it` knows, with the trace of the server's log when there is none.
    #[track_caller]
    pub fn finished_cdr(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        until(&format!("the finished record of {what}"), || {
            let rows = self.get("/cdrs");
            rows["rows"].as_array().unwrap().iter().find(|r| is_it(r) && !r["end_ms"].is_null()).cloned()
        })
    }

    /// Messages of a mailbox.
    #[track_caller]
    pub fn messages(&self, mailbox: &str) -> Vec<Value> {
        self.get(&format!("/voicemail-boxes/{mailbox}/messages"))["rows"].as_array().unwrap().clone()
    }
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |w, &b| w << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = char::from(ALPHABET[(word >> (18 - 6 * place) & 63) as usize]);
            text.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_as_the_rfc_has_it() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
