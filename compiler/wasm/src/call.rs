//! A simulated call of a project, step by step.

use flow_compiler::entity::catalog::Catalog;
use flow_compiler::entity::{EntityFacts, EntityKind};
use flow_compiler::graph::Graph;
use flow_compiler::sim::{self, Happening, Heard, Script, What};
use flow_compiler::world::World as _;
use flow_compiler::{Source, read_text};
use flow_vm::text::{answer_text, end_text, parse_answer};

use crate::project::{Folder, Refusal};
use crate::reply;

/// A call that is going on. It goes on as it started, whatever becomes of the project.
pub struct Session {
    live: sim::Session,
    graph: Graph,
    world: Catalog,
}

impl Session {
    /// Starts a call and runs it to the first question.
    ///
    /// # Errors
    /// No entry has the number, there is no such time, or the flow has errors.
    pub fn start(folder: &Folder, call: &reply::NewCall) -> Result<Session, Refusal> {
        let (graph, script) = script(folder, call)?;
        let live =
            sim::Session::start(folder.program(&graph.key)?, graph, &script).map_err(|e| e.to_string())?;
        Ok(Session { live, graph: graph.clone(), world: folder.office().world.clone() })
    }

    /// Answers what is asked.
    ///
    /// # Errors
    /// That is no answer, or none to this question; the call is as it was.
    pub fn answer(&mut self, answer: &str, after_ms: Option<u64>) -> Result<(), Refusal> {
        let parsed = parse_answer(answer);
        let parsed =
            parsed.ok_or_else(|| format!("`{answer}` is no answer to anything; `key 1` would be one"))?;
        self.live.answer(parsed, after_ms).map_err(|e| e.to_string())
    }

    /// The call as it is now.
    #[must_use]
    pub fn view(&self) -> reply::CallView {
        let choice = |(answer, ms): &(_, u64)| reply::Choice { answer: answer_text(*answer), usual_ms: *ms };
        let question = self.live.asked().map(|asked| reply::Question {
            kind: asked.kind.name(),
            text: asked.text.clone(),
            hears: asked.hears.as_ref().map(|heard| self.words(heard)),
            choices: asked.answers.iter().map(choice).collect(),
        });
        let entered = self
            .live
            .happened()
            .iter()
            .rev()
            .find_map(|h| if let What::Enters(node) = &h.what { Some(node.clone()) } else { None });
        reply::CallView {
            node: entered.unwrap_or_default(),
            flow: self.graph.key.clone(),
            now_ms: self.live.now_ms(),
            question,
            end: self.live.end().map(end_text),
            happened: self.live.happened().iter().filter_map(happening).collect(),
            told: self.live.told(&self.graph),
        }
    }

    /// What is said in a sound, as far as anybody wrote it down.
    fn words(&self, heard: &Heard) -> String {
        let prompt = match heard {
            Heard::Prompt(name) => name,
            Heard::MenuGreeting(menu) => {
                let facts = self.world.entity(EntityKind::IvrMenu, menu);
                if let Some(EntityFacts::IvrMenu(facts)) = facts { &facts.greeting } else { menu }
            }
        };
        let mut prompts = self.world.declarations().filter(|d| d.kind == EntityKind::Prompt);
        let text = prompts.find(|d| d.key == *prompt).and_then(|d| {
            d.fields.iter().find(|f| f.name == "text").and_then(|f| f.value.as_str()).map(str::to_owned)
        });
        text.unwrap_or_else(|| prompt.clone())
    }

    /// The call's trace so far.
    #[must_use]
    pub fn trace(&self) -> String {
        self.live.trace().encode()
    }
}

/// The call as the steps of a test say it, so that numbers, names and times mean what they mean there.
fn script<'a>(folder: &'a Folder, call: &reply::NewCall) -> Result<(&'a Graph, Script), Refusal> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut steps = String::new();
    if !call.at.is_empty() {
        let words: Vec<&str> = call.at.split_whitespace().collect();
        let (time, zone) = match words.as_slice() {
            [date, clock, zone] => (format!("{date} {clock}"), format!(" {}", quoted(zone))),
            words => (words.join(" "), String::new()),
        };
        steps.push_str(&format!("  at {time}{zone}\n"));
    }
    steps.push_str(&format!("  call {}", quoted(&call.number)));
    if !call.from.is_empty() {
        steps.push_str(&format!(" from {}", quoted(&call.from)));
    }
    if !call.name.is_empty() {
        steps.push_str(&format!("\n  caller_name {}", quoted(&call.name)));
    }
    let text = format!("test \"call\" {{\n{steps}\n}}\n");
    let read = read_text(&[Source { name: "call", bytes: text.as_bytes() }]);
    let (Some(test), []) = (read.project.tests.values().next(), read.diagnostics.as_slice()) else {
        let why = read.diagnostics.first().map_or("", |d| d.message.as_str());
        return Err(format!("that is no call: {why}"));
    };
    let mut why = None;
    for unit in folder.office().units() {
        match Script::of(test, &unit.project, &folder.office().world) {
            Ok(script) => {
                let graph = unit.project.flows.get(script.flow);
                return graph.map(|graph| (graph, script)).ok_or_else(|| "the flow is gone".to_owned());
            }
            Err(error) => why.get_or_insert(error),
        };
    }
    Err(why.map_or_else(|| "there is nothing to call".to_owned(), |e| e.to_string()))
}

/// What a session tells; nothing else happens in one.
fn happening(happening: &Happening) -> Option<reply::Happening> {
    let at_ms = happening.at_ms;
    if let What::Enters(node) = &happening.what {
        return Some(reply::Happening::Enters { at_ms, node: node.clone() });
    }
    if let What::Leaves { node, exit } = &happening.what {
        return Some(reply::Happening::Leaves { at_ms, node: node.clone(), exit: exit.clone() });
    }
    if let What::Asks(text) = &happening.what {
        return Some(reply::Happening::Asks { at_ms, text: text.clone() });
    }
    if let What::Answer(input) = &happening.what {
        return Some(reply::Happening::Answers { at_ms, text: answer_text(input.answer) });
    }
    let What::Ends(end) = &happening.what else { return None };
    Some(reply::Happening::Ends { at_ms, text: end_text(*end) })
}
