//! SVG: one file that needs nothing else. Light or dark as the viewer is; read aloud, it tells title, nodes and exits.

use std::fmt::Write as _;

use super::layout::{CARD_WIDTH, HEAD, Layout, Line, MARGIN, ROW, TITLE, exit_at, has_rows, height, layout};
use super::{Card, Picture};

/// Letters that fit a card's title, its subtitle and its rows.
const TITLE_LETTERS: usize = 23;
const SUBTITLE_LETTERS: usize = 28;
const ROW_LETTERS: usize = 26;
/// How far a line that leads back bends.
const BEND: i64 = 12;

const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#1f2937}\
.paper{fill:#fbfbfa}.name{font-size:20px;font-weight:600}.about{font-size:12px;fill:#6b7280}\
.card{fill:#fff;stroke:#d5d8de;stroke-width:1}.title{font-size:13px;font-weight:600}\
.sub{font-size:11px;fill:#6b7280}.exit{font-size:11px;text-anchor:end}.rule{stroke:#eceef1}\
.line{fill:none;stroke:#9aa3b2;stroke-width:1.5}.back{stroke-dasharray:5 4}.head{fill:#9aa3b2}\
.port{fill:#fff;stroke:#9aa3b2;stroke-width:1.5}.ends{fill:#9aa3b2}.lost{opacity:.45}\
.entry{fill:#22a35a}.choice{fill:#e09b1b}.people{fill:#3f78e0}.recording{fill:#9152d6}.sound{fill:#14a3a8}\
.end{fill:#7b8494}.other{fill:#c2577f}\
@media (prefers-color-scheme:dark){text{fill:#e6e8ec}.paper{fill:#16181d}.about,.sub{fill:#9aa3b2}\
.card{fill:#20242b;stroke:#39404b}.rule{stroke:#2d333c}.line{stroke:#6d7789}.head,.ends{fill:#6d7789}\
.port{fill:#20242b;stroke:#6d7789}}";

/// The picture as SVG.
#[must_use]
pub fn svg(picture: &Picture) -> String {
    let places = layout(picture);
    let Layout { width, height, .. } = places;
    let title = escape(&picture.title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{title}</title>\n\
         <desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"name\" x=\"{MARGIN}\" y=\"{}\">{title}</text>\n",
        escape(&picture.description),
        MARGIN + TITLE / 4,
    );
    for line in &places.lines {
        wire(picture, line, &mut out);
    }
    for (card, (x, y)) in picture.cards.iter().zip(&places.places) {
        draw_card(picture, card, *x, *y, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

fn wire(picture: &Picture, line: &Line, out: &mut String) {
    let Some(((x, y), rest)) = line.points.split_first() else { return };
    let mut path = format!("M{x} {y}");
    // Writing to a string can't fail.
    let (mut x, mut y) = (*x, *y);
    let last = rest.len().saturating_sub(1);
    for (n, (to_x, to_y)) in rest.iter().enumerate() {
        let _ = match (line.back, n) {
            (true, 0) => write!(path, "C{} {y} {} {to_y} {x} {to_y}", to_x + BEND, to_x + BEND),
            (true, n) if n == last => {
                write!(path, "C{} {y} {} {to_y} {to_x} {to_y}", x - BEND, x - BEND)
            }
            (true, _) => write!(path, "H{to_x}"),
            (false, _) if y == *to_y => write!(path, "H{to_x}"),
            (false, _) => {
                let middle = (x + to_x) / 2;
                write!(path, "C{middle} {y} {middle} {to_y} {to_x} {to_y}")
            }
        };
        (x, y) = (*to_x, *to_y);
    }
    let back = if line.back { " back" } else { "" };
    let lost = picture.cards.get(line.from).is_none_or(|card| !card.reached);
    let lost = if lost { " lost" } else { "" };
    let _ = writeln!(out, "<path class=\"line{back}{lost}\" d=\"{path}\"/>");
    let _ = writeln!(out, "<path class=\"head{lost}\" d=\"M{} {}l-8 -4v8z\"/>", x, y);
}

fn draw_card(picture: &Picture, card: &Card, x: i64, y: i64, out: &mut String) {
    let lost = if card.reached { "" } else { " class=\"lost\"" };
    let (bottom, middle) = (height(card), y + HEAD / 2);
    let _ = write!(
        out,
        "<g data-node=\"{}\"{lost}><title>{}</title><rect class=\"card\" x=\"{x}\" y=\"{y}\" width=\"{CARD_WIDTH}\" \
         height=\"{bottom}\" rx=\"9\"/><rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"4\" height=\"{}\" rx=\"2\"/>\
         <text class=\"title\" x=\"{}\" y=\"{}\">{}</text><text class=\"sub\" x=\"{}\" y=\"{}\">{}</text>",
        escape(&card.name),
        escape(&aloud(picture, card)),
        card.look.class(),
        x + 10,
        y + 11,
        HEAD - 22,
        x + 24,
        middle - 3,
        escape(&short(&card.title, TITLE_LETTERS)),
        x + 24,
        middle + 13,
        escape(&short(&card.subtitle, SUBTITLE_LETTERS)),
    );
    let right = x + CARD_WIDTH;
    if has_rows(card) {
        let _ = write!(out, "<path class=\"rule\" d=\"M{} {}H{}\"/>", x + 10, y + HEAD, right - 10);
    }
    for (n, row) in card.rows.iter().enumerate() {
        let at = y + exit_at(card, n);
        if has_rows(card) {
            let text = escape(&short(&row.text, ROW_LETTERS));
            let _ = write!(out, "<text class=\"exit\" x=\"{}\" y=\"{}\">{text}</text>", right - 12, at + 4);
        }
        // A line begins at a ring; at a bar the call ends.
        let _ = match row.to {
            Some(_) => write!(out, "<circle class=\"port\" cx=\"{right}\" cy=\"{at}\" r=\"3.5\"/>"),
            None => write!(
                out,
                "<rect class=\"ends\" x=\"{}\" y=\"{}\" width=\"3\" height=\"10\" rx=\"1.5\"/>",
                right - 1,
                at - ROW / 4
            ),
        };
    }
    out.push_str("</g>\n");
}

/// A card as it is read aloud: what it is and where its exits lead.
fn aloud(picture: &Picture, card: &Card) -> String {
    let title = |at: usize| picture.cards.get(at).map_or("?", |c| c.title.as_str());
    let exits = card.rows.iter().map(|row| match row.to {
        Some(to) => format!("{}: to {}", row.text, title(to)),
        None => format!("{}: the call ends", row.text),
    });
    let lost = if card.reached { "" } else { ", no call comes here" };
    format!("{} ({}{lost}). {}", card.title, card.subtitle, exits.collect::<Vec<_>>().join("; "))
}

fn short(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}

/// Text for XML; what XML can't hold is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
