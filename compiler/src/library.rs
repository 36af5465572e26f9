//! Flows that call each other: which flow a `subflow` node means, what that flow takes, and by which exits it comes back.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_vm::value::Type;
use serde_json::Value;

use crate::entity::EntityFacts;
use crate::graph::{Graph, Node};
use crate::nodes::Kind;
use crate::nodes::spec::ExitSpec;

/// The flows that flows which were read together may call, by key. It's shared by all of them, and no part of what one of
/// them says: two flows are equal that say the same, whatever they may call.
#[derive(Clone, Debug, Default)]
pub struct Library(Option<Arc<BTreeMap<String, Graph>>>);

impl PartialEq for Library {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Library {}

impl Library {
    /// These flows. Of several with one key the first counts.
    #[must_use]
    pub fn of(flows: impl IntoIterator<Item = Graph>) -> Library {
        let mut all = BTreeMap::new();
        for flow in flows {
            let key = flow.key.clone();
            all.entry(key).or_insert(Graph { library: Library(None), ..flow });
        }
        Library(Some(Arc::new(all)))
    }

    /// The flow of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Graph> {
        self.0.as_ref()?.get(key)
    }

    /// Every flow, by key.
    pub fn flows(&self) -> impl Iterator<Item = &Graph> {
        self.0.iter().flat_map(|flows| flows.values())
    }

    /// The flow that a `subflow` node calls.
    #[must_use]
    pub fn called_by(&self, node: &Node) -> Option<&Graph> {
        self.get(called(node)?)
    }

    /// The exits of a node in their order: those of its kind and facts, and of a `subflow` those of the flow that it calls.
    #[must_use]
    pub fn exits_of(&self, node: &Node, facts: Option<&EntityFacts>) -> Vec<(String, &'static ExitSpec)> {
        let Some(kind) = node.kind else { return Vec::new() };
        let mut exits = kind.exits(node, facts);
        let own = self.called_by(node).map(Graph::own_exits).unwrap_or_default();
        exits.extend(own.into_iter().map(|name| (name.to_owned(), &kind.spec().computed_exit)));
        exits
    }
}

/// Lets flows call each other. Where no node calls a flow it costs nothing.
pub fn link<'g>(flows: impl IntoIterator<Item = &'g mut Graph>) {
    let flows: Vec<&mut Graph> = flows.into_iter().collect();
    if !flows.iter().any(|flow| calls(flow)) {
        return;
    }
    let library = Library::of(flows.iter().map(|flow| (**flow).clone()));
    for flow in flows {
        flow.library = library.clone();
    }
}

/// Whether a flow has nodes that call others.
#[must_use]
pub fn calls(flow: &Graph) -> bool {
    flow.nodes.values().any(|node| node.kind == Some(Kind::Subflow))
}

/// The key of the flow that a `subflow` node calls.
#[must_use]
pub fn called(node: &Node) -> Option<&str> {
    node.field("flow").filter(|_| node.kind == Some(Kind::Subflow))?.value.as_str()
}

/// The name that a node of a flow has in the programs of those that call it.
#[must_use]
pub fn name_in_programs(flow: &Graph, node: &Node) -> String {
    format!("{}/{}", flow.key, node.name)
}

impl Graph {
    /// The exits by which it comes back to the flow that called it.
    #[must_use]
    pub fn own_exits(&self) -> Vec<&str> {
        let list = self.field("exits").and_then(|f| f.value.as_array());
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What it takes from the flow that calls it: names and types.
    #[must_use]
    pub fn inputs(&self) -> Vec<(&str, Type)> {
        let list = self.field("inputs").and_then(|f| f.value.as_array());
        list.into_iter().flatten().filter_map(Value::as_str).filter_map(crate::value::input).collect()
    }

    /// Its first `start` node, where calls of other flows come in.
    #[must_use]
    pub fn start(&self) -> Option<&Node> {
        self.nodes.values().find(|node| node.kind == Some(Kind::Start))
    }

    /// Whether calls come into it from outside, so that it has a program: by a number, and not from other flows alone.
    #[must_use]
    pub fn is_entered(&self) -> bool {
        let is_entry = |kind: Kind| kind.spec().is_entry() && kind != Kind::Start;
        self.nodes.values().any(|node| node.kind.is_some_and(is_entry))
    }

    /// The node that its program calls so: one of its own, or `flow/node` of one that it calls.
    #[must_use]
    pub fn node_of_program(&self, name: &str) -> Option<(&Graph, &Node)> {
        let own = self.node(name).and_then(|id| self.nodes.get(id));
        own.map(|node| (self, node)).or_else(|| {
            let (key, name) = name.split_once('/')?;
            let flow = self.library.get(key)?;
            Some((flow, flow.nodes.get(flow.node(name)?)?))
        })
    }
}
