//! What happened in a simulated call, in order, and how people read it.

use flow_vm::effect::{End, Input};
use flow_vm::text::{answer_text, end_text};

use crate::graph::Graph;
use crate::nodes::Kind;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Milliseconds since the call came.
    pub at_ms: u64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The call came into a node.
    Enters(String),
    /// It left a node by an exit.
    Leaves {
        /// The node.
        node: String,
        /// The exit.
        exit: String,
    },
    /// The program asked for something, as [`flow_vm::text::effect_text`] says it.
    Asks(String),
    /// Phones are shown this name or number of the caller from here on.
    Shows(String),
    /// A webhook is sent this text.
    Sends(String),
    /// The node turns to this: whom a transfer rings, where a webhook asks.
    Reaches(String),
    /// The caller heard a prompt.
    Hears(String),
    /// The world answered.
    Answer(Input),
    /// The run ended.
    Ends(End),
}

/// The happenings as lines: time, then a node and its exit, with what happened in it indented below.
#[must_use]
pub fn told(graph: &Graph, happened: &[Happening]) -> Vec<String> {
    happened
        .iter()
        .filter_map(|h| Some(format!("{:>7}  {}", clock(h.at_ms), line(graph, &h.what)?)))
        .collect()
}

fn line(graph: &Graph, what: &What) -> Option<String> {
    Some(match what {
        What::Enters(name) => {
            let node = graph.node_of_program(name).map(|(_, node)| node);
            let entity = node.and_then(|n| n.entity_key()).map(|key| format!(" {key}"));
            let kind = node.map_or("?", |n| n.kind_name.as_str());
            format!("{name}: {kind}{}", entity.unwrap_or_default())
        }
        What::Leaves { node, exit } => {
            let kind = graph.node_of_program(node).and_then(|(_, node)| node.kind);
            // Much happened since the call came to it.
            if kind == Some(Kind::Subflow) {
                format!("{node} goes on by {exit}")
            } else {
                format!("  leaves by {exit}")
            }
        }
        What::Asks(effect) => format!("  {effect}"),
        What::Hears(prompt) => format!("  hears {prompt}"),
        What::Shows(text) => format!("  shows {text:?}"),
        What::Sends(text) => format!("  sends {text:?}"),
        // What is asked says it.
        What::Reaches(_) => return None,
        What::Answer(input) if input.effect == 0 => return None,
        What::Answer(input) => format!("  = {}", answer_text(input.answer)),
        What::Ends(end) => format!("ends: {}", end_text(*end)),
    })
}

/// `1:02.5` for 62,500 milliseconds.
fn clock(ms: u64) -> String {
    let (minutes, rest) = (ms / 60_000, ms % 60_000);
    format!("{minutes}:{:02}.{}", rest / 1_000, rest % 1_000 / 100)
}
