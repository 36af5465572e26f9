//! How many ops a call may run from one answer of the world to the next question. The machine ends a call that runs more than
//! [`flow_vm::limits::STEPS_PER_INPUT_MAX`] at once, so a flow in which that could happen gets no program.
//!
//! Each routine (the flow, and each flow that it calls) is looked at once, callees first: what a call of it may cost is all
//! that its callers need. Ways round without a question are counted once; that they end is the business of the checks.

use std::collections::{BTreeMap, BTreeSet};

use cranelift_entity::EntityRef;

use crate::check::cycles::groups;
use crate::ir::{Block, BlockEnd, BlockRef, Ir, NodeRef};

/// The longest run of ops between two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    /// At most so many.
    pub ops: usize,
    /// The node in which it ends.
    pub node: NodeRef,
}

/// The longest run of a program; `None` if no call enters it.
pub(crate) fn longest(ir: &Ir) -> Option<Run> {
    let routines = Routine::all(ir);
    let of_start: BTreeMap<BlockRef, usize> =
        routines.iter().enumerate().flat_map(|(n, r)| r.starts.iter().map(move |s| (*s, n))).collect();
    let calls: Vec<Vec<(usize, usize)>> = routines
        .iter()
        .map(|r| r.callees(ir).filter_map(|to| Some((*of_start.get(&to)?, 0))).collect())
        .collect();
    let order = groups(&calls);
    let mut callees_first: Vec<usize> = (0..routines.len()).collect();
    callees_first.sort_by_key(|n| order.get(*n).copied());
    // A flow that calls itself is taken to cost nothing inside of itself.
    let mut costs: BTreeMap<BlockRef, Cost> = BTreeMap::new();
    let mut longest = None;
    for routine in callees_first.into_iter().filter_map(|n| routines.get(n)) {
        let (cost, run) = routine.measure(ir, &costs);
        routine.starts.iter().for_each(|start| {
            costs.insert(*start, cost);
        });
        longest = longest.max(run);
    }
    longest
}

/// What a call of a routine may cost, in ops.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// From its start to a question in it, or to the end of the call.
    into: usize,
    /// From its start to its end, if there is a way without a question.
    through: Option<usize>,
    /// From the last question in it to its end, if it ends behind one.
    tail: Option<usize>,
}

const OF_ITSELF: Cost = Cost { into: 0, through: Some(0), tail: Some(0) };

/// The blocks of one flow.
struct Routine {
    starts: Vec<BlockRef>,
    /// Its blocks, and their places in the lists below.
    places: BTreeMap<BlockRef, usize>,
    /// Where each block leads to without a question.
    next: Vec<Vec<(usize, usize)>>,
    /// The way round that each block lies on; its number is higher than those of all that it leads to.
    group: Vec<usize>,
    /// Blocks that come behind a question.
    answered: BTreeSet<usize>,
}

impl Routine {
    fn all(ir: &Ir) -> Vec<Routine> {
        let first = Routine::of(ir, ir.entries.iter().map(|entry| entry.block).collect());
        let mut open: Vec<BlockRef> = first.callees(ir).collect();
        let mut seen: BTreeSet<BlockRef> = BTreeSet::new();
        let mut all = vec![first];
        while let Some(start) = open.pop() {
            if seen.insert(start) {
                let routine = Routine::of(ir, vec![start]);
                open.extend(routine.callees(ir));
                all.push(routine);
            }
        }
        all
    }

    fn of(ir: &Ir, starts: Vec<BlockRef>) -> Routine {
        let mut places: BTreeMap<BlockRef, usize> = BTreeMap::new();
        let mut open = starts.clone();
        let mut order = Vec::new();
        while let Some(block) = open.pop() {
            if !places.contains_key(&block)
                && let Some(found) = ir.blocks.get(block)
            {
                places.insert(block, order.len());
                order.push(block);
                open.extend(straight(&found.end).into_iter().chain(behind_question(&found.end)));
            }
        }
        let place = |to: &BlockRef| places.get(to).copied();
        let ends = || order.iter().filter_map(|block| ir.blocks.get(*block)).map(|block| &block.end);
        let next: Vec<Vec<(usize, usize)>> =
            ends().map(|end| straight(end).iter().filter_map(place).map(|to| (to, 0)).collect()).collect();
        let answered = ends().flat_map(behind_question).filter_map(|to| place(&to)).collect();
        Routine { group: groups(&next), starts, next, answered, places }
    }

    fn blocks<'a>(&'a self, ir: &'a Ir) -> impl Iterator<Item = (usize, &'a Block)> {
        self.places.iter().filter_map(|(id, place)| Some((*place, ir.blocks.get(*id)?)))
    }

    fn callees<'a>(&'a self, ir: &'a Ir) -> impl Iterator<Item = BlockRef> + 'a {
        self.blocks(ir).filter_map(|(_, block)| match &block.end {
            BlockEnd::Call { to, .. } => Some(*to),
            BlockEnd::Jump(_)
            | BlockEnd::Ask { .. }
            | BlockEnd::Clock { .. }
            | BlockEnd::CountDown { .. }
            | BlockEnd::Test { .. }
            | BlockEnd::Return(_)
            | BlockEnd::Hangup(_) => None,
        })
    }

    fn measure(&self, ir: &Ir, costs: &BTreeMap<BlockRef, Cost>) -> (Cost, Option<Run>) {
        let mut from_start = vec![None; self.next.len()];
        for place in self.starts.iter().filter_map(|start| self.places.get(start)) {
            set(&mut from_start, *place, 0);
        }
        let mut from_answer = vec![None; self.next.len()];
        // The switch over the answer is the first op behind a question.
        self.answered.iter().for_each(|place| set(&mut from_answer, *place, 1));
        for (_, block) in self.blocks(ir) {
            if let BlockEnd::Call { to, exits, .. } = &block.end
                && let Some(tail) = costs.get(to).unwrap_or(&OF_ITSELF).tail
            {
                let places = exits.iter().filter_map(|exit| self.places.get(exit));
                places.for_each(|place| set(&mut from_answer, *place, tail));
            }
        }
        let first = self.spread(ir, costs, from_start);
        let later = self.spread(ir, costs, from_answer);
        let into = first.longest.map_or(0, |run| run.ops);
        let cost = Cost { into, through: first.returned, tail: later.returned };
        (cost, first.longest.max(later.longest))
    }

    /// How far runs go that have made so many ops when they come to each block.
    fn spread(&self, ir: &Ir, costs: &BTreeMap<BlockRef, Cost>, mut before: Vec<Option<usize>>) -> Spread {
        let blocks: BTreeMap<usize, (&Block, usize)> = self
            .places
            .iter()
            .filter_map(|(id, place)| {
                let block = ir.blocks.get(*id)?;
                Some((*place, (block, ops(*id, block))))
            })
            .collect();
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, group) in self.group.iter().enumerate() {
            members.entry(*group).or_default().push(place);
        }
        let mut spread = Spread { longest: None, returned: None };
        for places in members.values().rev() {
            let come = places.iter().filter_map(|place| before.get(*place).copied().flatten()).max();
            let Some(come) = come else { continue };
            let own = places.iter().filter_map(|place| blocks.get(place)).map(|(_, ops)| ops);
            let ops = come + own.sum::<usize>();
            for (place, block) in places.iter().filter_map(|place| Some((*place, blocks.get(place)?.0))) {
                let cost = match &block.end {
                    BlockEnd::Call { to, .. } => *costs.get(to).unwrap_or(&OF_ITSELF),
                    BlockEnd::Return(_) => {
                        spread.returned = spread.returned.max(Some(ops));
                        Cost { into: 0, through: None, tail: None }
                    }
                    BlockEnd::Jump(_)
                    | BlockEnd::Ask { .. }
                    | BlockEnd::Clock { .. }
                    | BlockEnd::CountDown { .. }
                    | BlockEnd::Test { .. }
                    | BlockEnd::Hangup(_) => OF_ITSELF,
                };
                spread.longest = spread.longest.max(Some(Run { ops: ops + cost.into, node: block.node }));
                let Some(through) = cost.through else { continue };
                for (to, _) in self.next.get(place).into_iter().flatten() {
                    if self.group.get(*to) != self.group.get(place) {
                        set(&mut before, *to, ops + through);
                    }
                }
            }
        }
        spread
    }
}

/// Where runs end.
struct Spread {
    longest: Option<Run>,
    /// The longest that ends the routine.
    returned: Option<usize>,
}

fn set(before: &mut [Option<usize>], place: usize, ops: usize) {
    if let Some(known) = before.get_mut(place) {
        *known = (*known).max(Some(ops));
    }
}

/// The ops of a block and its end. The emitter leaves a jump to the block that comes next out.
fn ops(id: BlockRef, block: &Block) -> usize {
    let jump = |to: &BlockRef| usize::from(to.index() != id.index() + 1);
    block.steps.len()
        + match &block.end {
            BlockEnd::Jump(to) => jump(to),
            BlockEnd::CountDown { more: to, .. } | BlockEnd::Test { yes: to, .. } => 1 + jump(to),
            BlockEnd::Ask { .. }
            | BlockEnd::Clock { .. }
            | BlockEnd::Call { .. }
            | BlockEnd::Return(_)
            | BlockEnd::Hangup(_) => 1,
        }
}

/// The blocks of the same flow that follow without a question; behind a call those that it comes back to.
fn straight(end: &BlockEnd) -> Vec<BlockRef> {
    match end {
        BlockEnd::Jump(to) => vec![*to],
        BlockEnd::CountDown { more, out, .. } => vec![*more, *out],
        BlockEnd::Test { yes, no } => vec![*yes, *no],
        BlockEnd::Call { exits, .. } => exits.clone(),
        BlockEnd::Ask { .. } | BlockEnd::Clock { .. } | BlockEnd::Return(_) | BlockEnd::Hangup(_) => {
            Vec::new()
        }
    }
}

/// The blocks that follow an answer.
fn behind_question(end: &BlockEnd) -> Vec<BlockRef> {
    match end {
        BlockEnd::Ask { cases, otherwise, .. } => {
            cases.iter().map(|(_, to)| *to).chain([*otherwise]).collect()
        }
        BlockEnd::Clock { rows, otherwise, .. } => {
            rows.iter().map(|(_, to)| *to).chain([*otherwise]).collect()
        }
        BlockEnd::Jump(_)
        | BlockEnd::CountDown { .. }
        | BlockEnd::Test { .. }
        | BlockEnd::Call { .. }
        | BlockEnd::Return(_)
        | BlockEnd::Hangup(_) => Vec::new(),
    }
}
