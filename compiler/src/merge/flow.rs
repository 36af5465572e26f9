//! Merging a flow: nodes by name, edges by the exit that they stand on.

use std::collections::{BTreeMap, BTreeSet};

use cranelift_entity::PrimaryMap;
use serde_json::{Map, Value};

use super::{Merge, Three, of_present};
use crate::graph::{Comments, Edge, Graph, Node, NodeId, Origin, Target, Unread};
use crate::library::Library;

/// A node's name and an exit of it.
type Exit = (String, String);

/// An edge without the numbers that nodes have in its graph.
#[derive(Clone, Debug, PartialEq)]
struct Wire {
    to: String,
    id: Option<String>,
    label: String,
    target_handle: Option<String>,
    extra: Map<String, Value>,
    comments: Comments,
}

/// A flow as it is merged.
#[derive(Clone, Debug, Default)]
struct Plain {
    nodes: Vec<(String, Node)>,
    wires: Vec<(Exit, Wire)>,
}

impl Plain {
    fn of(graph: &Graph) -> Plain {
        let name = |id: NodeId| graph.nodes.get(id).map(|n| n.name.clone()).unwrap_or_default();
        let wire = |edge: &Edge| {
            let to = match &edge.target {
                Target::Node(id) => name(*id),
                Target::Missing(name) => name.clone(),
            };
            let Edge { id, label, target_handle, extra, comments, .. } = edge.clone();
            ((name(edge.source), edge.exit.clone()), Wire { to, id, label, target_handle, extra, comments })
        };
        Plain {
            nodes: graph.nodes.values().map(|n| (n.name.clone(), n.clone())).collect(),
            wires: graph.edges.values().map(wire).collect(),
        }
    }

    /// Where the exits of a node lead.
    fn wires_of(&self, node: &str) -> BTreeMap<&str, &str> {
        let own = self.wires.iter().filter(|((from, _), _)| from == node);
        own.map(|((_, exit), wire)| (exit.as_str(), wire.to.as_str())).collect()
    }

    /// Nodes to which exits lead that don't in another version.
    fn led_to_newly(&self, than: &Plain) -> BTreeSet<&str> {
        let known: BTreeSet<(&Exit, &str)> =
            than.wires.iter().map(|(exit, w)| (exit, w.to.as_str())).collect();
        let new = self.wires.iter().filter(|(exit, w)| !known.contains(&(exit, w.to.as_str())));
        new.map(|(_, w)| w.to.as_str()).collect()
    }
}

impl Merge {
    pub(super) fn flow(&mut self, key: &str, of: &Three<Option<&Graph>>) -> Option<Graph> {
        let name = format!("flow `{key}`");
        if !self.stays(of, |a, b| a == b, || format!("{name}: removed and changed")) {
            return None;
        }
        let graphs = of_present(of, |g: &Option<&Graph>| g.cloned().unwrap_or_default());
        let plain = graphs.map(Plain::of);
        let nodes = self.nodes(&plain);
        let wires = self.wires(&plain, &nodes);
        let mut graph = Graph {
            unread: Unread::default(),
            lost: Unread::default(),
            key: key.to_owned(),
            label: self.value(graphs.map(|g| g.label.clone()), || format!("{name}: its label")),
            viewport: Merge::quiet(graphs.map(|g| g.viewport)),
            strays: self
                .value(graphs.map(|g| g.strays.clone()), || format!("{name}: parts that are no nodes")),
            extra: self.members_of_json(&name, &graphs.map(|g| g.extra.clone())),
            notes: self.members_of_json(&name, &graphs.map(|g| g.notes.clone())),
            comments: self.comments(&name, graphs.map(|g| g.comments.clone())),
            layout_comments: Merge::quiet(graphs.map(|g| g.layout_comments.clone())),
            fields: self.fields(&name, &graphs.map(|g| g.fields.clone()), &[]),
            nodes: PrimaryMap::new(),
            edges: PrimaryMap::new(),
            library: Library::default(),
            origin: Origin::default(),
            cut: false,
        };
        let ids: BTreeMap<String, NodeId> =
            nodes.into_iter().map(|(name, node)| (name, graph.nodes.push(node))).collect();
        for ((source, exit), wire) in wires {
            let Some(source) = ids.get(&source).copied() else { continue };
            let Wire { to, id, label, target_handle, extra, comments } = wire;
            let target = ids.get(&to).map_or_else(|| Target::Missing(to.clone()), |id| Target::Node(*id));
            let (origin, exit_origin, target_origin) =
                (Origin::default(), Origin::default(), Origin::default());
            graph.edges.push(Edge {
                source,
                exit,
                target,
                id,
                label,
                target_handle,
                extra,
                comments,
                origin,
                exit_origin,
                target_origin,
            });
        }
        Some(graph)
    }

    fn nodes(&mut self, plain: &Three<Plain>) -> Vec<(String, Node)> {
        let ours_new = plain.ours.led_to_newly(&plain.base);
        let theirs_new = plain.theirs.led_to_newly(&plain.base);
        let nodes = plain.map(|p| p.nodes.clone());
        self.keyed(&nodes, |merge, name, of| {
            let said = || format!("node `{name}`");
            // To lead calls to a node is as good a reason to keep it as to change it.
            let wanted = of.ours.is_none() && theirs_new.contains(name.as_str())
                || of.theirs.is_none() && ours_new.contains(name.as_str());
            let wires = plain.map(|p| p.wires_of(name));
            let left = if of.ours.is_some() { &wires.ours } else { &wires.theirs };
            let same = |a: &Node, b: &Node| !wanted && content(a) == content(b) && wires.base == *left;
            if !merge.stays(&of, same, || format!("{}: removed and changed, or led to", said())) {
                return None;
            }
            let empty = || Node { name: name.clone(), ..Node::default() };
            let of = of_present(&of, |n: &Option<&Node>| n.cloned().unwrap_or_else(empty));
            Some(merge.node(&said(), &of))
        })
    }

    fn node(&mut self, name: &str, of: &Three<Node>) -> Node {
        let (kind, kind_name) =
            self.value(of.map(|n| (n.kind, n.kind_name.clone())), || format!("{name}: its kind"));
        Node {
            unread: Unread::default(),
            name: of.ours.name.clone(),
            kind,
            kind_name,
            label: self.value(of.map(|n| n.label.clone()), || format!("{name}: its label")),
            entities: self.value(of.map(|n| n.entities.clone()), || format!("{name}: its entity")),
            fields: self.fields(name, &of.map(|n| n.fields.clone()), &[]),
            position: Merge::quiet(of.map(|n| n.position)),
            data: self.members_of_json(name, &of.map(|n| n.data.clone())),
            extra: self.members_of_json(name, &of.map(|n| n.extra.clone())),
            comments: self.comments(name, of.map(|n| n.comments.clone())),
            layout_comments: Merge::quiet(of.map(|n| n.layout_comments.clone())),
            origin: Origin::default(),
            kind_origin: Origin::default(),
        }
    }

    fn wires(&mut self, plain: &Three<Plain>, nodes: &[(String, Node)]) -> Vec<(Exit, Wire)> {
        let names: BTreeSet<&str> = nodes.iter().map(|(name, _)| name.as_str()).collect();
        let wires = plain.map(|p| p.wires.clone());
        let has = plain.map(|p| p.nodes.iter().map(|(name, _)| name.as_str()).collect::<BTreeSet<&str>>());
        self.keyed(&wires, |merge, (node, exit), of| {
            if !names.contains(node.as_str()) {
                return None;
            }
            let said = || format!("node `{node}`: where `{exit}` leads");
            // A node that was removed took its edges along; where it stays, they stay with it.
            let mut of = of;
            if !has.ours.contains(node.as_str()) {
                of.ours = of.base;
            }
            if !has.theirs.contains(node.as_str()) {
                of.theirs = of.base;
            }
            if !merge.stays(&of, |a, b| a.to == b.to, || format!("{}, and nowhere", said())) {
                return None;
            }
            of.ours.or(of.theirs)?;
            let empty = Wire {
                to: String::new(),
                id: None,
                label: String::new(),
                target_handle: None,
                extra: Map::new(),
                comments: Comments::default(),
            };
            let present = of_present(&of, |w: &Option<&Wire>| w.cloned().unwrap_or_else(|| empty.clone()));
            let to = merge.value(present.map(|w| w.to.clone()), said);
            Some(Wire {
                to,
                id: Merge::quiet(present.map(|w| w.id.clone())),
                label: merge.value(present.map(|w| w.label.clone()), || format!("{}: its label", said())),
                target_handle: Merge::quiet(present.map(|w| w.target_handle.clone())),
                extra: Merge::quiet(present.map(|w| w.extra.clone())),
                comments: merge
                    .comments(&format!("node `{node}`: `{exit}`"), present.map(|w| w.comments.clone())),
            })
        })
    }
}

/// A node without where it stands.
fn content(node: &Node) -> Node {
    Node { position: None, layout_comments: Comments::default(), ..node.clone() }
}
