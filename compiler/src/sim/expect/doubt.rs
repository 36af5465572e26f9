//! Expectations that could never be met: they name what isn't there. A test says so before it runs, as it does of steps
//! that set the scene.

use std::collections::BTreeSet;

use flow_vm::effect::Cause;

use super::super::act::MAILBOX_GREETING;
use crate::diag::nearest;
use crate::entity::EntityKind;
use crate::graph::{Expect, Node, Project};
use crate::nodes::Kind;
use crate::nodes::spec::Computed;
use crate::world::World;

/// Why an expectation can't be met by any call; `None` if it could be.
pub(super) fn nothing_such(expected: &Expect, project: &Project, world: &dyn World) -> Option<String> {
    match expected {
        Expect::Hears { prompt } => {
            let is_known = prompt == MAILBOX_GREETING || world.entity(EntityKind::Prompt, prompt).is_some();
            let near = || near(prompt, world.keys(EntityKind::Prompt));
            (!is_known).then(|| format!("there is no prompt `{prompt}`, so nobody could hear it{}", near()))
        }
        Expect::Named { node, exit } => {
            // A node of a flow that is called has that flow's name before its own.
            let (flow, name) = node.split_once('/').map_or((None, node.as_str()), |(f, n)| (Some(f), n));
            let flows = project.flows.values().filter(|g| flow.is_none_or(|key| g.key == key));
            let is = |n: &&Node| n.name == name || n.name == *node;
            let named: Vec<&Node> = flows.flat_map(|g| g.nodes.values()).filter(is).collect();
            if named.is_empty() {
                let near = near(node, nodes(project).map(|n| n.name.as_str()));
                return Some(format!("there is no node `{node}`{near}"));
            }
            no_exit(&named, node, exit.as_deref()?, world)
        }
        Expect::Node { kind, entity, exit } => {
            let word = entity.as_deref()?;
            let is = |n: &&Node| {
                let mut keys = n.entities.iter().filter_map(|e| e.key.as_deref());
                n.kind == Some(*kind) && (n.name == word || keys.any(|key| key == word))
            };
            let about: Vec<&Node> = nodes(project).filter(is).collect();
            match exit {
                _ if about.is_empty() => no_node(*kind, word, project, world),
                Some(exit) => no_exit(&about, word, exit, world),
                None => None,
            }
        }
        Expect::Shows { .. } | Expect::Sends { .. } | Expect::End(_) | Expect::CallerGone => None,
    }
}

fn nodes(project: &Project) -> impl Iterator<Item = &Node> + Clone {
    project.flows.values().flat_map(|graph| graph.nodes.values())
}

fn near<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(written, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// A word behind a kind that is the key of no entity and the name of no node.
fn no_node(kind: Kind, word: &str, project: &Project, world: &dyn World) -> Option<String> {
    let of_kind = nodes(project).filter(|n| n.kind == Some(kind));
    let named: Vec<&Node> = nodes(project).filter(|n| n.name == word).collect();
    if let [node] = named.as_slice() {
        return Some(format!("`{word}` is a `{}`: write `expect node {word}`", node.kind_name));
    }
    let names = of_kind.clone().map(|n| n.name.as_str());
    if let Some(entity) = kind.spec().entity.kind() {
        let near = near(word, world.keys(entity).into_iter().chain(names));
        let is_known = world.entity(entity, word).is_some();
        return (!is_known).then(|| format!("there is no {} `{word}`{near}", entity.noun()));
    }
    if matches!(kind, Kind::Subflow | Kind::Start | Kind::ComeBack) {
        return None;
    }
    // Whom a transfer rings and where a webhook asks is known when it does.
    let is_number = word.starts_with(|c: char| c == '+' || c.is_ascii_digit());
    let has_exit = of_kind.clone().any(|n| kind.exits(n, None).iter().any(|(exit, _)| exit == word));
    if is_number || word.contains("://") || has_exit {
        return None;
    }
    if kind == Kind::Hangup && Cause::ALL.iter().any(|cause| cause.name() == word) {
        return Some(format!("no `hangup` is called `{word}`; how a call ends is `expect end {word}`"));
    }
    Some(format!("no `{}` is called `{word}`{}", kind.name(), near(word, names)))
}

/// An exit that none of the nodes has.
fn no_exit(about: &[&Node], said: &str, exit: &str, world: &dyn World) -> Option<String> {
    let mut known = BTreeSet::new();
    for node in about {
        // The exits of a flow that is called are in that flow.
        let kind = node.kind.filter(|kind| kind.spec().computed != Computed::FlowExits)?;
        let wanted = kind.spec().entity.kind();
        let facts = wanted.zip(node.entity_key()).and_then(|(entity, key)| world.entity(entity, key));
        if wanted.is_some() && facts.is_none() {
            return None;
        }
        known.extend(kind.exits(node, facts).into_iter().map(|(name, _)| name));
    }
    if known.contains(exit) {
        return None;
    }
    let near = nearest(exit, known.iter().map(String::as_str));
    let cure = near.map_or_else(
        || {
            let list: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            if list.is_empty() {
                "calls end there".to_owned()
            } else {
                format!("its exits are {}", list.join(", "))
            }
        },
        |near| format!("did you mean `{near}`?"),
    );
    Some(format!("`{said}` has no exit `{exit}`: {cure}"))
}
