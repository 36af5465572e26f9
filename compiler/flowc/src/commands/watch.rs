//! `--watch`: a command again whenever its files change, until Ctrl-C.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use notify::event::EventKind;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::Failure;
use crate::output;
use crate::render::Report;

/// Editors and git write files in several steps; after so long without a change they are done.
const QUIET: Duration = Duration::from_millis(80);
/// Changes that are waited out before the command runs all the same: something that writes without end must not keep it
/// from ever running.
const CHANGES_MAX: usize = 100;
/// What a command reads.
const ENDINGS: [&str; 3] = ["flow", "json", "fbc"];

/// What the command waits for.
enum News {
    /// A file changed.
    Changed(PathBuf),
    /// The user has seen enough.
    Stop,
}

/// Runs a command now and after every change. What it says last is the result.
pub fn run(
    paths: &[PathBuf],
    report: &Report<'_>,
    command: &dyn Fn() -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    // Full means that a change is waiting already.
    let (tell, news) = sync_channel(1);
    let stop = tell.clone();
    let stopped = move || {
        // Nobody listens any more when the command is ending by itself.
        let _ = stop.send(News::Stop);
    };
    ctrlc::set_handler(stopped).map_err(|e| Failure(format!("can't wait for Ctrl-C: {e}")))?;
    let watcher = watch(paths, tell)?;
    report.out.remark("watching; Ctrl-C ends it")?;
    let mut fine = once(command);
    while let Some(changed) = next(&news) {
        report.out.clear()?;
        report.out.remark(&format!("{} changed", changed.display()))?;
        fine = once(command);
    }
    drop(watcher);
    Ok(fine)
}

/// A file that can't be read right now is a finding like any other: it may be back with the next change.
fn once(command: &dyn Fn() -> Result<bool, Failure>) -> bool {
    command().unwrap_or_else(|failure| {
        output::complain(&failure.0);
        false
    })
}

/// The next file that changed, once all is quiet; `None` when it's over.
fn next(news: &Receiver<News>) -> Option<PathBuf> {
    let Ok(News::Changed(first)) = news.recv() else { return None };
    for _ in 0..CHANGES_MAX {
        match news.recv_timeout(QUIET) {
            Ok(News::Changed(_)) => {}
            Ok(News::Stop) => return None,
            Err(_) => break,
        }
    }
    Some(first)
}

fn watch(paths: &[PathBuf], tell: SyncSender<News>) -> Result<RecommendedWatcher, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let named: Vec<PathBuf> = paths.iter().filter(|p| !p.is_dir()).cloned().collect();
    let handler = move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        // Reading is no change, and the command itself reads.
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        if let Some(path) = event.paths.into_iter().find(|path| is_read(path, &named)) {
            let _ = tell.try_send(News::Changed(path));
        }
    };
    let failed = |path: &Path, e: notify::Error| Failure(format!("can't watch {}: {e}", path.display()));
    let mut watcher = notify::recommended_watcher(handler).map_err(|e| failed(Path::new("files"), e))?;
    for path in paths {
        if path.as_os_str() == "-" {
            return Err(Failure("standard input can't be watched: name files or folders".to_owned()));
        }
        // Editors put a new file in the place of the old one, which only the folder sees.
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (folder, mode) = match path.is_dir() {
            true => (path.as_path(), RecursiveMode::Recursive),
            false => (parent, RecursiveMode::NonRecursive),
        };
        watcher.watch(folder, mode).map_err(|e| failed(path, e))?;
    }
    Ok(watcher)
}

/// Whether the command reads this file: one that was named, or a file of flows below a folder that was.
fn is_read(path: &Path, named: &[PathBuf]) -> bool {
    let is_named = |name: &PathBuf| name.file_name() == path.file_name();
    let has_ending = path.extension().and_then(OsStr::to_str).is_some_and(|e| ENDINGS.contains(&e));
    has_ending || named.iter().any(is_named)
}
