//! Every outcome of a flow, found by giving the real machine every answer that the world can give, at every question.
//!
//! Runs that stand at the same place in the same circumstances ([`State::place`]) are one, so that loops end. What the
//! host fails to do, and callers who hang up, aren't followed: they can end any call at any time.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use flow_vm::effect::{
    Answer, Collected, ConferenceEnd, Digits, Effect, End, Input, Key, PhoneStatus, QueueEnd, RingEnd,
    VoicemailEnd, WebhookEnd,
};
use flow_vm::op::Op;
use flow_vm::text::answer_text;
use flow_vm::value::{CallFacts, Text, Value};
use flow_vm::{ExitIx, NodeIx, Program, State, Step, Watch, resume};

use crate::check;
use crate::graph::{Graph, Node};
use crate::world::World;
use crate::zone;
use conditions::{Conditions, Known};

mod conditions;
mod moments;
mod script;
mod wait;

pub use wait::Wait;

/// Places that an exploration looks at.
pub const PLACES_MAX: usize = 20_000;
/// Values of one type that a server may send.
const VALUES_MAX: usize = 32;
/// Calls that an exploration begins by: who calls whom, and when.
pub const CALLS_MAX: usize = 400;
/// How long a sound lasts here, whose length nobody knows, in milliseconds.
const SOUND_MS: u64 = 3_000;

/// What was found.
#[derive(Clone, Debug)]
pub struct Explored {
    /// Every way in which calls can end, those that take least to come to first.
    pub outcomes: Vec<Outcome>,
    /// The longest that a caller can wait before somebody talks to them or takes their message.
    pub worst: Option<Wait>,
    /// Nodes that no way leads to, in the order of the flow.
    pub never: Vec<String>,
    /// Nodes that a way leads to and that none of the calls tried came to, in the order of the flow. A condition that
    /// hangs on something else than what was tried may let others come there.
    pub unmet: Vec<String>,
    /// How many calls were tried to their end.
    pub calls: usize,
    /// Whether everything was looked at. Otherwise there may be more outcomes.
    pub whole: bool,
    /// How many places were looked at.
    pub places: usize,
}

/// A way in which calls can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The node in which the world was asked last.
    pub node: String,
    /// The answer to it, as a trace says it.
    pub answer: String,
    /// How the run ended.
    pub end: End,
    /// The nodes and exits of the example, from the entry on.
    pub path: Vec<String>,
    /// A call that ends so, as a `test` block.
    pub example: String,
}

/// Explores a flow from all its entries.
#[must_use]
pub fn explore(program: &Program, graph: &Graph, world: &dyn World) -> Explored {
    let mut search = Search {
        program,
        visits: Vec::new(),
        known: BTreeMap::new(),
        queue: VecDeque::new(),
        steps: Vec::new(),
        ends: Vec::new(),
        entered: BTreeSet::new(),
        whole: true,
        values: values(program),
    };
    search.begin(graph, world);
    while let Some(at) = search.queue.pop_front() {
        search.visit(at);
    }
    search.finish(graph, world)
}

/// A place that a call can be at: waiting for an answer.
struct Visit<'p> {
    state: State,
    effect: Effect<'p>,
    number: u32,
    /// The node that asks.
    node: String,
    entry: &'p str,
    /// Who calls whom.
    facts: CallFacts,
    /// When the call came.
    moment: i64,
    elapsed_ms: u64,
    /// How the call came here: the place before and the answer there.
    came: Option<(usize, Answer)>,
    /// Nodes and exits since the place before.
    path: Vec<String>,
}

/// A question of a node, and what was answered.
struct Asked<'s, 'p> {
    node: &'s str,
    effect: Effect<'p>,
    answer: Answer,
}

/// From one place to another.
struct Move {
    from: usize,
    to: usize,
    ms: u64,
    answer: Answer,
}

/// An answer after which a run is over.
struct Ended {
    from: usize,
    answer: Answer,
    end: End,
    path: Vec<String>,
}

struct Search<'p> {
    program: &'p Program,
    visits: Vec<Visit<'p>>,
    known: BTreeMap<(i64, Vec<u8>), usize>,
    queue: VecDeque<usize>,
    steps: Vec<Move>,
    ends: Vec<Ended>,
    entered: BTreeSet<String>,
    whole: bool,
    /// What a server may send.
    values: Vec<Value>,
}

impl<'p> Search<'p> {
    /// Begins by every call that goes another way than those before it, as far as that can be told beforehand.
    fn begin(&mut self, graph: &Graph, world: &dyn World) {
        let conditions = Conditions::of(self.program);
        let (numbers, names) = (conditions.numbers(), conditions.names());
        let callers = || numbers.iter().flat_map(|number| names.iter().map(move |name| (*number, *name)));
        let (mut seen, mut begun) = (HashSet::new(), 0);
        for (moment, decided) in moments::of(graph, world, &conditions) {
            for (caller_number, caller_name) in callers() {
                for (entry, called_number) in called(self.program, graph) {
                    let facts = CallFacts { caller_number, caller_name, called_number };
                    let told = conditions.told(&Known::of(&facts, moment));
                    if !seen.insert((decided.clone(), entry, told)) {
                        continue;
                    }
                    if begun >= CALLS_MAX {
                        self.whole = false;
                        return;
                    }
                    begun += 1;
                    self.start(entry, facts, moment);
                }
            }
        }
    }

    fn start(&mut self, entry: &'p str, facts: CallFacts, moment: i64) {
        let Ok(state) = State::new(self.program, entry) else { return };
        let mut state = state.with_facts(facts);
        let mut way =
            Way { program: self.program, entered: &mut self.entered, path: Vec::new(), node: String::new() };
        let input = Input { effect: 0, mono_ms: 0, wall_ms: moment, answer: Answer::Start };
        if let Ok(Step::Effect { number, effect }) = resume(self.program, &mut state, input, &mut way) {
            let (path, node) = (way.path, way.node);
            let came = None;
            self.come(Visit { state, effect, number, node, entry, facts, moment, elapsed_ms: 0, came, path });
        }
    }

    /// The number of a place, which is queued if it wasn't known.
    fn come(&mut self, visit: Visit<'p>) -> Option<usize> {
        let key = (visit.moment, visit.state.place().to_bytes());
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        if self.visits.len() >= PLACES_MAX {
            self.whole = false;
            return None;
        }
        let at = self.visits.len();
        self.known.insert(key, at);
        self.visits.push(visit);
        self.queue.push_back(at);
        Some(at)
    }

    fn visit(&mut self, at: usize) {
        let Some(here) = self.visits.get(at) else { return };
        let (effect, number, node, entry) = (here.effect, here.number, here.node.clone(), here.entry);
        let (state, facts, moment, elapsed) = (here.state.clone(), here.facts, here.moment, here.elapsed_ms);
        let mut answered = false;
        for answer in answers(&effect, &self.values, moment, elapsed) {
            let ms = takes_ms(&effect, answer);
            let elapsed_ms = elapsed.saturating_add(ms);
            let wall_ms = moment.saturating_add_unsigned(elapsed_ms);
            let input = Input { effect: number, mono_ms: elapsed_ms, wall_ms, answer };
            let mut way = Way {
                program: self.program,
                entered: &mut self.entered,
                path: Vec::new(),
                node: node.clone(),
            };
            let mut next = state.clone();
            // What isn't an answer to this question is refused by the machine.
            let Ok(step) = resume(self.program, &mut next, input, &mut way) else { continue };
            answered = true;
            let (path, node) = (way.path, way.node);
            match step {
                Step::Effect { number, effect } => {
                    let came = Some((at, answer));
                    let state = next;
                    let there =
                        Visit { state, effect, number, node, entry, facts, moment, elapsed_ms, came, path };
                    if let Some(to) = self.come(there) {
                        self.steps.push(Move { from: at, to, ms, answer });
                    }
                }
                Step::End(end) => self.ends.push(Ended { from: at, answer, end, path }),
            }
        }
        self.whole &= answered;
    }

    fn finish(self, graph: &Graph, world: &dyn World) -> Explored {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut seen = BTreeSet::new();
        for ended in &self.ends {
            let Some(last) = self.visits.get(ended.from) else { continue };
            let key = (last.node.clone(), result(ended), flow_vm::text::end_text(ended.end));
            if seen.insert(key) {
                outcomes.push(self.outcome(ended, last, None, graph, world));
            }
        }
        self.others(&mut outcomes, graph, world);
        let arrivals = check::arrivals(graph, world);
        let missed = graph.nodes.iter().filter(|(_, n)| !self.entered.contains(&n.name));
        let (unmet, never): (Vec<_>, Vec<_>) = missed.partition(|(id, _)| {
            let arrival = arrivals.get(*id).copied().unwrap_or_default();
            arrival.early || arrival.answered
        });
        let names = |nodes: Vec<(_, &Node)>| nodes.into_iter().map(|(_, node)| node.name.clone()).collect();
        let worst = wait::worst(&self);
        let (whole, places, calls) = (self.whole, self.visits.len(), self.ends.len());
        Explored { outcomes, worst, never: names(never), unmet: names(unmet), calls, whole, places }
    }

    /// One call more for every node that no example comes to.
    fn others(&self, outcomes: &mut Vec<Outcome>, graph: &Graph, world: &dyn World) {
        let of = |path: &[String]| path.iter().filter(|w| !w.starts_with('.')).cloned().collect::<Vec<_>>();
        let shown: BTreeSet<String> = outcomes.iter().flat_map(|outcome| of(&outcome.path)).collect();
        let mut missing: BTreeSet<&String> = self.entered.difference(&shown).collect();
        for ended in &self.ends {
            let Some(last) = self.visits.get(ended.from).filter(|_| !missing.is_empty()) else { return };
            let (mut path, _) = self.way_to(ended.from);
            path.extend(ended.path.iter().cloned());
            let Some(through) = path.iter().find(|word| missing.contains(word)).cloned() else { continue };
            missing.retain(|node| !path.contains(node));
            outcomes.push(self.outcome(ended, last, Some(&through), graph, world));
        }
    }

    /// The example of an end; `through` is a node on its way that matters.
    fn outcome(
        &self,
        ended: &Ended,
        last: &Visit<'_>,
        through: Option<&str>,
        graph: &Graph,
        world: &dyn World,
    ) -> Outcome {
        let (mut path, asked) = self.way_to(ended.from);
        path.extend(ended.path.iter().cloned());
        let end = Asked { node: &last.node, effect: last.effect, answer: ended.answer };
        let asked: Vec<_> = asked.into_iter().chain([end]).collect();
        let answer = answer_text(ended.answer);
        let by = through.map_or_else(String::new, |node| format!("{node}, "));
        let name = format!("{by}{}: {}", last.node, result(ended));
        let through = through.filter(|node| *node != last.node);
        let after = through.filter(|node| ended.path.iter().any(|word| word == node));
        let before = if after.is_none() { through } else { None };
        let met: Vec<&str> = before.into_iter().chain([last.node.as_str()]).chain(after).collect();
        let example = script::of(&name, last, &met, &asked, ended.end, graph, world);
        Outcome { node: last.node.clone(), answer, end: ended.end, path, example }
    }

    /// The nodes and exits on the way to a place, and what was asked and answered.
    fn way_to(&self, at: usize) -> (Vec<String>, Vec<Asked<'_, 'p>>) {
        let (mut paths, mut asked) = (Vec::new(), Vec::new());
        let mut here = self.visits.get(at);
        while let Some(visit) = here {
            paths.push(&visit.path);
            here = visit.came.and_then(|(before, answer)| {
                let before = self.visits.get(before)?;
                asked.push(Asked { node: &before.node, effect: before.effect, answer });
                Some(before)
            });
        }
        asked.reverse();
        (paths.into_iter().rev().flatten().cloned().collect(), asked)
    }
}

/// The entries with the numbers that enter there; an entry without one is entered by none.
fn called<'p>(program: &'p Program, graph: &Graph) -> Vec<(&'p str, Text)> {
    let numbers = |entry: &str| {
        let node = graph.node(entry).and_then(|id| graph.nodes.get(id));
        let keys = node.into_iter().flat_map(|n| &n.entities).filter_map(|e| e.key.as_deref());
        let numbers: Vec<Text> = keys.map(Text::cut).collect();
        if numbers.is_empty() { vec![Text::EMPTY] } else { numbers }
    };
    let entries = program.entries();
    entries.flat_map(|entry| numbers(entry).into_iter().map(move |number| (entry, number))).collect()
}

/// What came of the last question: the exit by which its node was left, or the answer.
fn result(ended: &Ended) -> String {
    let left = ended.path.iter().find_map(|word| word.strip_prefix('.'));
    left.map_or_else(|| answer_text(ended.answer), str::to_owned)
}

/// Values that the flow can tell from each other: those that it writes, numbers beside them, and one more of each type.
pub(crate) fn values(program: &Program) -> Vec<Value> {
    let parts = program.parts();
    let mut found = vec![Value::Bool(true), Value::Bool(false)];
    let mut add = |value: Value| {
        let of_type = found.iter().filter(|known| known.ty() == value.ty()).count();
        if of_type < VALUES_MAX && !found.contains(&value) {
            found.push(value);
        }
    };
    let text = |text: &str| Text::cut(text);
    let any = [Value::Number(0), Value::Text(text("reply")), Value::Phone(text("+15550100"))];
    any.into_iter().for_each(&mut add);
    for op in &parts.ops {
        if let Op::PushNumber { number } = op {
            let near = [number.0, number.0.saturating_add(1), number.0.saturating_sub(1)];
            near.into_iter().for_each(|number| add(Value::Number(number)));
        }
        if let Op::PushText { text: place } = op {
            parts.constant(place.0).into_iter().for_each(|t| add(Value::Text(text(t))));
        }
        if let Op::PushPhone { phone } = op {
            parts.constant(phone.0).into_iter().for_each(|t| add(Value::Phone(text(t))));
        }
    }
    found
}

/// Every answer that may fit; the machine refuses those that don't.
pub(crate) fn answers(effect: &Effect<'_>, values: &[Value], moment: i64, elapsed_ms: u64) -> Vec<Answer> {
    if let Effect::LocalTime { zone } = effect {
        let wall_ms = moment.saturating_add_unsigned(elapsed_ms);
        return zone::local_time(zone, wall_ms).map(Answer::LocalTime).into_iter().collect();
    }
    if let Effect::Transfer { .. } = effect {
        return vec![Answer::Done, Answer::Failed];
    }
    if let Effect::Webhook { answers, .. } = effect {
        let declared = (0..).zip(answers.iter()).map(|(number, _)| WebhookEnd::Answer(number));
        let others = [WebhookEnd::Default, WebhookEnd::Error, WebhookEnd::Timeout];
        return declared.chain(others).map(Answer::Webhook).collect();
    }
    if let Effect::WebhookField { ty, .. } = effect {
        return values.iter().filter(|value| value.ty() == *ty).copied().map(Answer::Value).collect();
    }
    let rings =
        [RingEnd::NoAnswer, RingEnd::Answered, RingEnd::Busy, RingEnd::Declined, RingEnd::Unavailable];
    let mailboxes = [VoicemailEnd::Done, VoicemailEnd::Full, VoicemailEnd::Failed];
    let mut all = vec![Answer::Done, Answer::Timeout];
    all.extend(Key::ALL.map(Answer::Key));
    all.extend(rings.map(Answer::Ring));
    all.extend(mailboxes.map(Answer::Voicemail));
    if let Effect::Collect { rule, .. } = effect {
        let entered = Conditions::digits(values, usize::from(rule.min), usize::from(rule.max));
        let entered = entered.iter().filter_map(|digits| Digits::new(digits));
        all.extend(entered.map(|digits| Answer::Collected(Collected::Digits(digits))));
    }
    let entered = [Collected::Accepted, Collected::Refused, Collected::TooFew, Collected::Silent];
    all.extend(entered.map(Answer::Collected));
    all.extend([true, false].map(Answer::Chance));
    all.extend(PhoneStatus::ALL.map(Answer::Status));
    all.extend(QueueEnd::ALL.map(Answer::Queue));
    all.extend(ConferenceEnd::ALL.map(Answer::Conference));
    all
}

/// How long an answer takes at most, in milliseconds. A conversation and a message are no wait.
pub(crate) fn takes_ms(effect: &Effect<'_>, answer: Answer) -> u64 {
    if let Effect::RingExtension { timeout_ms, .. } | Effect::RingGroup { timeout_ms, .. } = effect {
        let rings = matches!(answer, Answer::Ring(RingEnd::Answered | RingEnd::NoAnswer));
        return if rings { u64::from(*timeout_ms) } else { 0 };
    }
    if let Effect::Queue { timeout_ms, .. } = effect {
        let waits = [QueueEnd::Answered, QueueEnd::NoAnswer, QueueEnd::Timeout].map(Answer::Queue);
        return if waits.contains(&answer) { u64::from(*timeout_ms) } else { 0 };
    }
    if let Effect::Transfer { timeout_ms, .. } | Effect::Webhook { timeout_ms, .. } = effect {
        return u64::from(*timeout_ms);
    }
    if let Effect::Menu { timeout_ms, .. } = effect {
        return SOUND_MS + u64::from(*timeout_ms);
    }
    if let Effect::Collect { rule, .. } = effect {
        let waits = u64::from(rule.first_s) + u64::from(rule.next_s);
        return SOUND_MS + waits * 1_000;
    }
    if matches!(effect, Effect::Play { .. }) { SOUND_MS } else { 0 }
}

/// Whether somebody is there for the caller now: a person who answered, a message that was taken.
const fn is_cared_for(answer: Answer) -> bool {
    matches!(
        answer,
        Answer::Ring(RingEnd::Answered)
            | Answer::Voicemail(VoicemailEnd::Done)
            | Answer::Queue(QueueEnd::Answered)
            | Answer::Conference(ConferenceEnd::Left)
    )
}

/// Writes down the way.
struct Way<'p, 'a> {
    program: &'p Program,
    entered: &'a mut BTreeSet<String>,
    /// Nodes, and exits behind a point.
    path: Vec<String>,
    node: String,
}

impl Watch for Way<'_, '_> {
    fn enter(&mut self, node: NodeIx) {
        let name = self.program.node_name(node).unwrap_or_default();
        self.entered.insert(name.to_owned());
        self.path.push(name.to_owned());
        self.node = name.to_owned();
    }

    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        self.path.push(format!(".{}", self.program.exit_name(node, exit).unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests;
