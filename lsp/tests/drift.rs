//! After any edits the server knows what a server knows that is started afresh on the same files: its findings, and
//! everything that is read from its text (colours, symbols, notes).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says by a panic what is wrong"
)]

mod client;

use client::Client;
use proptest::prelude::*;

const FILES: [(&str, &str); 3] = [
    ("main.flow", include_str!("../../examples/office/main.flow")),
    ("office.flow", include_str!("../../examples/office/office.flow")),
    ("tests.flow", include_str!("../../examples/office/tests.flow")),
];

/// What is written: what people write, what breaks things, and letters of one, two and four bytes.
const WORDS: [&str; 24] = [
    "{",
    "}",
    "\n",
    " ",
    "\"",
    "->",
    "=",
    "[",
    "//",
    "`",
    "é",
    "😀",
    "flow x {\n",
    "test \"t\" {\n",
    "extension 101\n",
    "menu",
    "night: ",
    "hangup\n",
    "answered -> bye\n",
    "ring = 20s ",
    "layout main {\n",
    "business",
    "+61299998888",
    "\r\n",
];

/// An edit: which file, where (a fraction), how many letters go, which word comes.
type Edit = (usize, u16, usize, Option<usize>);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let one = (0..FILES.len(), any::<u16>(), 0_usize..12, proptest::option::of(0..WORDS.len()));
    proptest::collection::vec(one, 1..10)
}

/// Makes an edit at whole letters.
fn make(client: &mut Client, (file, at, less, word): Edit) {
    let (name, _) = FILES[file];
    let text = client.text(name).to_owned();
    let letters: Vec<usize> = text.char_indices().map(|(n, _)| n).chain([text.len()]).collect();
    let from = usize::from(at) * (letters.len() - 1) / usize::from(u16::MAX);
    let to = (from + less).min(letters.len() - 1);
    client.change(name, letters[from]..letters[to], word.map_or("", |w| WORDS[w]));
}

/// Everything a server says about its files.
fn known(client: &mut Client) -> Vec<String> {
    let mut all = Vec::new();
    for (name, _) in FILES {
        all.push(client.findings.get(name).cloned().unwrap_or_default());
        for question in ["semanticTokens/full", "documentSymbol", "inlayHint", "foldingRange"] {
            let range = if question == "inlayHint" { " 0:0..9999:0" } else { "" };
            all.push(client.step(&format!("ask textDocument/{question} {name}{range}")));
        }
    }
    all
}

fn opened(texts: &[(&str, String)]) -> (tempfile::TempDir, Client) {
    let disk = tempfile::tempdir().unwrap();
    let mut client = Client::new(disk.path());
    for (name, text) in texts {
        client.file(name, text);
    }
    client.start();
    (disk, client)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn edits_leave_what_a_fresh_start_finds(edits in edits()) {
        let texts = FILES.map(|(name, text)| (name, text.to_owned()));
        let (_disk, mut client) = opened(&texts);
        for (name, _) in FILES {
            client.open(name);
        }
        for edit in edits {
            // Some editors send what is typed quickly in no order.
            client.is_holding = edit.2 % 2 == 0;
            make(&mut client, edit);
            if edit.1 % 3 == 0 {
                // Sometimes the server looks between two edits, sometimes they come together.
                client.release();
                client.barrier();
            }
        }
        client.release();
        client.barrier();
        let texts = FILES.map(|(name, _)| (name, client.text(name).to_owned()));
        let (_fresh_disk, mut fresh) = opened(&texts);
        prop_assert_eq!(known(&mut client), known(&mut fresh));
        client.stop();
        fresh.stop();
    }
}
