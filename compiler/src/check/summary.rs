//! What a call of a flow does to a call, for the checks of the flows that call it: made once for each flow, not for each call
//! of it, so that the checks stay linear.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::stay::{Gets, gets, is_pressed, waits};
use super::{Cx, Site, long_wait, paths};
use crate::graph::{Graph, NodeId, called};
use crate::nodes::Kind;
use crate::nodes::spec::{CallState, Takes};
use crate::world::World;

/// One way through a flow, as far as its caller must know.
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
}

/// What a call of a flow does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// The ways by which it comes back, exit by exit.
    pub(super) exits: BTreeMap<String, BTreeSet<Way>>,
    /// Whether calls that come in so may end well inside: not answered, answered.
    pub(super) well: BTreeSet<CallState>,
    /// A node inside that needs a call which isn't answered, and may get one that is if that's how it came in.
    pub(super) early_only: Option<String>,
    /// The longest wait inside, in seconds.
    pub(super) longest_s: u64,
}

impl Summary {
    /// The ways by an exit of calls that come in a state.
    pub(super) fn ways(&self, exit: &str, came: CallState) -> impl Iterator<Item = Way> {
        self.exits.get(exit).into_iter().flatten().copied().filter(move |way| way.came == came)
    }
}

/// What is known of every flow that a flow calls, by itself or through others.
pub(super) fn of(graph: &Graph, world: &dyn World) -> BTreeMap<String, Summary> {
    let mut known: BTreeMap<String, Summary> = BTreeMap::new();
    let order = callees(graph);
    // A flow comes after those that it calls, so that once through is enough but for flows that call each other. What is
    // known only grows, and there isn't much of it.
    let mut news = !order.is_empty();
    while news {
        news = false;
        for callee in &order {
            let cx = Cx::with(callee, graph, world, &known);
            let mut summary = summary(&cx);
            // Flows that call each other would wait for each other for ever; the first look counts.
            if let Some(before) = known.get(&callee.key) {
                summary.longest_s = before.longest_s;
            }
            if known.get(&callee.key) != Some(&summary) {
                known.insert(callee.key.clone(), summary);
                news = true;
            }
        }
    }
    known
}

/// The flows that a flow calls, each behind those that it calls itself.
pub(super) fn callees(graph: &Graph) -> Vec<&Graph> {
    let calls = |flow: &Graph| -> Vec<String> {
        flow.nodes
            .values()
            .filter_map(called)
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    };
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    let mut open: Vec<(Option<&Graph>, Vec<String>)> = vec![(None, calls(graph))];
    while let Some((flow, due)) = open.last_mut() {
        match due.pop() {
            Some(key) => {
                if let Some(callee) = graph.callee(&key).filter(|_| seen.insert(key.clone())) {
                    open.push((Some(callee), calls(callee)));
                }
            }
            None => {
                order.extend(*flow);
                open.pop();
            }
        }
    }
    order
}

fn summary(cx: &Cx<'_>) -> Summary {
    let mut summary = Summary::default();
    let starts = cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::Start)).map(|(id, ..)| id);
    let mut queue: VecDeque<(NodeId, Way)> = VecDeque::new();
    for start in starts {
        for came in [CallState::Early, CallState::Answered] {
            queue.push_back((start, Way { came, left: came, waited: false, pressed: false, told: false }));
        }
    }
    let mut seen: BTreeSet<(NodeId, Way)> = queue.iter().copied().collect();
    while let Some((id, way)) = queue.pop_front() {
        let (Some(node), Some(site)) = (cx.graph.nodes.get(id), cx.sites.get(id)) else { continue };
        if node.kind == Some(Kind::ComeBack)
            && let Some(exit) = node.field("exit").and_then(|f| f.value.as_str())
        {
            summary.exits.entry(exit.to_owned()).or_default().insert(way);
        }
        if ends_well(site, way) {
            summary.well.insert(way.came);
        }
        if let Some(Takes::EarlyIf { field, values }) = site.kind.map(|k| k.spec().takes)
            && way.left == CallState::Answered
            && way.came == CallState::Answered
            && node.field(field).is_some_and(|f| {
                let value = f.value.as_str().map_or_else(|| f.value.to_string(), str::to_owned);
                values.contains(&value.as_str())
            })
        {
            summary.early_only.get_or_insert_with(|| node.name.clone());
        }
        for exit in site.exits.iter().filter(|e| e.known) {
            let Some(target) = exit.target else { continue };
            for next in after(node, site, exit, way) {
                if seen.insert((target, next)) {
                    queue.push_back((target, next));
                }
            }
        }
    }
    let waits = long_wait::waits(cx).into_iter().filter_map(|wait| match wait.longest {
        long_wait::Longest::Seconds(s) => Some(s),
        long_wait::Longest::Endless => None,
    });
    summary.longest_s = waits.max().unwrap_or(0);
    summary
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
fn after(node: &crate::graph::Node, site: &Site<'_>, exit: &super::Exit, way: Way) -> Vec<Way> {
    if let Some(calls) = &site.calls {
        let inside = calls.ways(&exit.name, way.left);
        return inside
            .map(|more| Way {
                came: way.came,
                left: more.left,
                waited: way.waited || more.waited,
                pressed: way.pressed || more.pressed,
                told: more.told || !more.waited && way.told,
            })
            .collect();
    }
    let told = match gets(site) {
        Gets::Message => true,
        Gets::Person | Gets::Recording | Gets::Nothing | Gets::End => !waits(site) && way.told,
    };
    paths::left(node, site, exit, way.left)
        .into_iter()
        .map(|left| Way {
            left,
            waited: way.waited || waits(site),
            pressed: way.pressed || is_pressed(site, &exit.name),
            told,
            ..way
        })
        .collect()
}
