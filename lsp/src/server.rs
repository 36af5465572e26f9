//! The loop: messages in, answers and findings out.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    Cancel, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument,
    DidOpenTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{RegisterCapability, Request as _};
use lsp_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, InitializeParams,
    NumberOrString, Registration, RegistrationParams,
};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::limits::BATCH_MAX;
use crate::{capabilities, findings, requests, uri};

/// A server and its connection.
struct Server<'c> {
    connection: &'c Connection,
    desk: Desk,
    /// Whether the editor asked to shut down.
    is_down: bool,
}

/// Serves an editor until it says `exit` or goes away.
///
/// # Errors
/// The editor broke the protocol, or left without a word.
pub fn serve(connection: &Connection) -> Result<(), Box<dyn std::error::Error + Sync + Send>> {
    let (id, params) = connection.initialize_start()?;
    let result = json!({
        "capabilities": capabilities::ours(),
        "serverInfo": { "name": "flow-lsp", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, result)?;
    let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
    let mut server = Server { connection, desk: Desk::default(), is_down: false };
    server.start(&params);
    server.run()
}

impl Server<'_> {
    fn start(&mut self, params: &InitializeParams) {
        let folders = params.workspace_folders.iter().flatten().map(|f| f.uri.as_str().to_owned());
        let mut roots: Vec<String> = folders.collect();
        if roots.is_empty() {
            #[expect(deprecated, reason = "editors without workspace folders send it")]
            roots.extend(params.root_uri.as_ref().map(|uri| uri.as_str().to_owned()));
        }
        for path in roots.iter().filter_map(|root| uri::path_of(root)) {
            self.desk.add_workspace(&path);
        }
        let watches = params.capabilities.workspace.as_ref().and_then(|w| w.did_change_watched_files);
        if watches.and_then(|w| w.dynamic_registration) == Some(true) {
            self.watch();
        }
        self.tell();
    }

    /// Asks the editor to say when files change on disk.
    fn watch(&self) {
        let watcher =
            |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: vec![watcher("**/*.flow"), watcher("**/*.json")],
        };
        let registration = Registration {
            id: "files".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        let params = RegistrationParams { registrations: vec![registration] };
        let id = RequestId::from("watch".to_owned());
        self.send(Request::new(id, RegisterCapability::METHOD.to_owned(), params).into());
    }

    fn send(&self, message: Message) {
        // An editor that is gone is noticed at the next message that doesn't come.
        let _ = self.connection.sender.send(message);
    }

    /// Tells findings that changed.
    fn tell(&mut self) {
        // A mistake of ours costs the findings, never the editor's connection.
        let news = catch_unwind(AssertUnwindSafe(|| findings::news(&mut self.desk)));
        for params in news.into_iter().flatten() {
            self.send(Notification::new(PublishDiagnostics::METHOD.to_owned(), params).into());
        }
    }

    fn run(&mut self) -> Result<(), Box<dyn std::error::Error + Sync + Send>> {
        while let Ok(first) = self.connection.receiver.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH_MAX
                && let Ok(next) = self.connection.receiver.try_recv()
            {
                batch.push(next);
            }
            let cancelled: HashSet<RequestId> = batch.iter().filter_map(cancelled).collect();
            for message in batch {
                match message {
                    Message::Notification(note) if note.method == "exit" => {
                        return if self.is_down { Ok(()) } else { Err("exit before shutdown".into()) };
                    }
                    Message::Notification(note) => self.notified(note),
                    Message::Request(request) => self.asked(request, &cancelled),
                    Message::Response(_) => {}
                }
            }
            self.tell();
        }
        Err("the editor is gone".into())
    }

    fn asked(&mut self, request: Request, cancelled: &HashSet<RequestId>) {
        let id = request.id.clone();
        let refused = |code: ErrorCode, why: &str| Response::new_err(id.clone(), code as i32, why.to_owned());
        let response = if request.method == "shutdown" {
            self.is_down = true;
            Response::new_ok(id, Value::Null)
        } else if self.is_down {
            refused(ErrorCode::InvalidRequest, "the server is shutting down")
        } else if cancelled.contains(&request.id) {
            refused(ErrorCode::RequestCanceled, "cancelled")
        } else {
            // What the editor sent before this request is told before the answer.
            self.tell();
            let answered = catch_unwind(AssertUnwindSafe(|| requests::answer(&mut self.desk, request)));
            match answered {
                // `Response::new_ok` would copy the whole answer.
                Ok(Ok(answer)) => Response { id, response_result: Ok(answer) },
                Ok(Err(refusal)) => refused(refusal.code, &refusal.why),
                Err(_) => {
                    refused(ErrorCode::InternalError, "this is a mistake of flow-lsp; please report it")
                }
            }
        };
        self.send(response.into());
    }

    fn notified(&mut self, note: Notification) {
        match note.method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Some(p) = read::<DidOpenTextDocument>(note) {
                    let document = p.text_document;
                    self.desk.open(document.uri, document.version, document.text);
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Some(p) = read::<DidChangeTextDocument>(note) {
                    self.desk.change(&p.text_document.uri, p.text_document.version, p.content_changes);
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(p) = read::<DidCloseTextDocument>(note) {
                    self.desk.close(&p.text_document.uri);
                }
            }
            DidChangeWatchedFiles::METHOD => {
                for change in read::<DidChangeWatchedFiles>(note).into_iter().flat_map(|p| p.changes) {
                    self.desk.refresh(&change.uri);
                }
            }
            DidChangeWorkspaceFolders::METHOD => {
                let Some(p) = read::<DidChangeWorkspaceFolders>(note) else { return };
                let path = |f: lsp_types::WorkspaceFolder| uri::path_of(f.uri.as_str());
                p.event.removed.into_iter().filter_map(path).for_each(|p| self.desk.remove_workspace(&p));
                p.event.added.into_iter().filter_map(path).for_each(|p| self.desk.add_workspace(&p));
            }
            _ => {}
        }
    }
}

/// What a notification says; what can't be read is left out, because there is nobody to answer.
fn read<N: lsp_types::notification::Notification>(note: Notification) -> Option<N::Params> {
    serde_json::from_value(note.params).ok()
}

fn cancelled(message: &Message) -> Option<RequestId> {
    let Message::Notification(note) = message else { return None };
    let params = (note.method == Cancel::METHOD).then(|| note.params.clone())?;
    let params: lsp_types::CancelParams = serde_json::from_value(params).ok()?;
    Some(match params.id {
        NumberOrString::Number(id) => RequestId::from(id),
        NumberOrString::String(id) => RequestId::from(id),
    })
}
