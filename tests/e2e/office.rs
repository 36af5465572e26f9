//! The sample office, opened for a test: a server with its flows, its phones, its trunk.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use super::baresip::{Baresip, Settings};
use super::media::Media;
use super::server::{Ports, Server};
use super::sipp::{Call, Sipp};
use super::wait::TRUNK;

/// The number that the office publishes.
pub const NUMBER: &str = "+61299998888";
/// Who calls it in these tests.
pub const CALLER: &str = "+61411111111";

/// The files of a folder of flows, by their paths within it. Tests change the text before they import it.
#[derive(Clone, Debug)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    /// The sample office as it is in the repository: its text and prompts (the JSON twin says the same).
    pub fn sample() -> Files {
        let root = repository().join("examples/office");
        let mut files = BTreeMap::new();
        for folder in ["", "prompts"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let wanted = path.extension().is_some_and(|e| e == "flow" || e == "wav");
                if wanted {
                    let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                    files.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
        assert!(files.keys().any(|f| f.ends_with(".flow")), "no flows in {}", root.display());
        Files(files)
    }

    /// The sample office whose business hours are always.
    #[track_caller]
    pub fn open_all_day() -> Files {
        Files::sample().with_days("mon..sun")
    }

    /// The sample office that is closed for days yet, in every zone: it opens on one day of the week, all day.
    #[track_caller]
    pub fn closed() -> Files {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        // 1970-01-01 was a Thursday.
        let today = (now / 86_400 + 3) % 7;
        Files::sample().with_days(DAYS[((today + 3) % 7) as usize])
    }

    /// Business hours on these days, all day, whatever the date.
    #[track_caller]
    fn with_days(self, days: &str) -> Files {
        self.edit("rule business \"Business hours\" {", |rest| {
            format!("\n    days = {days}\n  {}", &rest[rest.find('}').unwrap()..])
        })
        .replace("date = 2026-12-25", "date = 2001-12-25")
    }

    /// The sample office in which key 1 of the menu leads to Ann instead of sales.
    #[track_caller]
    pub fn swap_sales_for_ann(&self) -> Files {
        self.clone()
            .replace("1 \"Sales\" -> sales", "1 \"Sales\" -> ann")
            .replace("2 \"Ann\" -> ann", "2 \"Ann\" -> sales")
    }

    /// A WAV of the prompt library.
    pub fn library(name: &str) -> Vec<u8> {
        std::fs::read(repository().join(format!("stdlib-prompts/{name}.wav"))).unwrap()
    }

    /// Adds a file.
    pub fn with(mut self, path: &str, text: &str) -> Files {
        self.0.insert(path.to_owned(), text.as_bytes().to_vec());
        self
    }

    /// Writes them to a folder, for tools.
    pub fn write_to(&self, folder: &Path) {
        for (path, bytes) in &self.0 {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// Replaces what stands once in the text.
    #[track_caller]
    pub fn replace(mut self, from: &str, to: &str) -> Files {
        let mut found = 0;
        for bytes in self.0.values_mut() {
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            found += text.matches(from).count();
            *bytes = text.replace(from, to).into_bytes();
        }
        assert_eq!(found, 1, "how often the files say {from:?}");
        self
    }

    /// Changes what follows `marker`, which must stand once in all of the text.
    #[track_caller]
    pub fn edit(mut self, marker: &str, change: impl Fn(&str) -> String) -> Files {
        let mut found = 0;
        for bytes in self.0.values_mut() {
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            if let Some((before, after)) = text.split_once(marker) {
                assert!(!after.contains(marker), "{marker:?} stands more than once in the sample office");
                found += 1;
                *bytes = format!("{before}{marker}{}", change(after)).into_bytes();
            }
        }
        assert_eq!(found, 1, "files of the sample office with {marker:?}");
        self
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A prompt of the library or the sample office, as samples.
#[track_caller]
pub fn prompt(path: &str) -> Vec<i16> {
    super::audio::read_wav(&repository().join(path)).unwrap()
}

/// The office at work.
pub struct Office {
    /// The server.
    pub server: Server,
    secrets: BTreeMap<String, (String, String)>,
    folder: TempDir,
    count: usize,
}

impl Office {
    /// Starts a server, imports and publishes the files, keeps the phones' passwords.
    #[track_caller]
    pub fn open(files: &Files) -> Office {
        Office::open_at(files, Ports::free())
    }

    /// The same with a choice of where the server listens.
    #[track_caller]
    pub fn open_at(files: &Files, ports: Ports) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("data"), ports);
        let imported = server.import(&files.0, true);
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let secrets = imported["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (text(&s["extension"]), (text(&s["username"]), text(&s["secret"]))))
            .collect();
        Office { server, secrets, folder, count: 0 }
    }

    /// A folder for a client of this test.
    pub fn folder(&mut self, name: &str) -> PathBuf {
        self.count += 1;
        self.folder.path().join(format!("{}-{name}", self.count))
    }

    /// The user name and password of an extension's phones.
    pub fn secret(&self, extension: &str) -> (String, String) {
        self.secrets[extension].clone()
    }

    /// A phone of an extension, registered at its own address. What `settings` says of user, password and server is
    /// replaced.
    #[track_caller]
    pub fn phone(&mut self, extension: &str, settings: Settings<'_>) -> Baresip {
        let folder = self.folder(extension);
        let (user, password) = self.secret(extension);
        let server = SocketAddr::new(settings.at, self.server.ports.sip.port());
        let settings = Settings { user: &user, password: Some(&password), server, ..settings };
        let phone = Baresip::start(&folder, &settings);
        phone.registered();
        phone
    }

    /// Stops the server and starts it again on the same data and ports.
    #[track_caller]
    pub fn restart(&mut self) {
        self.server.restart();
    }

    /// The SIP URI of a number here.
    pub fn uri(&self, number: &str) -> String {
        format!("sip:{number}@{}", self.server.ports.sip)
    }

    /// A call by the trunk, with its media.
    #[track_caller]
    pub fn trunk_call(&mut self, scenario: &str, number: &str) -> (Sipp, Media) {
        self.call_from(TRUNK, scenario, number, "0 8")
    }

    /// A call from any address.
    #[track_caller]
    pub fn call_from(&mut self, from: IpAddr, scenario: &str, number: &str, codecs: &str) -> (Sipp, Media) {
        let media = Media::open(from);
        let call =
            Call { from, caller: CALLER, number, server: self.server.ports.sip, media: media.port(), codecs };
        let folder = self.folder("sipp");
        let sipp = Sipp::start(&folder, scenario, &call);
        (sipp, media)
    }

    /// The finished record of a call by sipp.
    #[track_caller]
    pub fn cdr_of(&self, sipp: &Sipp) -> Value {
        self.server.finished_cdr(sipp.call_id(), |r| r["sip_call_id"] == sipp.call_id())
    }
}
