//! The trunk's signalling: sipp with a scenario of ours. Its media is a [`Media`](super::media::Media).

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Process;
use super::wait::free_ports;

/// Longest life of a sipp, in seconds: it ends even when the test was killed and couldn't end it.
const LIFE_S: u32 = 300;

/// Calls a number, is answered, talks until told to hang up or the far end does.
pub const CALL: &str = include_str!("sipp/call.xml");
/// Calls a number and gives up as soon as it rings.
pub const CANCEL: &str = include_str!("sipp/cancel.xml");
/// Calls a number; the call must end with a status before any answer.
const REFUSED: &str = include_str!("sipp/refused.xml");
/// Calls without being known: challenged with 407, guesses a password, 403.
pub const STRANGER: &str = include_str!("sipp/stranger.xml");

/// A scenario for a call that must end with `status` before any answer.
pub fn refused(status: u16) -> String {
    REFUSED.replace("STATUS", &status.to_string())
}

/// One call to make.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Where it comes from.
    pub from: IpAddr,
    /// The caller's number.
    pub caller: &'a str,
    /// The number called.
    pub number: &'a str,
    /// The server.
    pub server: SocketAddr,
    /// Port of the media socket, on `from`.
    pub media: u16,
    /// Payload types offered, in order: `0 8`.
    pub codecs: &'a str,
}

/// A running sipp with its one call.
pub struct Sipp {
    process: Process,
    messages: PathBuf,
    addr: SocketAddr,
    call_id: String,
}

impl Sipp {
    /// Starts the scenario with its files in `folder` (made when absent).
    #[track_caller]
    pub fn start(folder: &Path, scenario: &str, call: &Call<'_>) -> Sipp {
        std::fs::create_dir_all(folder).unwrap();
        let scenario_file = folder.join("scenario.xml");
        std::fs::write(&scenario_file, scenario).unwrap();
        let addr = SocketAddr::new(call.from, free_ports(call.from, 1));
        let control = free_ports(IpAddr::from([0, 0, 0, 0]), 1);
        let messages = folder.join("messages");
        // In a SIP identifier's alphabet, unique in this run of the tests.
        let call_id = format!("trunk-{}-{}", std::process::id(), addr.port());
        let mut command = Command::new("sipp");
        command
            .args(["-sf".as_ref(), scenario_file.as_os_str()])
            .args(["-i", &call.from.to_string(), "-p", &addr.port().to_string(), "-cp", &control.to_string()])
            .args(["-mi", &call.from.to_string(), "-mp", &free_ports(call.from, 4).to_string()])
            .args(["-s", call.number, "-m", "1", "-cid_str", &call_id])
            .args(["-key", "caller", call.caller, "-key", "codecs", call.codecs])
            .args(["-key", "rtp", &call.media.to_string()])
            .args(["-trace_msg", "-message_file"])
            .arg(&messages)
            .args(["-trace_err", "-error_file"])
            .arg(folder.join("errors"))
            .args(["-timeout", &LIFE_S.to_string(), "-timeout_error", "-nostdin"])
            .arg(call.server.to_string());
        let process = Process::start("sipp", &mut command, &folder.join("log"));
        Sipp { process, messages, addr, call_id }
    }

    /// The Call-ID.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Every message sent and received, as sipp logs them.
    pub fn messages(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.messages).unwrap_or_default()).into_owned()
    }

    /// Waits until a message with this text was sent or received.
    #[track_caller]
    pub fn saw(&self, text: &str) {
        super::wait::until(&format!("sipp sees {text:?}"), || self.messages().contains(text).then_some(()));
    }

    /// The caller hangs up (only [`CALL`], once answered).
    pub fn hang_up(&self) {
        let from = UdpSocket::bind((self.addr.ip(), 0)).unwrap();
        let info = format!(
            "INFO sip:test@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bKtest\r\n\
             From: <sip:test@{me}>;tag=1\r\nTo: <sip:test@{to}>;tag=2\r\nCall-ID: {id}\r\nCSeq: 1 INFO\r\n\
             Content-Length: 0\r\n\r\n",
            to = self.addr,
            me = from.local_addr().unwrap(),
            id = self.call_id,
        );
        from.send_to(info.as_bytes(), self.addr).unwrap();
    }

    /// Waits for the end; the scenario must have been followed to its end.
    #[track_caller]
    pub fn succeeds(&mut self) {
        let status = self.process.wait();
        assert!(status.success(), "sipp: {status}\n{}", self.messages());
    }
}

#[cfg(test)]
mod tests {
    use super::super::baresip::{Baresip, Settings};
    use super::super::media::Media;
    use super::super::wait::TRUNK;
    use super::*;

    /// A sipp with our media calls a phone without a server between them; the phone holds and resumes.
    #[test]
    #[ignore = "needs sipp and baresip: run by `make e2e`"]
    fn sipp_calls_a_phone_talks_and_hangs_up() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { user: "one", auto_answer: true, ..Settings::default() };
        let mut phone = Baresip::start(&folder.path().join("one"), &settings);
        let media = Media::open(TRUNK);
        media.tone(Some(700.0));
        let call = Call {
            from: TRUNK,
            caller: "+61411111111",
            number: "one",
            server: phone.addr,
            media: media.port(),
            codecs: "0 8",
        };
        let mut sipp = Sipp::start(&folder.path().join("sipp"), CALL, &call);
        media.hears_tone(0, 440.0, 500);
        phone.hears_tone(0, 700.0, 500);
        phone.hold();
        sipp.saw("a=recvonly");
        phone.resume();
        let mark = media.mark();
        media.hears_tone(mark, 440.0, 500);
        phone.receives_packets();
        sipp.hang_up();
        phone.waits_for(0, "CALL_CLOSED");
        sipp.succeeds();
    }
}
