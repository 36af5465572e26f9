//! What a flow does with calls that other flows send into it, for the checks of those flows: made once for each flow that is
//! called and not for each call of it, so that checks stay linear.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use cranelift_entity::SecondaryMap;

use super::arrivals::{self, Arrival};
use super::long_wait::{self, Longest};
use super::stay::{self, Gets, gets, is_pressed};
use super::{Cx, Exit, Site, caller_dials, cycles, paths};
use crate::graph::{Graph, Node, NodeId};
use crate::library::{Library, called};
use crate::nodes::Kind;
use crate::nodes::spec::{CallState, Takes};
use crate::world::World;

/// One way through a flow, as far as the flow that calls it must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    /// The state in which the call came.
    pub(super) came: CallState,
    /// The state in which it goes back.
    pub(super) left: CallState,
    /// Whether it spent time in the flow.
    pub(super) waited: bool,
    /// Whether the caller pressed a key.
    pub(super) pressed: bool,
    /// Whether a message was the last that the caller heard.
    pub(super) told: bool,
    /// Whether the caller talked to somebody, or left a message.
    pub(super) served: bool,
    /// Whether somebody was rung in vain, and the caller has heard nothing since.
    pub(super) missed: bool,
}

/// An exit of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Back {
    /// The ways that come back by it.
    pub(super) ways: BTreeSet<Way>,
    /// The longest that a caller may have waited inside who talked to nobody.
    pub(super) waited: Option<Longest>,
}

/// What a flow does with calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// The exits by which calls come back.
    pub(super) exits: BTreeMap<String, Back>,
    /// The states of calls that may end well inside: with a person, a recording or a goodbye.
    pub(super) well: BTreeSet<CallState>,
    /// A node inside that needs a call which isn't answered, and may get one that is if that's how it came in: its flow, which
    /// may be one that this one calls, and its name.
    pub(super) early_only: Option<(String, String)>,
    /// Whether it may hang up at once on calls that come in answered, without a word.
    pub(super) cuts_off: bool,
    /// The longest wait inside, in seconds, whether calls come back or not.
    pub(super) longest_s: u64,
    /// Inputs that are dialled on an outside line as they come, by their place in the flow's list.
    pub(super) dials: Vec<usize>,
}

impl Summary {
    /// The ways by an exit.
    pub(super) fn by(&self, exit: &str) -> impl Iterator<Item = Way> {
        self.exits.get(exit).into_iter().flat_map(|back| back.ways.iter().copied())
    }

    /// The ways by an exit of calls that come in a state.
    pub(super) fn ways(&self, exit: &str, came: CallState) -> impl Iterator<Item = Way> {
        self.by(exit).filter(move |way| way.came == came)
    }
}

/// What is known of the flows that flows call, by themselves or through others.
#[derive(Debug, Default)]
pub(crate) struct Callees {
    summaries: BTreeMap<String, Arc<Summary>>,
    /// Flows that call each other have one number.
    rounds: BTreeMap<String, usize>,
}

/// How often flows that call each other are looked at: they have an error each, and what else is found may be rough.
const ROUNDS: usize = 2;

impl Callees {
    /// Of all flows that these call.
    pub(crate) fn of<'a>(
        library: &'a Library,
        roots: impl IntoIterator<Item = &'a Graph>,
        world: &dyn World,
    ) -> Callees {
        let calls = Calls::of(library, roots);
        let groups = cycles::groups(&calls.next);
        // Groups are numbered from the ends on: what a flow calls is known before it.
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|flow| groups.get(*flow));
        let mut callees = Callees::default();
        for group in order.chunk_by(|a, b| groups.get(*a) == groups.get(*b)) {
            for _ in 0..if group.len() > 1 { ROUNDS } else { 1 } {
                for flow in group.iter().filter_map(|at| calls.flows.get(*at)) {
                    callees.look_at(flow, library, world);
                }
            }
        }
        let keys = calls.flows.iter().map(|flow| flow.key.clone());
        callees.rounds = keys.zip(groups).collect();
        callees
    }

    /// What is known of a flow that is called.
    pub(super) fn get(&self, key: &str) -> Option<&Arc<Summary>> {
        self.summaries.get(key)
    }

    /// Whether a flow calls the one that calls it, by itself or through others.
    pub(super) fn call_each_other(&self, caller: &str, callee: &str) -> bool {
        caller == callee || self.rounds.get(caller).is_some_and(|own| self.rounds.get(callee) == Some(own))
    }

    fn look_at(&mut self, flow: &Graph, library: &Library, world: &dyn World) {
        if flow.start().is_none() {
            return;
        }
        self.summaries.entry(flow.key.clone()).or_default();
        let calls_itself = flow.nodes.values().any(|node| called(node) == Some(&flow.key));
        let mut first = true;
        loop {
            let mut new = summary(&Cx::new(flow, library, self, world));
            // What a flow that calls itself does depends on what it does. That only grows, and there isn't much of it, but for
            // its waits: of those the first look counts.
            if let Some(old) = self.get(&flow.key).filter(|_| !first) {
                new.keep_waits(old);
            }
            let new = Arc::new(new);
            let old = self.summaries.insert(flow.key.clone(), Arc::clone(&new));
            if !calls_itself || old.as_ref() == Some(&new) {
                return;
            }
            first = false;
        }
    }
}

/// Which flow calls which.
#[derive(Default)]
struct Calls<'a> {
    flows: Vec<&'a Graph>,
    next: Vec<Vec<(usize, usize)>>,
}

impl<'a> Calls<'a> {
    fn of(library: &'a Library, roots: impl IntoIterator<Item = &'a Graph>) -> Calls<'a> {
        let mut calls = Calls::default();
        let mut number: BTreeMap<&str, usize> = BTreeMap::new();
        let mut open: VecDeque<&Graph> = VecDeque::new();
        for root in roots.into_iter().filter(|root| crate::library::calls(root)) {
            number.entry(root.key.as_str()).or_insert_with(|| {
                open.push_back(root);
                open.len() - 1
            });
        }
        let mut count = open.len();
        while let Some(flow) = open.pop_front() {
            let keys: BTreeSet<&str> = flow.nodes.values().filter_map(called).collect();
            let mut outs = Vec::new();
            for callee in keys.into_iter().filter_map(|key| library.get(key)) {
                let at = *number.entry(callee.key.as_str()).or_insert_with(|| {
                    open.push_back(callee);
                    count += 1;
                    count - 1
                });
                outs.push((at, 0));
            }
            calls.flows.push(flow);
            calls.next.push(outs);
        }
        calls
    }
}

fn summary(cx: &Cx<'_>) -> Summary {
    let mut summary = Summary::default();
    let waited = arrivals::of(cx);
    let mut queue: VecDeque<(NodeId, Way)> = VecDeque::new();
    if let Some((start, ..)) = cx.nodes().find(|(_, node, _)| node.kind == Some(Kind::Start)) {
        for came in [CallState::Early, CallState::Answered] {
            let way = Way {
                came,
                left: came,
                waited: false,
                pressed: false,
                told: false,
                served: false,
                missed: false,
            };
            queue.push_back((start, way));
        }
    }
    let mut seen: BTreeSet<(NodeId, Way)> = queue.iter().copied().collect();
    while let Some((id, way)) = queue.pop_front() {
        let (Some(node), Some(site)) = (cx.graph.nodes.get(id), cx.sites.get(id)) else { continue };
        summary.comes_to(cx, id, way, waited_until(&waited, id));
        for exit in site.exits.iter().filter(|e| e.known) {
            let Some(target) = exit.target else { continue };
            for next in after(node, site, exit, way) {
                if seen.insert((target, next)) {
                    queue.push_back((target, next));
                }
            }
        }
    }
    summary.longest_s = long_wait::longest(cx);
    summary.dials = caller_dials::inputs_dialled(cx);
    summary
}

fn waited_until(arrivals: &SecondaryMap<NodeId, Arrival>, node: NodeId) -> Option<Longest> {
    arrivals.get(node).and_then(|arrival| arrival.waited)
}

impl Summary {
    fn keep_waits(&mut self, old: &Summary) {
        self.longest_s = old.longest_s;
        for (name, back) in &mut self.exits {
            back.waited = old.exits.get(name).map_or(back.waited, |old| old.waited);
        }
    }

    /// A call comes to a node of the flow.
    fn comes_to(&mut self, cx: &Cx<'_>, id: NodeId, way: Way, waited: Option<Longest>) {
        let (Some(node), Some(site)) = (cx.graph.nodes.get(id), cx.sites.get(id)) else { return };
        if node.kind == Some(Kind::ComeBack)
            && let Some(exit) = node.field("exit").and_then(|f| f.value.as_str())
        {
            let back = self.exits.entry(exit.to_owned()).or_default();
            back.waited = back.waited.max(waited);
            back.ways.insert(way);
        }
        if ends_well(site, way) {
            self.well.insert(way.came);
        }
        if way.came == CallState::Answered && !way.waited && cuts_off(site) {
            self.cuts_off = true;
        }
        // Calls that come in answered come here too: no way depends on that.
        let inside = || site.calls.as_ref().and_then(|calls| calls.early_only.clone());
        let own = needs_early(node, site).then(|| (cx.graph.key.clone(), node.name.clone()));
        self.early_only = self.early_only.take().or(own).or_else(inside);
    }
}

/// Whether a node needs a call that isn't answered.
fn needs_early(node: &Node, site: &Site<'_>) -> bool {
    let Some(Takes::EarlyIf { field, values }) = site.kind.map(|k| k.spec().takes) else { return false };
    node.field(field).is_some_and(|f| {
        let value = f.value.as_str().map_or_else(|| f.value.to_string(), str::to_owned);
        values.contains(&value.as_str())
    })
}

/// Whether an answered call that comes to a node may be hung up on there at once.
pub(super) fn cuts_off(site: &Site<'_>) -> bool {
    gets(site) == Gets::End || site.calls.as_ref().is_some_and(|calls| calls.cuts_off)
}

fn ends_well(site: &Site<'_>, way: Way) -> bool {
    match gets(site) {
        Gets::Person | Gets::Recording => true,
        Gets::End => way.told || way.left == CallState::Early,
        Gets::Message | Gets::Nothing => {
            site.calls.as_ref().is_some_and(|calls| calls.well.contains(&way.left))
        }
    }
}

/// The ways on by an exit.
fn after(node: &Node, site: &Site<'_>, exit: &Exit, way: Way) -> Vec<Way> {
    if let Some(calls) = &site.calls {
        let inside = calls.ways(&exit.name, way.left);
        return inside
            .map(|more| Way {
                came: way.came,
                left: more.left,
                waited: way.waited || more.waited,
                pressed: way.pressed || more.pressed,
                told: more.told || !more.waited && way.told,
                served: way.served || more.served,
                missed: more.missed || !more.waited && way.missed,
            })
            .collect();
    }
    let waits = stay::waits(site);
    let told = match gets(site) {
        Gets::Message => true,
        Gets::Person | Gets::Recording | Gets::Nothing | Gets::End => !waits && way.told,
    };
    let served = match gets(site) {
        Gets::Person => exit.name == "answered",
        Gets::Recording => true,
        Gets::Message | Gets::Nothing | Gets::End => false,
    };
    let on = |left| Way {
        left,
        waited: way.waited || waits,
        pressed: way.pressed || is_pressed(site, &exit.name),
        told,
        served: way.served || served,
        missed: site.kind.is_some_and(|kind| stay::meets_nobody(kind, &exit.name)) || !waits && way.missed,
        ..way
    };
    paths::left(node, site, exit, way.left).into_iter().map(on).collect()
}

#[cfg(test)]
mod tests;
