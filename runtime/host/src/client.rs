//! The commands that act on a running server through its API, with the token of its data folder.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow_api::Token;
use flow_store::{DataDir, ImportFile};
use serde_json::{Value, json};

use crate::findings;

/// How long a request may take.
const TIME_MAX: Duration = Duration::from_secs(90);
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// Name of the file in which a server notes where its API is.
const ADDRESS_FILE: &str = "http.addr";

/// Why a command failed; printed as it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ClientError(pub String);

/// A result of a command: what to print.
pub type Printed = Result<String, ClientError>;

/// The running server of a data folder.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    token: Token,
}

/// Notes where the API of a server is, for the commands.
///
/// # Errors
/// When the file can't be written.
pub fn note_address(dir: &DataDir, address: std::net::SocketAddr) -> Result<(), flow_store::Error> {
    flow_store::write_private(&dir.root().join(ADDRESS_FILE), address.to_string().as_bytes())
}

/// Takes the note back.
pub fn forget_address(dir: &DataDir) {
    // What is left behind is only a wrong hint: the next command says that nobody answers there.
    let _ = std::fs::remove_file(dir.root().join(ADDRESS_FILE));
}

impl Client {
    /// Finds the server of a data folder, at a given address or port or where it noted that it is.
    ///
    /// # Errors
    /// When there's no server, or its token can't be read.
    pub fn find(data_dir: &Path, address: Option<&str>) -> Result<Client, ClientError> {
        let dir = DataDir::new(data_dir);
        let address = match address {
            Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => format!("127.0.0.1:{port}"),
            Some(address) => address.to_owned(),
            None => {
                std::fs::read_to_string(dir.root().join(ADDRESS_FILE)).map_err(|_| no_server(data_dir))?
            }
        };
        let token = Token::read(&dir.api_token()).map_err(|e| ClientError(e.to_string()))?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIME_MAX))
            .proxy(None)
            .build();
        let base = format!("http://{}/api/v1", reachable(address.trim()));
        Ok(Client { agent: config.into(), base, token })
    }

    /// Imports files.
    ///
    /// # Errors
    /// What the server refused, with its findings.
    pub fn import(&self, files: &[ImportFile], publish: bool) -> Printed {
        let file = |f: &ImportFile| match std::str::from_utf8(&f.bytes) {
            Ok(text) if !f.path.ends_with(".wav") => json!({ "path": f.path, "text": text }),
            _ => json!({ "path": f.path, "base64": STANDARD.encode(&f.bytes) }),
        };
        let body = json!({ "files": files.iter().map(file).collect::<Vec<_>>(), "publish": publish });
        let data = self.post("/import", &body, files)?;
        Ok(import_summary(&data, files))
    }

    /// Publishes the draft of a flow.
    ///
    /// # Errors
    /// What the server refused, with its findings.
    pub fn publish(&self, flow: &str) -> Printed {
        let data = self.post(&format!("/flows/{}/publish", escape(flow)), &Value::Null, &[])?;
        let mut out = published_line(&data);
        out.push_str(&findings::render(list(&data, "warnings"), &[]));
        Ok(out)
    }

    /// Makes a new SIP password for an extension.
    ///
    /// # Errors
    /// What the server refused.
    pub fn password(&self, extension: &str) -> Printed {
        let data = self.post(&format!("/extensions/{}/secret", escape(extension)), &Value::Null, &[])?;
        Ok(format!("Shown this once; the old password has stopped working:\n{}", credentials_line(&data)))
    }

    /// Shows the calls that are up.
    ///
    /// # Errors
    /// What the server said.
    pub fn calls(&self) -> Printed {
        let data = self.get("/calls/active")?;
        let columns = ["call", "caller", "dialled", "flow", "activity"];
        Ok(table(&columns, list(&data, "rows")))
    }

    /// Shows call records.
    ///
    /// # Errors
    /// What the server said.
    pub fn cdrs(&self, limit: u32) -> Printed {
        let data = self.get(&format!("/cdrs?limit={limit}"))?;
        let columns = [
            "id",
            "start_time",
            "direction",
            "caller_id_num",
            "callee",
            "disposition",
            "duration",
            "hangup_cause",
        ];
        Ok(table(&columns, list(&data, "rows")))
    }

    /// Gives the trace of a call.
    ///
    /// # Errors
    /// What the server said.
    pub fn trace(&self, call: &str) -> Printed {
        let url = format!("{}/cdrs/{}/trace", self.base, escape(call));
        let (status, body) =
            self.answer(self.agent.get(&url).header("authorization", self.bearer()).call())?;
        if status == 200 { Ok(body) } else { Err(self.failure(&body, &[])) }
    }

    /// Shows how the server is.
    ///
    /// # Errors
    /// What the server said.
    pub fn status(&self) -> Printed {
        let data = self.get("/system/status")?;
        let mut out = String::new();
        for (name, value) in data.as_object().into_iter().flatten() {
            let _ = writeln!(out, "{name:14} {}", plain(value));
        }
        Ok(out)
    }

    fn get(&self, path: &str) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        let answer = self.agent.get(&url).header("authorization", self.bearer()).call();
        self.data(answer, &[])
    }

    fn post(&self, path: &str, body: &Value, files: &[ImportFile]) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        let answer = self.agent.post(&url).header("authorization", self.bearer()).send_json(body);
        self.data(answer, files)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token.reveal())
    }

    fn data(&self, answer: Answered, files: &[ImportFile]) -> Result<Value, ClientError> {
        let (status, body) = self.answer(answer)?;
        if !(200..300).contains(&status) {
            return Err(self.failure(&body, files));
        }
        let mut body: Value = serde_json::from_str(&body)
            .map_err(|_| ClientError(format!("{} doesn't answer like a FlowPBX server", self.base)))?;
        Ok(body.get_mut("data").map(Value::take).unwrap_or_default())
    }

    fn answer(&self, answer: Answered) -> Result<(u16, String), ClientError> {
        let fail = |e: ureq::Error| {
            ClientError(format!("no answer from {}: {e}. Is the server running?", self.base))
        };
        let mut response = answer.map_err(fail)?;
        let status = response.status().as_u16();
        let body =
            response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().map_err(fail)?;
        Ok((status, body))
    }

    fn failure(&self, body: &str, files: &[ImportFile]) -> ClientError {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let error = body.get("error").cloned().unwrap_or_default();
        let message = error.get("message").and_then(Value::as_str);
        let mut out = findings::render(list(&error, "diagnostics"), files);
        let unknown = || format!("{} refused without a reason", self.base);
        out.push_str(&message.map_or_else(unknown, str::to_owned));
        ClientError(out)
    }
}

type Answered = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

/// What an import did, for a person.
#[must_use]
pub fn import_summary(data: &Value, files: &[ImportFile]) -> String {
    let mut out = findings::render(list(data, "warnings"), files);
    for state in ["created", "changed", "unchanged"] {
        let names: Vec<String> = list(data, "rows")
            .iter()
            .filter(|row| row.get("saved").and_then(Value::as_str) == Some(state))
            .map(|row| format!("{} {}", text(row, "kind"), text(row, "key")))
            .collect();
        if !names.is_empty() {
            let _ = writeln!(out, "{state}: {}", names.join(", "));
        }
    }
    for published in list(data, "published") {
        out.push_str(&published_line(published));
    }
    let secrets = list(data, "secrets");
    if !secrets.is_empty() {
        out.push_str("New phones. The passwords are shown this once:\n");
    }
    for s in secrets {
        out.push_str(&credentials_line(s));
    }
    out
}

fn credentials_line(data: &Value) -> String {
    format!("  user {}  password {}  {}\n", text(data, "username"), text(data, "secret"), text(data, "label"))
}

fn published_line(data: &Value) -> String {
    let numbers: Vec<&str> = list(data, "numbers").iter().filter_map(Value::as_str).collect();
    let numbers = if numbers.is_empty() { "no number".to_owned() } else { numbers.join(", ") };
    format!(
        "live: flow {}, version {}, entered by {numbers}\n",
        text(data, "flow"),
        plain(&field(data, "version"))
    )
}

fn table(columns: &[&str], rows: &[Value]) -> String {
    let mut cells: Vec<Vec<String>> = vec![columns.iter().map(|c| c.to_uppercase()).collect()];
    cells.extend(rows.iter().map(|row| columns.iter().map(|c| plain(&field(row, c))).collect()));
    let width =
        |i: usize| cells.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut out = String::new();
    for row in &cells {
        let line: String = row.iter().zip(&widths).map(|(cell, w)| format!("{cell:w$}  ")).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn field(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A value on one line, without control characters: callers choose some of it.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::String(s) if s.is_empty() => "-".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::String(s) => s.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A path segment: everything but unreserved characters as `%XX` (RFC 3986 §2.1).
fn escape(segment: &str) -> String {
    segment.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// The address to connect to for one that a server is bound to.
fn reachable(bound: &str) -> String {
    bound.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:")
}

fn no_server(data_dir: &Path) -> ClientError {
    ClientError(format!(
        "no server runs on the data folder {}. Start one (`flowpbx --data-dir {}`), or name the folder of the one that runs",
        data_dir.display(),
        data_dir.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_and_hold_no_control_characters() {
        let rows = [json!({"a": "x\u{1b}[2J", "b": null}), json!({"a": "long value", "b": 7})];
        assert_eq!(table(&["a", "b"], &rows), "A           B\nx[2J        -\nlong value  7\n");
    }

    #[test]
    fn segments_are_escaped() {
        assert_eq!(escape("+61 2/é"), "%2B61%202%2F%C3%A9");
    }

    #[test]
    fn a_folder_without_a_server_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Client::find(dir.path(), None).unwrap_err().0.contains("Start one"));
    }
}
