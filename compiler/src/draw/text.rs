//! Mermaid and DOT.

use std::fmt::Write as _;

use super::{Card, Look, Picture};

/// A Mermaid flowchart, which GitHub and many wikis draw.
#[must_use]
pub fn mermaid(picture: &Picture) -> String {
    let mut out = format!("---\ntitle: \"{}\"\n---\nflowchart LR\n", mermaid_text(&picture.title));
    // Writing to a string can't fail.
    for (at, card) in picture.cards.iter().enumerate() {
        let (open, close) = match card.look {
            Look::Entry => ("([", "])"),
            Look::Choice => ("{{", "}}"),
            Look::End => ("((", "))"),
            Look::People | Look::Recording | Look::Sound | Look::Other => ("[", "]"),
        };
        let label =
            format!("{}<br/><small>{}</small>", mermaid_text(&card.title), mermaid_text(&card.subtitle));
        let _ = writeln!(out, "  n{at}{open}\"{label}\"{close}");
    }
    for (at, row, to) in lines(&picture.cards) {
        let _ = writeln!(out, "  n{at} -->|\"{}\"| n{to}", mermaid_text(row));
    }
    out
}

/// Text that Mermaid takes for nothing else.
fn mermaid_text(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " -+.,_/:'’…".contains(c);
    text.chars().map(|c| if plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) }).collect()
}

/// A graph for Graphviz.
#[must_use]
pub fn dot(picture: &Picture) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n", quote(&picture.title));
    out.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];\n");
    out.push_str("  edge [fontname=\"sans-serif\", fontsize=10];\n");
    for card in &picture.cards {
        let fill = match card.look {
            Look::Entry => "#dcf5e3",
            Look::Choice => "#fdf0d0",
            Look::People => "#dde9fd",
            Look::Recording => "#ecdffb",
            Look::Sound => "#d6f3f3",
            Look::End => "#e5e7eb",
            Look::Other => "#f3f4f6",
        };
        let label = quote(&format!("{}\n{}", card.title, card.subtitle));
        let _ = writeln!(out, "  {} [label={label}, fillcolor=\"{fill}\"];", quote(&card.name));
    }
    for (at, row, to) in lines(&picture.cards) {
        let name = |n: usize| picture.cards.get(n).map(|c| quote(&c.name)).unwrap_or_default();
        let _ = writeln!(out, "  {} -> {} [label={}];", name(at), name(to), quote(row));
    }
    out.push_str("}\n");
    out
}

/// A string of DOT. A backslash is one, not the beginning of an escape.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// Every line between cards, with the text of its exit.
fn lines(cards: &[Card]) -> impl Iterator<Item = (usize, &str, usize)> {
    let rows = cards.iter().enumerate().flat_map(|(at, card)| card.rows.iter().map(move |row| (at, row)));
    rows.filter_map(|(at, row)| Some((at, row.text.as_str(), row.to?)))
}
