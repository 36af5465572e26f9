//! An editor made of data: it talks to a server over a connection in memory and shows what comes back as text.
#![allow(dead_code, reason = "each test that has this module uses another part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use flow_lsp::position::Lines;
use flow_lsp::server;
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use lsp_types::Position;
use serde_json::{Value, json};

/// How long an answer may take before the test gives up: a bound for hangs, nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The editor.
pub struct Client {
    root: PathBuf,
    connection: Connection,
    server: Option<JoinHandle<bool>>,
    next: i32,
    /// Texts by file: what the editor shows if it has the file open, else what is on disk.
    texts: BTreeMap<String, String>,
    marks: BTreeMap<(String, String), usize>,
    open: BTreeSet<String>,
    /// Whether findings are shown with what they say.
    pub in_full: bool,
    version: i32,
    /// Whether changes are held back, until they are released.
    pub is_holding: bool,
    held: Vec<Value>,
    told: BTreeMap<String, String>,
    /// What was told last, by file.
    pub findings: BTreeMap<String, String>,
    legend: Vec<String>,
}

impl Client {
    /// An editor whose workspace is a folder on disk.
    pub fn new(root: &Path) -> Client {
        let (connection, server) = Connection::memory();
        let server = std::thread::spawn(move || server::serve(&server).is_ok());
        Client {
            root: root.canonicalize().unwrap(),
            connection,
            server: Some(server),
            next: 1,
            texts: BTreeMap::new(),
            marks: BTreeMap::new(),
            open: BTreeSet::new(),
            in_full: false,
            version: 1,
            is_holding: false,
            held: Vec::new(),
            told: BTreeMap::new(),
            findings: BTreeMap::new(),
            legend: Vec::new(),
        }
    }

    /// Puts a file on disk; `‹a›` in it marks a position.
    pub fn file(&mut self, name: &str, marked: &str) {
        let mut text = String::new();
        let mut rest = marked;
        while let Some((before, after)) = rest.split_once('‹') {
            text.push_str(before);
            let (mark, after) = after.split_once('›').expect("a mark ends by ›");
            self.marks.insert((name.to_owned(), mark.to_owned()), text.len());
            rest = after;
        }
        text.push_str(rest);
        let path = self.root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &text).unwrap();
        self.texts.insert(name.to_owned(), text);
    }

    /// The text of a file as the editor has it.
    pub fn text(&self, name: &str) -> &str {
        &self.texts[name]
    }

    /// Shakes hands.
    pub fn start(&mut self) {
        let root = self.uri("");
        let root = root.trim_end_matches('/');
        let params = json!({
            "capabilities": { "workspace": { "workspaceEdit": { "documentChanges": true } } },
            "workspaceFolders": [{ "uri": root, "name": "office" }],
        });
        let answer = serde_json::to_value(self.request("initialize", params)).unwrap();
        let legend = &answer["result"]["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"];
        self.legend = serde_json::from_value(legend.clone()).expect("a legend");
        self.notify("initialized", json!({}));
        self.barrier();
    }

    /// Shuts down; the server must end well.
    pub fn stop(mut self) {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        let ended = self.server.take().unwrap().join();
        assert!(matches!(ended, Ok(true)), "the server didn't end well");
    }

    /// Findings that came since the last look, as text; of each file the last.
    pub fn told(&mut self) -> String {
        std::mem::take(&mut self.told).into_values().collect()
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.root.display())
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        let note = Notification { method: method.to_owned(), params };
        self.connection.sender.send(note.into()).unwrap();
    }

    /// Sends a request and waits for the answer.
    pub fn request(&mut self, method: &str, params: Value) -> Response {
        let id = RequestId::from(self.next);
        self.next += 1;
        let request = Request { id: id.clone(), method: method.to_owned(), params };
        self.connection.sender.send(request.into()).unwrap();
        loop {
            match self.connection.receiver.recv_timeout(PATIENCE).expect("an answer") {
                Message::Response(response) if response.id == id => return response,
                Message::Response(other) => panic!("an answer to nothing: {other:?}"),
                Message::Request(request) => {
                    let answer = Response::new_ok(request.id, Value::Null);
                    self.connection.sender.send(answer.into()).unwrap();
                }
                Message::Notification(note) => self.note(&note),
            }
        }
    }

    /// Waits until everything sent has been worked off: what came before a request is told before its answer.
    pub fn barrier(&mut self) {
        self.request("flow/nothing", Value::Null);
    }

    fn note(&mut self, note: &Notification) {
        let (name, text) = match note.method.as_str() {
            "textDocument/publishDiagnostics" => {
                let name = self.name(note.params["uri"].as_str().unwrap());
                let found = note.params["diagnostics"].as_array().unwrap();
                let lines: String = found.iter().map(|d| self.finding(d)).collect();
                let none = if found.is_empty() { " nothing found" } else { "" };
                self.findings.insert(name.clone(), lines.clone());
                let codes =
                    found.iter().map(|d| format!(" {} {}", short(&d["range"]), d["code"].as_str().unwrap()));
                let shown = if self.in_full {
                    format!("\n{lines}")
                } else {
                    format!("{}\n", codes.collect::<String>())
                };
                let text = format!("{name}:{none}{shown}");
                (name, text)
            }
            other => (other.to_owned(), format!("{other} {}\n", show(&self.plain(&note.params), 0).trim())),
        };
        self.told.insert(name, text);
    }

    fn finding(&self, d: &Value) -> String {
        let severity =
            ["", "error", "warning", "information", "hint"][d["severity"].as_u64().unwrap() as usize];
        let message = d["message"].as_str().unwrap().replace('\n', "\n    ");
        let mut text =
            format!("  {} {severity}[{}] {message}\n", short(&d["range"]), d["code"].as_str().unwrap());
        for related in d["relatedInformation"].as_array().into_iter().flatten() {
            let place = &related["location"];
            let name = self.name(place["uri"].as_str().unwrap());
            let message = related["message"].as_str().unwrap();
            text.push_str(&format!("    also {name} {} {message}\n", short(&place["range"])));
        }
        text
    }

    fn name(&self, uri: &str) -> String {
        uri.strip_prefix(&self.uri("")).unwrap_or(uri).to_owned()
    }

    /// A value without this machine's paths.
    fn plain(&self, value: &Value) -> Value {
        let root = self.uri("");
        serde_json::from_str(&value.to_string().replace(&root, "")).unwrap()
    }

    /// One step of a session; what it shows.
    pub fn step(&mut self, step: &str) -> String {
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "open" => self.open(first),
            "close" => {
                let uri = self.uri(first);
                self.open.remove(first);
                self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
                self.barrier();
            }
            "change" => {
                let (range, text) = more.split_once(' ').expect("`change FILE A..B \"text\"`");
                let text: String = serde_json::from_str(text).expect("a text in quotes");
                let (from, to) = self.range(first, range);
                self.change(first, from..to, &text);
                self.barrier();
            }
            "write" => {
                let text: String = serde_json::from_str(more).expect("a text in quotes");
                self.write(first, &text);
                self.barrier();
            }
            "colours" => return self.colours(first),
            "ask" => return self.ask(first, more).1,
            "complete" => return self.complete(first, more),
            "apply" => return self.apply(first, more),
            "command" => {
                let argument: Value = serde_json::from_str(more).expect("an argument as JSON");
                let text = argument.to_string().replace("\"uri\":\"", &format!("\"uri\":\"{}", self.uri("")));
                let argument: Value = serde_json::from_str(&text).unwrap();
                let params = json!({ "command": first, "arguments": [argument] });
                return self.show("workspace/executeCommand", params).1;
            }
            "workspace" => {
                // `workspace added FOLDER`, `workspace removed FOLDER`
                let folder = json!({ "uri": self.uri(more), "name": more });
                let mut event = json!({ "added": [], "removed": [] });
                event[first] = json!([folder]);
                self.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
                self.barrier();
            }
            "send" => {
                let params = if more.is_empty() { Value::Null } else { serde_json::from_str(more).unwrap() };
                return self.show(first, params).1;
            }
            other => panic!("`{other}` is no step"),
        }
        String::new()
    }

    fn write(&mut self, name: &str, text: &str) {
        self.file(name, text);
        let change = json!({ "uri": self.uri(name), "type": 2 });
        self.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    }

    /// Semantic tokens, line by line: each word with its type.
    fn colours(&mut self, name: &str) -> String {
        let (answer, _) = self.ask("textDocument/semanticTokens/full", name);
        let data: Vec<u32> = serde_json::from_value(answer["data"].clone()).unwrap();
        let text = self.texts[name].clone();
        let lines = Lines::of(&text);
        let (mut at, mut out) = (Position::default(), String::new());
        for token in data.chunks(5) {
            if token[0] > 0 {
                at.character = 0;
                out.push('\n');
            }
            at = Position { line: at.line + token[0], character: at.character + token[1] };
            let end = Position { character: at.character + token[2], ..at };
            let word = &text[lines.offset(&text, at)..lines.offset(&text, end)];
            let made = if token[4] == 1 { "!" } else { "" };
            out.push_str(&format!("{word}‹{}{made}› ", self.legend[token[3] as usize]));
        }
        out
    }

    /// Opens a file as it is.
    pub fn open(&mut self, name: &str) {
        let language = if name.ends_with(".json") { "json" } else { "flow" };
        let document = json!({
            "uri": self.uri(name), "languageId": language, "version": self.version, "text": self.texts[name],
        });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        self.open.insert(name.to_owned());
        self.barrier();
    }

    /// Replaces bytes of an open file.
    pub fn change(&mut self, name: &str, range: std::ops::Range<usize>, with: &str) {
        let text = self.texts.get_mut(name).unwrap();
        let at = Lines::of(text).range(text, &range);
        text.replace_range(range, with);
        if !self.open.contains(name) {
            // An editor opens what it edits; here it's another program's doing.
            let text = text.clone();
            return self.write(name, &text);
        }
        self.version += 1;
        let document = json!({ "uri": self.uri(name), "version": self.version });
        let change = json!({ "range": at, "text": with });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        if self.is_holding {
            self.held.push(params);
        } else {
            self.notify("textDocument/didChange", params);
        }
    }

    /// Sends the changes that were held back, the last one first.
    pub fn release(&mut self) {
        self.is_holding = false;
        for params in std::mem::take(&mut self.held).into_iter().rev() {
            self.notify("textDocument/didChange", params);
        }
    }

    /// A mark, or LINE:COLUMN.
    fn position(&self, name: &str, at: &str) -> usize {
        if let Some(offset) = self.marks.get(&(name.to_owned(), at.to_owned())) {
            return *offset;
        }
        let (line, character) = at.split_once(':').unwrap_or_else(|| panic!("no mark `{at}` in {name}"));
        let text = &self.texts[name];
        let position = Position { line: line.parse().unwrap(), character: character.parse().unwrap() };
        Lines::of(text).offset(text, position)
    }

    fn range(&self, name: &str, range: &str) -> (usize, usize) {
        let (from, to) = range.split_once("..").unwrap_or((range, range));
        (self.position(name, from), self.position(name, to))
    }

    /// Asks for semantic tokens.
    pub fn coloured(&mut self, name: &str) {
        let params = json!({ "textDocument": { "uri": self.uri(name) } });
        self.request("textDocument/semanticTokens/full", params);
    }

    /// How many completions there are at a byte.
    pub fn completions(&mut self, name: &str, at: usize) -> usize {
        let position = Lines::of(&self.texts[name]).position(&self.texts[name], at);
        let params = json!({ "textDocument": { "uri": self.uri(name) }, "position": position });
        let answer = serde_json::to_value(self.request("textDocument/completion", params)).unwrap();
        answer["result"].as_array().map_or(0, Vec::len)
    }

    /// Completions, one a line: `MARK [LABEL,LABEL…]`.
    fn complete(&mut self, name: &str, more: &str) -> String {
        let (mark, only) = more.split_once(' ').unwrap_or((more, ""));
        let only: Vec<&str> = only.split(',').filter(|l| !l.is_empty()).collect();
        let (answer, _) = self.ask("textDocument/completion", &format!("{name} {mark}"));
        let mut out = String::new();
        for item in answer.as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
            let label = text(&item["label"]);
            if !only.is_empty() && !only.contains(&label.as_str()) {
                continue;
            }
            let insert = text(&item["textEdit"]["newText"]).replace('\n', "⏎");
            let range = short(&item["textEdit"]["range"]);
            out.push_str(&format!("{range} {label} ({}) → {insert}\n", text(&item["detail"])));
        }
        if out.is_empty() { "nothing\n".to_owned() } else { out }
    }

    fn ask(&mut self, method: &str, more: &str) -> (Value, String) {
        let (words, extra) = match more.find('{') {
            Some(at) => (more[..at].trim(), serde_json::from_str(&more[at..]).expect("members as JSON")),
            None => (more.trim(), json!({})),
        };
        let mut words = words.split(' ');
        let name = words.next().unwrap();
        let mut params = json!({ "textDocument": { "uri": self.uri(name) } });
        if let Some(at) = words.next() {
            let (from, to) = self.range(name, at);
            let text = &self.texts[name];
            let lines = Lines::of(text);
            params["position"] = serde_json::to_value(lines.position(text, from)).unwrap();
            params["range"] = serde_json::to_value(lines.range(text, &(from..to))).unwrap();
            params["positions"] = json!([params["position"]]);
        }
        for (name, value) in extra.as_object().unwrap() {
            params[name] = value.clone();
        }
        self.show(method, params)
    }

    fn show(&mut self, method: &str, params: Value) -> (Value, String) {
        let response = self.request(method, params);
        let response = serde_json::to_value(response).unwrap();
        match response["error"]["message"].as_str() {
            Some(why) => (Value::Null, format!("refused: {why}\n")),
            None => (response["result"].clone(), show(&self.plain(&response["result"]), 0)),
        }
    }

    fn apply(&mut self, method: &str, more: &str) -> String {
        let (answer, shown) = self.ask(method, more);
        let name = more.split(' ').next().unwrap().to_owned();
        // Edits, a workspace edit, or code actions, of which the last counts.
        let answer = match answer.as_array().and_then(|a| a.last()) {
            Some(action) if action.get("edit").is_some() => action["edit"].clone(),
            _ => answer,
        };
        let mut edits: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        if let Some(list) = answer.as_array() {
            edits.insert(name, list.clone());
        }
        for (uri, list) in answer["changes"].as_object().into_iter().flatten() {
            edits.entry(self.name(uri)).or_default().extend(list.as_array().unwrap().iter().cloned());
        }
        if edits.is_empty() {
            return shown;
        }
        let mut out = String::new();
        for (name, mut list) in edits {
            let start =
                |e: &Value| (e["range"]["start"]["line"].as_u64(), e["range"]["start"]["character"].as_u64());
            list.sort_by_key(start);
            for edit in list.iter().rev() {
                let range: lsp_types::Range = serde_json::from_value(edit["range"].clone()).unwrap();
                let text = &self.texts[&name];
                let bytes = Lines::of(text).bytes(text, range);
                self.change(&name, bytes, edit["newText"].as_str().unwrap());
                self.barrier();
            }
            out.push_str(&format!("{name} after {} edits:\n", list.len()));
            self.texts[&name].lines().for_each(|l| out.push_str(&format!("  | {l}\n")));
        }
        self.barrier();
        out
    }
}

/// A range as `LINE:COLUMN-LINE:COLUMN`, from 0.
fn short(range: &Value) -> String {
    let at = |p: &Value| format!("{}:{}", p["line"], p["character"]);
    format!("{}-{}", at(&range["start"]), at(&range["end"]))
}

/// A value as indented lines; nulls are left out.
fn show(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members)
            if members.contains_key("start") && members.contains_key("end") && members.len() == 2 =>
        {
            format!("{}\n", short(value))
        }
        Value::Object(members) if members.contains_key("line") && members.len() == 2 => {
            format!("{}:{}\n", members["line"], members["character"])
        }
        Value::Object(members) => {
            let mut shown: Vec<_> = members.iter().filter(|(_, v)| !v.is_null()).collect();
            // The protocol's map of files to edits has no order.
            if shown.iter().all(|(name, _)| name.ends_with(".flow") || name.ends_with(".json")) {
                shown.sort_by_key(|(name, _)| *name);
            }
            let lines =
                shown.into_iter().map(|(name, v)| format!("{indent}{name}: {}", nested(v, depth + 1)));
            lines.collect()
        }
        Value::Array(items) if items.iter().all(|i| i.is_number()) => format!("{value}\n"),
        Value::Array(items) if items.is_empty() => "[]\n".to_owned(),
        Value::Array(items) => {
            let one = |item: &Value| {
                let text = show(item, depth + 1);
                format!("{indent}- {}", text.trim_start())
            };
            items.iter().map(one).collect()
        }
        Value::String(text) if text.contains('\n') => {
            let lines: String = text.trim_end().lines().map(|l| format!("{indent}| {l}\n")).collect();
            format!("\n{lines}")
        }
        Value::String(text) => format!("{text}\n"),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => format!("{other}\n"),
    }
}

fn nested(value: &Value, depth: usize) -> String {
    let text = show(value, depth);
    let is_block = matches!(value, Value::Object(_) | Value::Array(_)) && text.lines().count() > 1
        || text.starts_with(&"  ".repeat(depth))
            && depth > 0
            && matches!(value, Value::Object(_) | Value::Array(_));
    if is_block { format!("\n{text}") } else { text }
}
