//! The binary itself, on its standard input and output: it shakes hands, finds, and ends well.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says by a panic what is wrong")]

use std::io::{BufReader, Write as _};
use std::process::{Command, Stdio};

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

fn request(id: i32, method: &str, params: Value) -> Message {
    Request { id: RequestId::from(id), method: method.to_owned(), params }.into()
}

fn note(method: &str, params: Value) -> Message {
    Notification { method: method.to_owned(), params }.into()
}

/// What the binary answers to some messages, and how it ends.
fn answers(messages: &[Message]) -> (Vec<Message>, Option<i32>) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_flow-lsp"))
        .arg("--stdio")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = server.stdin.take().unwrap();
    for message in messages {
        message.clone().write(&mut stdin).unwrap();
    }
    stdin.flush().unwrap();
    drop(stdin);
    let mut out = BufReader::new(server.stdout.take().unwrap());
    let mut all = Vec::new();
    while let Some(message) = Message::read(&mut out).unwrap() {
        all.push(message);
    }
    (all, server.wait().unwrap().code())
}

fn hello() -> Vec<Message> {
    let document = json!({ "uri": "untitled:Untitled-1", "languageId": "flow", "version": 1, "text": "flow a {\n  b: hangup\n}\n" });
    vec![
        request(1, "initialize", json!({ "capabilities": {} })),
        note("initialized", json!({})),
        note("textDocument/didOpen", json!({ "textDocument": document })),
    ]
}

#[test]
fn it_finds_and_ends_well() {
    let mut messages = hello();
    let place = json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 1, "character": 6 } });
    messages.push(request(2, "textDocument/hover", place.clone()));
    // A request that is cancelled while it waits isn't answered with a result.
    messages.extend((3..40).map(|id| request(id, "textDocument/hover", place.clone())));
    messages.extend((3..40).map(|id| note("$/cancelRequest", json!({ "id": id }))));
    messages.push(request(90, "shutdown", Value::Null));
    messages.push(request(91, "textDocument/hover", place));
    messages.push(note("exit", Value::Null));
    let (answers, code) = answers(&messages);
    assert_eq!(code, Some(0));
    let text =
        serde_json::to_string(&answers.iter().map(|m| serde_json::to_value(m).unwrap()).collect::<Vec<_>>());
    let text = text.unwrap();
    assert!(text.contains("\"F201\""), "the flow has no entry: {text}");
    assert!(text.contains("**`hangup`**"), "{text}");
    assert!(text.contains("shutting down"), "{text}");
    let responses = answers.iter().filter(|m| matches!(m, Message::Response(_))).count();
    assert_eq!(responses, 2 + 37 + 2, "every request has one answer");
}

#[test]
fn an_editor_that_goes_away_ends_it() {
    let (_, code) = answers(&hello());
    assert_eq!(code, Some(1));
}
