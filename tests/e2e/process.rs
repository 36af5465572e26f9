//! A child process that ends with the value, and whose output can be read.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use super::wait::until;

/// How many lines of its log a process shows when the test that owns it fails.
const LINES_SHOWN: usize = 80;

/// A running program. Dropped, it is killed and waited for.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its output in `log` and nothing on its input.
    #[track_caller]
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Process {
        let out = File::create(log).unwrap();
        let err = out.try_clone().unwrap();
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap_or_else(|e| {
            panic!(
                "{name} doesn't start ({:?}): {e}. `.ci/setup test` installs what tests need",
                command.get_program()
            )
        });
        Process { name: name.to_owned(), child, log: log.to_owned() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it has said so far.
    pub fn raw_log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// What it has said so far; without the rates that baresip prints all the time.
    pub fn log(&self) -> String {
        let log = self.raw_log().replace('\r', "\n");
        let spoken = log.lines().map(|line| line.rsplit("(bit/s)").next().unwrap_or(line).trim_end());
        spoken.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Waits until its log holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) {
        until(&format!("{} says {text:?}", self.name), || self.log().contains(text).then_some(()));
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        until(&format!("{} ends", self.name.clone()), || self.ended())
    }

    /// SIGKILL, and gone when this returns.
    pub fn kill(&mut self) {
        // Fails only for a child that has ended already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// SIGTERM, then waits for its end.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        let sent = Command::new("kill").arg(self.id().to_string()).status().unwrap();
        assert!(sent.success(), "{} had ended already", self.name);
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let shown = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
            eprintln!("--- {} (last lines)\n{}\n---", self.name, shown.join("\n"));
        }
    }
}
