//! Where cards stand and how lines run: columns from left to right in the order in which calls come to them. Lines that
//! lead back run below everything.

use std::collections::BTreeMap;

use super::order::{self, Column, Link};
use super::{Card, Picture};

/// Sizes, in pixels.
pub(super) const CARD_WIDTH: i64 = 216;
pub(super) const HEAD: i64 = 50;
pub(super) const ROW: i64 = 22;
const FOOT: i64 = 6;
const COLUMN_GAP: i64 = 90;
const GAP: i64 = 26;
pub(super) const MARGIN: i64 = 32;
pub(super) const TITLE: i64 = 56;
const LANE: i64 = 16;
/// Items that stand for long lines; with more of them long lines run straight.
const PASSING_MAX: usize = 20_000;

/// A picture with places.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub width: i64,
    pub height: i64,
    /// Left and top of every card.
    pub places: Vec<(i64, i64)>,
    pub lines: Vec<Line>,
}

/// A line from an exit of a card to another card.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub from: usize,
    /// Its corners, from left to right; the way between two of them is bent, or level.
    pub points: Vec<(i64, i64)>,
    /// Whether it leads back, below everything.
    pub back: bool,
}

/// The height of a card.
pub(super) fn height(card: &Card) -> i64 {
    let rows = if has_rows(card) { rows(card) * ROW + FOOT } else { 0 };
    HEAD + rows
}

/// Whether a card shows its exits; a single one that just leads on needs no word.
pub(super) fn has_rows(card: &Card) -> bool {
    match card.rows.as_slice() {
        [] => false,
        [only] => only.to.is_none() || only.text != "next",
        [_, ..] => true,
    }
}

fn rows(card: &Card) -> i64 {
    i64::try_from(card.rows.len()).unwrap_or(i64::MAX)
}

/// How far below a card's top its n-th exit is.
pub(super) fn exit_at(card: &Card, row: usize) -> i64 {
    if has_rows(card) { HEAD + i64::try_from(row).unwrap_or(0) * ROW + ROW / 2 } else { HEAD / 2 }
}

/// Lays a picture out.
pub(super) fn layout(picture: &Picture) -> Layout {
    let cards = &picture.cards;
    let edges = edges(cards);
    let columns_of = columns_of(cards.len(), &edges);
    let mut items = Items::new(cards, &columns_of);
    for edge in &edges {
        items.join(cards, &columns_of, edge);
    }
    order::uncross(&mut items.columns, &items.links, items.heights.len());
    let mut tops = order::settle(&items.columns, &items.links, &items.heights, GAP);
    let highest = tops.iter().copied().min().unwrap_or(0);
    tops.iter_mut().for_each(|top| *top += MARGIN + TITLE - highest);
    finish(cards, &edges, &items, &columns_of, &tops)
}

/// A line before it has a place.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: usize,
    row: usize,
    to: usize,
    back: bool,
}

/// Every line; those that would close a circle lead back.
fn edges(cards: &[Card]) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut state = vec![Seen::Not; cards.len()];
    for start in 0..cards.len() {
        // (card, next row); a search by hand, since a flow may be as deep as it is large.
        let mut way = vec![(start, 0)];
        if !matches!(state.get(start), Some(Seen::Not)) {
            continue;
        }
        while let Some((card, row)) = way.last_mut() {
            let (from, at) = (*card, *row);
            *row += 1;
            if let Some(slot) = state.get_mut(from).filter(|_| at == 0) {
                *slot = Seen::Open;
            }
            let Some(exit) = cards.get(from).and_then(|c| c.rows.get(at)) else {
                if let Some(slot) = state.get_mut(from) {
                    *slot = Seen::Done;
                }
                way.pop();
                continue;
            };
            let Some(to) = exit.to else { continue };
            let seen = state.get(to).copied().unwrap_or(Seen::Done);
            edges.push(Edge { from, row: at, to, back: seen == Seen::Open });
            if seen == Seen::Not {
                way.push((to, 0));
            }
        }
    }
    edges.sort_by_key(|e| (e.from, e.row));
    edges
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    Open,
    Done,
}

/// The column of every card: one further than all that lead to it.
fn columns_of(cards: usize, edges: &[Edge]) -> Vec<usize> {
    let mut column = vec![0; cards];
    let mut before = vec![0_usize; cards];
    let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for edge in edges.iter().filter(|e| !e.back) {
        next.entry(edge.from).or_default().push(edge.to);
        if let Some(count) = before.get_mut(edge.to) {
            *count += 1;
        }
    }
    let mut ready: Vec<usize> = (0..cards).filter(|c| before.get(*c) == Some(&0)).collect();
    while let Some(card) = ready.pop() {
        let at = column.get(card).copied().unwrap_or(0);
        for to in next.get(&card).into_iter().flatten() {
            if let Some(slot) = column.get_mut(*to) {
                *slot = (*slot).max(at + 1);
            }
            if let Some(count) = before.get_mut(*to) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.push(*to);
                }
            }
        }
    }
    column
}

/// Cards, then the places where long lines pass a column.
struct Items {
    columns: Vec<Column>,
    heights: Vec<i64>,
    links: Vec<Link>,
    /// Where each line passes, by its card and row.
    passes: BTreeMap<(usize, usize), Vec<usize>>,
}

impl Items {
    fn new(cards: &[Card], columns_of: &[usize]) -> Items {
        let count = columns_of.iter().copied().max().map_or(0, |last| last + 1);
        let mut columns = vec![Vec::new(); count];
        for (card, at) in columns_of.iter().enumerate() {
            if let Some(column) = columns.get_mut(*at) {
                column.push(card);
            }
        }
        let heights = cards.iter().map(height).collect();
        Items { columns, heights, links: Vec::new(), passes: BTreeMap::new() }
    }

    fn join(&mut self, cards: &[Card], columns_of: &[usize], edge: &Edge) {
        if edge.back {
            return;
        }
        let at = |card: usize| columns_of.get(card).copied().unwrap_or(0);
        let exit = cards.get(edge.from).map_or(0, |card| exit_at(card, edge.row));
        let (mut from, mut from_at) = (edge.from, exit);
        for column in at(edge.from) + 1..at(edge.to) {
            if self.heights.len() >= cards.len() + PASSING_MAX {
                return;
            }
            let passing = self.heights.len();
            self.heights.push(0);
            if let Some(column) = self.columns.get_mut(column) {
                column.push(passing);
            }
            self.passes.entry((edge.from, edge.row)).or_default().push(passing);
            self.links.push(Link { from, from_at, to: passing, to_at: 0 });
            (from, from_at) = (passing, 0);
        }
        self.links.push(Link { from, from_at, to: edge.to, to_at: HEAD / 2 });
    }
}

fn finish(cards: &[Card], edges: &[Edge], items: &Items, columns_of: &[usize], tops: &[i64]) -> Layout {
    let left = |column: usize| MARGIN + i64::try_from(column).unwrap_or(0) * (CARD_WIDTH + COLUMN_GAP);
    let top = |item: usize| tops.get(item).copied().unwrap_or(0);
    let column = |card: usize| columns_of.get(card).copied().unwrap_or(0);
    let places: Vec<(i64, i64)> = (0..cards.len()).map(|card| (left(column(card)), top(card))).collect();
    let ends = |item: usize| top(item) + items.heights.get(item).copied().unwrap_or(0);
    let mut bottom = (0..items.heights.len()).map(ends).max().unwrap_or(0);
    let mut lines = Vec::new();
    for edge in edges {
        let exit = cards.get(edge.from).map_or(0, |card| exit_at(card, edge.row));
        let start = (left(column(edge.from)) + CARD_WIDTH, top(edge.from) + exit);
        let end = (left(column(edge.to)), top(edge.to) + HEAD / 2);
        let mut points = vec![start];
        if edge.back {
            bottom += LANE;
            points.extend([(start.0 + LANE, bottom), (end.0 - LANE, bottom)]);
        }
        for (n, item) in items.passes.get(&(edge.from, edge.row)).into_iter().flatten().enumerate() {
            let x = left(column(edge.from) + n + 1);
            points.extend([(x, top(*item)), (x + CARD_WIDTH, top(*item))]);
        }
        points.push(end);
        lines.push(Line { from: edge.from, points, back: edge.back });
    }
    let last = columns_of.iter().copied().max().unwrap_or(0);
    Layout { width: left(last) + CARD_WIDTH + MARGIN, height: bottom + MARGIN, places, lines }
}
