//! The longest that a caller can wait before somebody is there for them.

use std::collections::HashMap;

use super::{Search, is_cared_for};

/// A longest wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Milliseconds, sounds counted as three seconds.
    pub ms: u64,
    /// The nodes and exits on the way.
    pub path: Vec<String>,
    /// A node by which callers can go round for ever; the wait is that of going round once.
    pub endless: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// The worst of all calls. `None` if no call waits.
pub(super) fn worst(search: &Search<'_>) -> Option<Wait> {
    let count = search.visits.len();
    let group = groups(search);
    let of = |visit: usize| group.get(visit).copied().unwrap_or(visit);
    let mut next: Vec<Vec<(usize, u64)>> = vec![Vec::new(); count];
    let mut own: Vec<u64> = vec![0; count];
    let ends = search.ends.iter().map(|e| (e.from, e.answer));
    let cared = ends.chain(search.steps.iter().map(|s| (s.from, s.answer)));
    for (from, answer) in cared {
        let ms = search.visits.get(from).map_or(0, |v| super::takes_ms(&v.effect, answer));
        if let Some(slot) = own.get_mut(of(from)) {
            *slot = (*slot).max(ms);
        }
    }
    for step in search.steps.iter().filter(|s| !is_cared_for(s.answer)) {
        if let Some(list) = next.get_mut(of(step.from)) {
            list.push((of(step.to), step.ms));
        }
    }
    let (longest, back) = longest(&next, &own);
    let starts = (0..count).filter(|at| search.visits.get(*at).is_some_and(|v| v.came.is_none())).map(of);
    let first = starts.max_by_key(|at| (longest.get(*at).map(|(ms, _)| *ms), usize::MAX - at))?;
    let mut at = Some(first);
    let (mut path, mut endless) = (Vec::new(), None);
    while let Some(here) = at {
        let visit = search.visits.get(here)?;
        // The path of a place is that of the way on which it was first found; its node is the same on every way.
        if path.last() != Some(&visit.node) {
            path.push(visit.node.clone());
        }
        if back.contains(&here) && endless.is_none() {
            endless = Some(visit.node.clone());
        }
        at = longest.get(here).and_then(|(_, next)| *next);
    }
    let ms = longest.get(first).map_or(0, |(ms, _)| *ms);
    (ms > 0).then_some(Wait { ms, path, endless })
}

/// For every place the first that differs from it only in texts: who enters other digits a second time comes round to
/// the same question, which isn't another one.
fn groups(search: &Search<'_>) -> Vec<usize> {
    let mut known: HashMap<(i64, Vec<u8>), usize> = HashMap::new();
    let all = search.visits.iter().enumerate();
    all.map(|(at, visit)| {
        *known.entry((visit.moment, visit.state.place_apart_from_texts().to_bytes())).or_insert(at)
    })
    .collect()
}

/// The longest way from every place and its next step, without going round; and the places at which ways close.
fn longest(next: &[Vec<(usize, u64)>], own: &[u64]) -> (Vec<(u64, Option<usize>)>, Vec<usize>) {
    let mut best: Vec<(u64, Option<usize>)> = own.iter().map(|ms| (*ms, None)).collect();
    let (mut mark, mut back) = (vec![Mark::New; next.len()], Vec::new());
    for start in 0..next.len() {
        let mut way = if mark.get(start) == Some(&Mark::New) { vec![(start, 0)] } else { Vec::new() };
        while let Some((at, edge)) = way.last_mut() {
            let (here, n) = (*at, *edge);
            *edge += 1;
            if let Some(slot) = mark.get_mut(here) {
                *slot = Mark::Open;
            }
            match next.get(here).and_then(|edges| edges.get(n)) {
                Some((to, _)) => match mark.get(*to) {
                    Some(Mark::New) => way.push((*to, 0)),
                    Some(Mark::Open) => back.push(*to),
                    Some(Mark::Done) | None => {}
                },
                None => {
                    let done = |to: usize| mark.get(to) == Some(&Mark::Done);
                    let edges = next.get(here).into_iter().flatten().filter(|(to, _)| done(*to));
                    let ways = edges.filter_map(|(to, ms)| Some((best.get(*to)?.0.saturating_add(*ms), *to)));
                    let longest = ways.max_by_key(|(ms, to)| (*ms, usize::MAX - to));
                    if let (Some((ms, to)), Some(slot)) = (longest, best.get_mut(here))
                        && ms >= slot.0
                    {
                        *slot = (ms, Some(to));
                    }
                    if let Some(slot) = mark.get_mut(here) {
                        *slot = Mark::Done;
                    }
                    way.pop();
                }
            }
        }
    }
    (best, back)
}
