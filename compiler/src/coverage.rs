//! Which nodes and exits of a project's flows its tests come to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::check;
use crate::compile::compile;
use crate::diff::view::View;
use crate::entity::catalog::Catalog;
use crate::graph::{FlowId, Graph, Project};
use crate::sim::{Script, What, run};

/// What the tests of a project come to in one of its flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Covered {
    /// Key of the flow.
    pub flow: String,
    /// Nodes that tests come to, and all.
    pub nodes: (usize, usize),
    /// Exits by which tests leave, and all that calls can take.
    pub exits: (usize, usize),
    /// Nodes that no test comes to, in the order of the flow.
    pub missed_nodes: Vec<String>,
    /// Exits by which no test leaves a node that tests come to.
    pub missed_exits: Vec<(String, String)>,
}

/// Runs the tests whose name is wanted and says what they come to, flow by flow. Tests that can't be run come to
/// nothing.
#[must_use]
pub fn covered(project: &Project, world: &Catalog, wanted: &dyn Fn(&str) -> bool) -> Vec<Covered> {
    let mut met: BTreeMap<FlowId, Met> = BTreeMap::new();
    let keys: BTreeMap<&str, FlowId> =
        project.flows.iter().rev().map(|(id, graph)| (graph.key.as_str(), id)).collect();
    let mut programs = BTreeMap::new();
    for test in project.tests.values().filter(|t| wanted(&t.name)) {
        let Ok(script) = Script::of(test, project, world) else { continue };
        let Some(graph) = project.flows.get(script.flow) else { continue };
        let program = programs.entry(script.flow).or_insert_with(|| compile(graph, world).program);
        let outcome = program.as_ref().and_then(|program| run(program, graph, &script, world));
        let names = graph.names();
        for happening in outcome.into_iter().flat_map(|o| o.happened) {
            let (What::Enters(name) | What::Leaves { node: name, .. }) = &happening.what else { continue };
            // A node of a flow that was called on the way is `flow/node`.
            let inside = if names.contains_key(name.as_str()) { None } else { name.split_once('/') };
            let (flow, name) = match inside {
                Some((key, name)) => (keys.get(key).copied(), name),
                None => (Some(script.flow), name.as_str()),
            };
            let Some(met) = flow.map(|flow| met.entry(flow).or_default()) else { continue };
            if let What::Leaves { exit, .. } = &happening.what {
                met.exits.insert((name.to_owned(), exit.clone()));
            } else {
                met.nodes.insert(name.to_owned());
            }
        }
    }
    let nothing = Met::default();
    let flows = project.flows.iter();
    flows.map(|(id, graph)| count(graph, world, met.get(&id).unwrap_or(&nothing))).collect()
}

#[derive(Default)]
struct Met {
    nodes: BTreeSet<String>,
    exits: BTreeSet<(String, String)>,
}

fn count(graph: &Graph, world: &Catalog, met: &Met) -> Covered {
    let view = View::new(graph, world);
    let never = check::never_taken(graph, world);
    let mut covered = Covered {
        flow: graph.key.clone(),
        nodes: (0, graph.nodes.len()),
        exits: (0, 0),
        missed_nodes: Vec::new(),
        missed_exits: Vec::new(),
    };
    for (id, node) in &graph.nodes {
        let comes = met.nodes.contains(&node.name);
        if comes {
            covered.nodes.0 += 1;
        } else {
            covered.missed_nodes.push(node.name.clone());
        }
        // An exit that no call can take can't be tested either.
        for exit in view.exits(id).into_iter().filter(|exit| !never.contains(&(id, exit.clone()))) {
            let left = (node.name.clone(), exit);
            covered.exits.1 += 1;
            if met.exits.contains(&left) {
                covered.exits.0 += 1;
            } else if comes {
                covered.missed_exits.push(left);
            }
        }
    }
    covered
}
