//! Runs `test` blocks and says readably what was expected and what happened instead.

use std::collections::BTreeMap;

use flow_vm::Program;
use flow_vm::effect::End;

use super::act::{Outcome, run};
use super::script::{Act, Script, ScriptError};
use super::story::What;
use crate::compile::compile;
use crate::diag::Place;
use crate::graph::{Expect, FlowId, Graph, Project, StepKind, Test, TestId};
use crate::limits::HAPPENED_TOLD_MAX;
use crate::nodes::Kind;
use crate::world::World;

mod doubt;

/// What came of a test.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// The test.
    pub test: TestId,
    /// What it shows.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// Whether a test passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything expected was met.
    Passed,
    /// Something expected wasn't.
    Failed {
        /// The step that wasn't met, or the test.
        place: Place,
        /// What was expected, in words.
        expected: String,
        /// What happened instead, in words.
        happened: String,
        /// The whole call, a line for each thing that happened.
        story: Vec<String>,
    },
    /// It couldn't be run.
    NotRun {
        /// The step that is wrong, or the test.
        place: Place,
        /// Why, in words.
        why: String,
    },
}

/// Runs every test of a project. Flows are compiled once.
#[must_use]
pub fn tests(project: &Project, world: &dyn World) -> Vec<TestReport> {
    let mut programs = BTreeMap::new();
    let report = |(id, test): (TestId, &Test)| {
        let verdict = verdict(test, project, world, &mut programs);
        TestReport { test: id, name: test.name.clone(), verdict }
    };
    project.tests.iter().map(report).collect()
}

/// Runs one test.
#[must_use]
pub fn test(test: &Test, project: &Project, world: &dyn World) -> Verdict {
    verdict(test, project, world, &mut BTreeMap::new())
}

fn verdict(
    test: &Test,
    project: &Project,
    world: &dyn World,
    programs: &mut BTreeMap<FlowId, Option<Program>>,
) -> Verdict {
    let not_run = |why: String| Verdict::NotRun { place: test.origin.place(), why };
    if !test.steps.iter().any(|s| matches!(s.what, StepKind::Expect(_))) {
        return not_run("it expects nothing, so it could never fail: add `expect …`".to_owned());
    }
    let script = match Script::of(test, project, world) {
        Ok(script) => script,
        Err(error) => return wrong_script(test, &error),
    };
    let Some(graph) = project.flows.get(script.flow) else { return not_run("its flow is gone".to_owned()) };
    for step in &test.steps {
        if let StepKind::Expect(expected) = &step.what
            && let Some(why) = doubt::nothing_such(expected, project, world)
        {
            return Verdict::NotRun { place: step.origin.place(), why };
        }
    }
    let program = programs.entry(script.flow).or_insert_with(|| compile(graph, world).program);
    let Some(program) = program else {
        return not_run(format!("the flow `{}` has errors", graph.key));
    };
    match run(program, graph, &script, world) {
        Some(outcome) => judge(test, graph, &outcome),
        None => not_run(format!("the machine refused to run `{}`", graph.key)),
    }
}

fn wrong_script(test: &Test, error: &ScriptError) -> Verdict {
    let step = error.step().and_then(|n| test.steps.get(n));
    let place = step.map_or_else(|| test.origin.place(), |s| s.origin.place());
    Verdict::NotRun { place, why: error.to_string() }
}

/// Compares what was expected, in order, with what happened.
fn judge(test: &Test, graph: &Graph, outcome: &Outcome) -> Verdict {
    let failed = |place, expected: String, happened: String| Verdict::Failed {
        place,
        expected,
        happened,
        story: outcome.told(graph),
    };
    let met = met(graph, outcome);
    let mut from = 0;
    let mut earlier: Vec<(usize, &Expect)> = Vec::new();
    for step in &test.steps {
        let StepKind::Expect(expected) = &step.what else { continue };
        let wanted = Wanted::of(expected, graph);
        // A node is come to and left once: each time is met by one expectation of the same words.
        let visit = |at: usize| met.get(at).and_then(Met::visit);
        let is_new = |met: &Met<'_>| {
            let used = |(at, before): &(usize, &Expect)| *before == expected && visit(*at) == met.visit();
            met.visit().is_none() || !earlier.iter().any(used)
        };
        let rest = met.get(from..).unwrap_or(&[]);
        match rest.iter().position(|m| wanted.fits(m) && is_new(m)) {
            Some(found) => {
                earlier.push((from + found, expected));
                from += found + 1;
            }
            None => {
                let happened =
                    too_early(&met, &earlier, &wanted).unwrap_or_else(|| instead(&met, rest, expected));
                return failed(step.origin.place(), said(expected), happened);
            }
        }
    }
    match outcome.left.iter().find(|a| !matches!(a, Act::Wait)) {
        Some(act) => {
            let expected = match act {
                Act::Press(key) => format!("the caller presses {key}"),
                Act::Digits(keys) => {
                    format!("the caller enters {}", keys.iter().map(|k| k.to_char()).collect::<String>())
                }
                Act::Wait => "the caller waits".to_owned(),
                Act::HangUp => "the caller hangs up".to_owned(),
            };
            failed(test.origin.place(), expected, "nothing asked the caller for it".to_owned())
        }
        None => Verdict::Passed,
    }
}

/// Something that can be expected, as it happened.
enum Met<'a> {
    /// The call came to a node. An expectation of the node is met here, before what happens in the node.
    Comes(At<'a>),
    /// It left a node. An expectation of the node is met here, behind what happened in the node.
    Leaves(At<'a>),
    /// The caller heard a prompt.
    Hears(&'a str),
    /// Phones are shown this of the caller.
    Shows(&'a str),
    /// A webhook is sent this.
    Sends(&'a str),
    /// The call ended.
    Ends(End),
}

/// A node on the path, and the exit by which it was left in the end.
#[derive(Clone, Copy)]
struct At<'a> {
    name: &'a str,
    kind: Option<Kind>,
    entity: Option<&'a str>,
    exit: Option<&'a str>,
    /// How many nodes the call came to before.
    visit: usize,
}

impl Met<'_> {
    /// Which of the nodes on the path this is about.
    const fn visit(&self) -> Option<usize> {
        match self {
            Met::Comes(at) | Met::Leaves(at) => Some(at.visit),
            Met::Hears(_) | Met::Shows(_) | Met::Sends(_) | Met::Ends(_) => None,
        }
    }
}

fn met<'a>(graph: &'a Graph, outcome: &'a Outcome) -> Vec<Met<'a>> {
    let names = graph.names();
    let mut met: Vec<Met<'a>> = Vec::new();
    let mut visit = 0;
    // A call is in the nodes by which it came into subflows, and in one of the last.
    let mut inside: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for happening in &outcome.happened {
        match &happening.what {
            What::Enters(name) => {
                let own = names.get(name.as_str()).and_then(|id| graph.nodes.get(*id));
                let node = own.or_else(|| graph.node_of_program(name).map(|(_, node)| node));
                let (kind, entity) = (node.and_then(|n| n.kind), node.and_then(|n| n.entity_key()));
                inside.entry(name).or_default().push(met.len());
                met.push(Met::Comes(At { name, kind, entity, exit: None, visit }));
                visit += 1;
            }
            What::Leaves { node, exit } => {
                let last = inside.get_mut(node.as_str()).and_then(Vec::pop);
                if let Some(Met::Comes(at)) = last.and_then(|last| met.get_mut(last)) {
                    at.exit = Some(exit);
                    let left = Met::Leaves(*at);
                    met.push(left);
                }
            }
            What::Hears(prompt) => met.push(Met::Hears(prompt)),
            What::Shows(text) => met.push(Met::Shows(text)),
            What::Sends(text) => met.push(Met::Sends(text)),
            What::Reaches(target) => {
                if let Some(Met::Comes(at)) = met.last_mut() {
                    at.entity = Some(target);
                }
            }
            What::Ends(end) => met.push(Met::Ends(*end)),
            What::Asks(_) | What::Answer(_) => {}
        }
    }
    met
}

/// An expectation with what the flow says about its words.
struct Wanted<'e> {
    expected: &'e Expect,
    /// Whether its second word may be a node's name: no node of the kind has an entity of this key.
    by_name: bool,
    /// Whether its second word may be an exit: the kind works with no entity, and no node is called so.
    by_exit: bool,
}

impl<'e> Wanted<'e> {
    fn of(expected: &'e Expect, graph: &Graph) -> Wanted<'e> {
        let Expect::Node { kind, entity: Some(word), exit } = expected else {
            return Wanted { expected, by_name: false, by_exit: false };
        };
        let mut nodes = graph.nodes.values().filter(|n| n.kind == Some(*kind));
        let by_name = !nodes.clone().any(|n| n.entity_key() == Some(word));
        let is_called = nodes.any(|n| n.name == *word);
        let by_exit = exit.is_none() && !is_called && kind.spec().entity.kind().is_none();
        Wanted { expected, by_name, by_exit }
    }

    fn fits(&self, met: &Met<'_>) -> bool {
        let expected = self.expected;
        match met {
            // By which exit a call comes back from another flow is only known behind all that happens in there.
            Met::Comes(node) if node.kind == Some(Kind::Subflow) => self.is_at(&At { exit: None, ..*node }),
            Met::Comes(node) | Met::Leaves(node) => self.is_at(node),
            Met::Hears(heard) => matches!(expected, Expect::Hears { prompt } if prompt == heard),
            Met::Sends(sent) => matches!(expected, Expect::Sends { text } if text == sent),
            Met::Shows(shown) => matches!(expected, Expect::Shows { text } if text == shown),
            Met::Ends(End::Hangup(cause)) => matches!(expected, Expect::End(wanted) if wanted == cause),
            Met::Ends(End::CallerGone) => matches!(expected, Expect::CallerGone),
            Met::Ends(End::OutOfFuel | End::TooDeep | End::TooManyVisits) => false,
        }
    }

    fn is_at(&self, at: &At<'_>) -> bool {
        let is =
            |wanted: &Option<String>, got: Option<&str>| wanted.as_deref().is_none_or(|w| got == Some(w));
        match self.expected {
            Expect::Node { kind, entity, exit } => {
                let by_name = self.by_name && is(entity, Some(at.name));
                let by_exit = self.by_exit && is(entity, at.exit);
                let is_it = is(entity, at.entity) || by_name || by_exit;
                at.kind == Some(*kind) && is_it && is(exit, at.exit)
            }
            Expect::Named { node, exit } => node == at.name && is(exit, at.exit),
            Expect::Hears { .. }
            | Expect::Shows { .. }
            | Expect::Sends { .. }
            | Expect::End(_)
            | Expect::CallerGone => false,
        }
    }
}

/// What to say of an expectation that was met before one that stands before it.
fn too_early(met: &[Met<'_>], earlier: &[(usize, &Expect)], wanted: &Wanted<'_>) -> Option<String> {
    let last = met.iter().rposition(|m| wanted.fits(m))?;
    Some(match earlier.iter().find(|(at, _)| *at > last) {
        Some((_, before)) => {
            let before = said(before);
            format!(
                "it happened before `{before}`; `expect`s stand in the order of the call: put this one before \
                 `expect {before}`"
            )
        }
        None => "it happened, but not once more than it was expected before".to_owned(),
    })
}

/// An expectation as text writes it.
fn said(expected: &Expect) -> String {
    let word = |w: &Option<String>| w.as_ref().map_or_else(String::new, |w| format!(" {w}"));
    match expected {
        Expect::Node { kind, entity, exit } => format!("{}{}{}", kind.name(), word(entity), word(exit)),
        Expect::Named { node, exit } => format!("node {node}{}", word(exit)),
        Expect::Hears { prompt } => format!("hears {prompt}"),
        Expect::Shows { text } => format!("shows {text:?}"),
        Expect::Sends { text } => format!("sends {text:?}"),
        Expect::End(cause) => format!("end {}", cause.name()),
        Expect::CallerGone => "caller_gone".to_owned(),
    }
}

/// What happened where something else was expected: everything of the same sort.
fn instead(all: &[Met<'_>], rest: &[Met<'_>], expected: &Expect) -> String {
    let (words, none): (Vec<String>, _) = match expected {
        Expect::Node { .. } | Expect::Named { .. } => {
            (rest.iter().filter_map(node_said).collect(), "the call came to no other node")
        }
        Expect::Hears { .. } => {
            let heard = rest.iter().filter_map(|m| match m {
                Met::Hears(prompt) => Some(format!("hears {prompt}")),
                Met::Comes(_) | Met::Leaves(_) | Met::Shows(_) | Met::Sends(_) | Met::Ends(_) => None,
            });
            (heard.collect(), "the caller heard nothing more")
        }
        Expect::Shows { .. } => {
            let shown = rest.iter().filter_map(|m| match m {
                Met::Shows(text) => Some(format!("shows {text:?}")),
                Met::Comes(_) | Met::Leaves(_) | Met::Hears(_) | Met::Sends(_) | Met::Ends(_) => None,
            });
            (shown.collect(), "phones were shown nothing else")
        }
        Expect::Sends { .. } => {
            let sent = rest.iter().filter_map(|m| match m {
                Met::Sends(text) => Some(format!("sends {text:?}")),
                Met::Comes(_) | Met::Leaves(_) | Met::Hears(_) | Met::Shows(_) | Met::Ends(_) => None,
            });
            (sent.collect(), "no webhook was asked any more")
        }
        Expect::End(_) | Expect::CallerGone => {
            let ends = all.iter().filter_map(|m| match m {
                Met::Ends(end) => Some(flow_vm::text::end_text(*end)),
                Met::Comes(_) | Met::Leaves(_) | Met::Hears(_) | Met::Shows(_) | Met::Sends(_) => None,
            });
            (ends.collect(), "the call didn't end")
        }
    };
    let told = words.iter().take(HAPPENED_TOLD_MAX).cloned().collect::<Vec<_>>().join(", then ");
    match words.len().checked_sub(HAPPENED_TOLD_MAX) {
        _ if words.is_empty() => none.to_owned(),
        None | Some(0) => told,
        Some(more) => format!("{told}, and {more} more"),
    }
}

fn node_said(met: &Met<'_>) -> Option<String> {
    match met {
        Met::Comes(At { name, kind, entity, exit, .. }) => {
            let kind = kind.map_or("?", Kind::name);
            let word = |w: &Option<&str>| w.map_or_else(String::new, |w| format!(" {w}"));
            Some(format!("{kind}{}{} (`{name}`)", word(entity), word(exit)))
        }
        Met::Leaves(_) | Met::Hears(_) | Met::Shows(_) | Met::Sends(_) | Met::Ends(_) => None,
    }
}
