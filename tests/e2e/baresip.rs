//! A phone: baresip, headless, told what to do over its control socket, recording what it hears.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::audio;
use super::process::Process;
use super::wait::{PHONES, free_ports, until};

/// Bytes before the samples in the WAVs that baresip's `sndfile` writes.
const WAV_HEADER: usize = 44;
/// How long a phone may live at most, in seconds: it ends even when the test was killed and couldn't end it.
const LIFE_S: u32 = 600;

/// What a phone is.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// SIP user.
    pub user: &'a str,
    /// SIP password; `None` doesn't register.
    pub password: Option<&'a str>,
    /// The server.
    pub server: SocketAddr,
    /// The phone's own address, one of this machine's.
    pub at: IpAddr,
    /// What it says, in Hz.
    pub tone: f64,
    /// Answers by itself.
    pub auto_answer: bool,
    /// Codecs in its order, as baresip names them.
    pub codecs: &'a str,
    /// `udp` or `tcp`.
    pub transport: &'a str,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Settings {
            user: "phone",
            password: None,
            server: SocketAddr::new(PHONES, 5_060),
            at: PHONES,
            tone: 440.0,
            auto_answer: false,
            codecs: "PCMU,PCMA",
            transport: "udp",
        }
    }
}

/// A running phone.
pub struct Baresip {
    process: Process,
    control: TcpStream,
    events: Arc<Mutex<Vec<Value>>>,
    folder: PathBuf,
    /// Where it listens for SIP.
    pub addr: SocketAddr,
}

impl Baresip {
    /// Starts a phone with its files in `folder` (made when absent).
    #[track_caller]
    pub fn start(folder: &Path, settings: &Settings<'_>) -> Baresip {
        let sip = free_ports(settings.at, 2);
        let control_port = free_ports(PHONES, 1);
        std::fs::create_dir_all(folder).unwrap();
        write_files(folder, settings, sip, control_port);
        let life = LIFE_S.to_string();
        let mut command = Command::new("baresip");
        command.arg("-f").arg(folder).args(["-t", &life]);
        let name = format!("baresip {}", settings.user);
        let process = Process::start(&name, &mut command, &folder.join("log"));
        let control =
            until(&format!("{name} takes commands"), || TcpStream::connect((PHONES, control_port)).ok());
        let events = Arc::new(Mutex::new(Vec::new()));
        let reader = control.try_clone().unwrap();
        std::thread::spawn({
            let events = events.clone();
            move || read_events(reader, &events)
        });
        let addr = SocketAddr::new(settings.at, sip);
        Baresip { process, control, events, folder: folder.to_owned(), addr }
    }

    /// Waits until the server has taken the registration.
    #[track_caller]
    pub fn registered(&self) {
        self.process.says("200 OK");
    }

    /// Waits until its log holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) {
        self.process.says(text);
    }

    /// Its log.
    pub fn log(&self) -> String {
        self.process.log()
    }

    fn command(&mut self, command: &str, parameter: &str) {
        let message = json!({"command": command, "params": parameter, "token": command}).to_string();
        let netstring = format!("{}:{message},", message.len());
        self.control.write_all(netstring.as_bytes()).unwrap();
    }

    /// Calls a number or a SIP URI.
    pub fn dial(&mut self, to: &str) {
        self.command("dial", to);
    }

    /// Answers the call that rings.
    pub fn accept(&mut self) {
        self.command("accept", "");
    }

    /// Ends the call; one that rings is rejected as busy (486), one that it made is cancelled.
    pub fn hang_up(&mut self) {
        self.command("hangup", "");
    }

    /// Puts the call on hold (re-INVITE).
    pub fn hold(&mut self) {
        self.command("hold", "");
    }

    /// Takes it back.
    pub fn resume(&mut self) {
        self.command("resume", "");
    }

    /// Presses a key (RFC 4733).
    pub fn press(&mut self, key: char) {
        self.command("sndcode", &key.to_string());
    }

    /// How many events so far: a mark for [`Baresip::waits_for`].
    pub fn mark(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    /// The events after a mark, by their types.
    pub fn events_since(&self, mark: usize) -> Vec<Value> {
        self.events.lock().unwrap()[mark..].to_vec()
    }

    /// Waits for an event after a mark: `CALL_INCOMING`, `CALL_RINGING`, `CALL_ESTABLISHED`, `CALL_CLOSED` …
    #[track_caller]
    pub fn waits_for(&self, mark: usize, kind: &str) -> Value {
        until(&format!("{kind} at {}", self.folder.display()), || {
            self.events_since(mark).into_iter().find(|e| e["type"] == kind)
        })
    }

    /// The recordings of what it heard so far, in order: a mark for [`Baresip::heard_since`].
    pub fn recordings(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        found.sort();
        found
    }

    /// What it has heard since it started, all calls one after the other. Read while it records, so the header (whose
    /// sizes are written at the end) is skipped.
    pub fn heard(&self) -> Vec<i16> {
        let mut sound = Vec::new();
        for path in self.recordings() {
            let bytes = std::fs::read(path).unwrap();
            let samples = bytes.get(WAV_HEADER..).unwrap_or_default();
            sound.extend(samples.as_chunks().0.iter().map(|&c| i16::from_le_bytes(c)));
        }
        sound
    }

    /// Waits until packets arrive at the rate of G.711, by what the phone prints from now on.
    ///
    /// For what comes after a hold: baresip 1.0.0 doesn't record any more then.
    #[track_caller]
    pub fn receives_packets(&self) {
        let mark = self.process.raw_log().len();
        until(&format!("packets at {}", self.folder.display()), || {
            let log = self.process.raw_log();
            let rates = log.get(mark..)?.split("audio=").skip(1);
            let received = rates.filter_map(|r| r.split('/').next()?.parse::<u32>().ok());
            // Printed five times a second, measured once in a few: more than one measurement, all after the mark.
            (received.filter(|r| *r > 60_000).count() >= 12).then_some(())
        });
    }

    /// Waits until at least `ms` of a tone were heard after the first `mark` samples.
    #[track_caller]
    pub fn hears_tone(&self, mark: usize, hz: f64, ms: usize) {
        let what = format!("{ms} ms of {hz} Hz at {}", self.folder.display());
        until(&what, || (audio::tone_ms(self.heard().get(mark..)?, hz) >= ms).then_some(()));
    }
}

fn write_files(folder: &Path, settings: &Settings<'_>, sip: u16, control: u16) {
    let at = settings.at;
    let rtp = free_ports(at, 8);
    let folder_text = folder.display();
    // The file plays once; longer than any test.
    audio::write_wav(&folder.join("says.wav"), &audio::tone(settings.tone, 300_000));
    let config = format!(
        "poll_method epoll\n\
         sip_listen {at}:{sip}\n\
         net_interface {at}\n\
         ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
         audio_level no\n\
         rtp_ports {rtp}-{}\n\
         rtp_timeout 0\n\
         jitter_buffer_delay 1-10\n\
         snd_path {folder_text}\n\
         module_path /usr/lib/baresip/modules\n\
         module g711.so\n\
         audio_source aufile,{folder_text}/says.wav\n\
         module aufile.so\nmodule sndfile.so\n\
         module_app account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
         ctrl_tcp_listen {PHONES}:{control}\n",
        rtp + 7,
    );
    let register = match settings.password {
        Some(password) => format!("auth_user={};auth_pass={password};regint=120", settings.user),
        None => "regint=0".to_owned(),
    };
    let account = format!(
        "<sip:{}@{};transport={}>;{register};answermode={};audio_codecs={};sipnat=none\n",
        settings.user,
        settings.server,
        settings.transport,
        if settings.auto_answer { "auto" } else { "manual" },
        settings.codecs,
    );
    std::fs::write(folder.join("config"), config).unwrap();
    std::fs::write(folder.join("accounts"), account).unwrap();
    std::fs::write(folder.join("contacts"), "").unwrap();
}

/// Reads netstrings of JSON until the phone is gone.
fn read_events(mut from: TcpStream, events: &Mutex<Vec<Value>>) {
    let (mut pending, mut buffer) = (Vec::new(), [0; 4_096]);
    while let Ok(size @ 1..) = from.read(&mut buffer) {
        pending.extend_from_slice(&buffer[..size]);
        while let Some(colon) = pending.iter().position(|&b| b == b':') {
            let length: usize = String::from_utf8_lossy(&pending[..colon]).parse().unwrap();
            if pending.len() < colon + length + 2 {
                break;
            }
            let message = &pending[colon + 1..colon + 1 + length];
            if let Ok(event) = serde_json::from_slice(message) {
                events.lock().unwrap().push(event);
            }
            pending.drain(..colon + length + 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two phones without a server between them: what the tests with a server rely on.
    #[test]
    #[ignore = "needs baresip: run by `make e2e`"]
    fn two_phones_call_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let one = Settings { user: "one", tone: 440.0, ..Settings::default() };
        let two = Settings { user: "two", tone: 700.0, ..Settings::default() };
        let mut one = Baresip::start(&folder.path().join("one"), &one);
        let mut two = Baresip::start(&folder.path().join("two"), &two);
        one.dial(&format!("sip:two@{}", two.addr));
        two.waits_for(0, "CALL_INCOMING");
        one.waits_for(0, "CALL_RINGING");
        two.accept();
        one.hears_tone(0, 700.0, 500);
        two.hears_tone(0, 440.0, 500);
        two.hang_up();
        one.waits_for(0, "CALL_CLOSED");
    }
}
