//! One version of a flow as calls see it: steps, effective settings, and where exits lead in the end.

use std::collections::BTreeMap;

use flow_vm::effect::Cause;
use serde_json::Value;

use super::words;
use crate::entity::catalog::Catalog;
use crate::entity::{EntityFacts, EntityKind, spec as entity_spec};
use crate::graph::{Declaration, Graph, Node, NodeId, Target, Wiring};
use crate::library::called;
use crate::nodes::Kind;
use crate::nodes::spec::{FieldDefault, FieldSpec, FieldType, Unwired};
use crate::world::World as _;

/// A flow with its facts.
pub(crate) struct View<'a> {
    pub graph: &'a Graph,
    pub names: BTreeMap<&'a str, NodeId>,
    wiring: Wiring,
    world: &'a Catalog,
    facts: BTreeMap<(EntityKind, &'a str), &'a Declaration>,
}

/// Where calls go from an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// To a node.
    Node(NodeId),
    /// The call ends.
    HangsUp,
    /// The caller hears a goodbye, and the call ends.
    Goodbye,
    /// Nowhere yet: the exit needs an edge, or its edge leads to a node that isn't there.
    Open,
    /// The node has no such exit.
    NoExit,
}

impl<'a> View<'a> {
    pub fn new(graph: &'a Graph, world: &'a Catalog) -> Self {
        let facts = world.declarations().map(|d| ((d.kind, d.key.as_str()), d)).collect();
        View { graph, names: graph.names(), wiring: graph.wiring(), world, facts }
    }

    /// What the flow takes from those that call it, in words.
    pub fn takes(&self) -> String {
        let inputs = self.graph.inputs();
        let said = inputs.iter().map(|(name, ty)| format!("`{name}` ({})", ty.noun()));
        if inputs.is_empty() { "nothing".to_owned() } else { said.collect::<Vec<_>>().join(", ") }
    }

    /// The time zone of `now`, if the flow looks at the clock.
    pub fn clock(&self) -> Option<String> {
        let mut fields = self.graph.nodes.values().flat_map(|node| &node.fields);
        fields
            .any(|field| field.value.to_string().contains("now."))
            .then(|| crate::expr::zone_of(self.graph, self.world))
            .flatten()
    }

    pub fn node(&self, id: NodeId) -> Option<&'a Node> {
        self.graph.nodes.get(id)
    }

    pub fn name(&self, id: NodeId) -> &'a str {
        self.node(id).map_or("?", |n| n.name.as_str())
    }

    /// The kind and the entities: what happens in a node, but for its settings. The numbers of an entry aren't what
    /// happens in it.
    pub fn step(&self, id: NodeId) -> (&'a str, Vec<&'a str>) {
        let Some(node) = self.node(id) else { return ("", Vec::new()) };
        let is_entry = node.kind.is_some_and(|k| k.spec().is_entry());
        let keys = node.entities.iter().filter(|_| !is_entry).filter_map(|e| e.key.as_deref());
        (node.kind_name.as_str(), keys.collect())
    }

    /// A node in words: `ann` (extension 101).
    pub fn said(&self, id: NodeId) -> String {
        format!("`{}` ({})", self.name(id), self.what(id))
    }

    /// What a node is, in words: extension 101.
    pub fn what(&self, id: NodeId) -> String {
        let (kind, entities) = self.step(id);
        let kind = kind.replace('_', " ");
        match self.node(id).and_then(called) {
            Some(flow) => format!("{kind} {flow}"),
            None if entities.is_empty() => kind,
            None => format!("{kind} {}", entities.join(", ")),
        }
    }

    fn entity(&self, node: &Node) -> Option<&'a EntityFacts> {
        self.world.entity(node.kind?.spec().entity.kind()?, node.entity_key()?)
    }

    /// The exits of a node, also those that have an edge and no fact behind them.
    pub fn exits(&self, id: NodeId) -> Vec<String> {
        let Some(node) = self.node(id) else { return Vec::new() };
        let exits = self.graph.library.exits_of(node, self.entity(node));
        let mut names: Vec<String> = exits.into_iter().map(|(name, _)| name).collect();
        for edge in self.wiring.from(id).iter().filter_map(|e| self.graph.edges.get(*e)) {
            if !names.contains(&edge.exit) {
                names.push(edge.exit.clone());
            }
        }
        names
    }

    /// Whether an exit goes where another one of its node goes because it has no edge.
    pub fn follows(&self, id: NodeId, exit: &str) -> bool {
        let falls = |unwired| matches!(unwired, Unwired::FallsTo(_));
        self.wiring.edge(self.graph, id, exit).is_none() && self.unwired(id, exit).is_some_and(falls)
    }

    fn unwired(&self, id: NodeId, exit: &str) -> Option<Unwired> {
        let node = self.node(id)?;
        let exits = self.graph.library.exits_of(node, self.entity(node));
        exits.into_iter().find(|(name, _)| name == exit).map(|(_, spec)| spec.unwired)
    }

    /// Where calls go from an exit, by its own edge or by what it falls back to.
    pub fn leads(&self, id: NodeId, exit: &str) -> Leads {
        let mut exit = exit;
        // A fallback may fall back again, but never more often than there are exits.
        for _ in 0..=self.exits(id).len() {
            if let Some(edge) = self.wiring.edge(self.graph, id, exit) {
                return match self.graph.edges.get(edge).map(|e| &e.target) {
                    Some(Target::Node(to)) => Leads::Node(*to),
                    Some(Target::Missing(_)) | None => Leads::Open,
                };
            }
            match self.unwired(id, exit) {
                Some(Unwired::FallsTo(other)) => exit = other,
                Some(Unwired::SaysGoodbye) => return Leads::Goodbye,
                Some(Unwired::HangsUp) => return Leads::HangsUp,
                Some(Unwired::Refused) => return Leads::Open,
                None => return Leads::NoExit,
            }
        }
        Leads::Open
    }

    /// Whether what an exit leads to is what happens without it: the call ends, and nothing is wrong with it.
    pub fn only_hangs_up(&self, leads: Leads) -> bool {
        match leads {
            Leads::Node(to) => {
                let node = self.node(to).filter(|n| n.kind == Some(Kind::Hangup));
                node.and_then(|_| Kind::Hangup.spec().field("cause")).is_some_and(|cause| {
                    self.setting(to, cause).is_some_and(|value| value == Cause::Normal.name())
                })
            }
            Leads::HangsUp => true,
            Leads::Goodbye | Leads::Open | Leads::NoExit => false,
        }
    }

    /// Where calls go from an exit, in words that follow "callers".
    pub fn leads_said(&self, leads: Leads) -> String {
        match leads {
            Leads::Node(to) => format!("go to {}", self.said(to)),
            Leads::HangsUp => "are hung up".to_owned(),
            Leads::Goodbye => "hear a goodbye and are hung up".to_owned(),
            Leads::Open => "have nowhere to go".to_owned(),
            Leads::NoExit => "can't do that".to_owned(),
        }
    }

    /// What calls do that come in by an entry.
    pub fn first(&self, entry: NodeId) -> String {
        let exit = self.exits(entry).into_iter().next();
        exit.map_or_else(|| "end".to_owned(), |exit| self.leads_said(self.leads(entry, &exit)))
    }

    /// The value that a setting of a node has in the end; the entity's if the node gives none.
    pub fn setting(&self, id: NodeId, spec: &FieldSpec) -> Option<Value> {
        let node = self.node(id)?;
        if let Some(field) = node.field(spec.name) {
            return Some(field.value.clone());
        }
        match spec.default {
            FieldDefault::Is(json) => serde_json::from_str(json).ok(),
            FieldDefault::FromEntity(field) => {
                let kind = node.kind?.spec().entity.kind()?;
                let spec = entity_spec::of(kind).fields.iter().find(|f| f.name == field)?;
                value_of(&self.facts.get(&(kind, node.entity_key()?))?.fields, spec)
            }
            FieldDefault::Required | FieldDefault::Absent => None,
        }
    }

    /// The settings in which two nodes of one kind differ, in words: name, before, after. What both take from their
    /// entities is the entities' matter, unless they are different ones.
    pub fn settings_changed(
        &self,
        a: NodeId,
        other: &View<'_>,
        b: NodeId,
    ) -> Vec<(&'static str, String, String)> {
        let (Some(old), Some(new)) = (self.node(a), other.node(b)) else { return Vec::new() };
        let specs = new.kind.map_or(&[][..], |kind| kind.spec().fields);
        let differs = |spec: &&FieldSpec| {
            let given = old.field(spec.name).is_some() || new.field(spec.name).is_some();
            given && meant(spec, self.setting(a, spec)) != meant(spec, other.setting(b, spec))
        };
        let words = |spec: &FieldSpec| {
            let said = |value| words::value(Some(spec.ty), value);
            (spec.name, said(self.setting(a, spec)), said(other.setting(b, spec)))
        };
        specs.iter().filter(differs).map(words).collect()
    }
}

/// A setting as calls see it: a server may give any of the answers, in whatever order they stand.
fn meant(spec: &FieldSpec, value: Option<Value>) -> Option<Value> {
    match value {
        Some(Value::Array(mut answers)) if spec.ty == FieldType::Answers => {
            answers.sort_by_key(Value::to_string);
            Some(Value::Array(answers))
        }
        other => other,
    }
}

/// The value of a field among those given, or its default.
pub(crate) fn value_of(fields: &[crate::graph::Field], spec: &FieldSpec) -> Option<Value> {
    match fields.iter().find(|f| f.name == spec.name) {
        Some(field) => Some(field.value.clone()),
        None => match spec.default {
            FieldDefault::Is(json) => serde_json::from_str(json).ok(),
            FieldDefault::Required | FieldDefault::Absent | FieldDefault::FromEntity(_) => None,
        },
    }
}
