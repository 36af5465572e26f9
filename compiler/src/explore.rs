//! Every outcome of a flow, found by giving the real machine every answer that the world can give, at every question.
//!
//! Runs that stand at the same place in the same circumstances ([`State::place`]) are one, so that loops end. What the
//! host fails to do, and callers who hang up, aren't followed: they can end any call at any time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use flow_vm::effect::{
    Answer, Collected, ConferenceEnd, Digits, Effect, End, Input, Key, PhoneStatus, QueueEnd, RingEnd,
    VoicemailEnd, WebhookEnd,
};
use flow_vm::op::Op;
use flow_vm::text::answer_text;
use flow_vm::value::{Text, Value};
use flow_vm::{ExitIx, NodeIx, Program, State, Step, Watch, resume};

use crate::graph::Graph;
use crate::world::World;
use crate::zone;

mod moments;
mod script;
mod wait;

pub use wait::Wait;

/// Places that an exploration looks at.
pub const PLACES_MAX: usize = 20_000;
/// Values of one type that a server may send.
const VALUES_MAX: usize = 12;
/// How long a sound lasts here, whose length nobody knows, in milliseconds.
const SOUND_MS: u64 = 3_000;

/// What was found.
#[derive(Clone, Debug)]
pub struct Explored {
    /// Every way in which calls can end, those that take least to come to first.
    pub outcomes: Vec<Outcome>,
    /// The longest that a caller can wait before somebody talks to them or takes their message.
    pub worst: Option<Wait>,
    /// Nodes that no call comes to, in the order of the flow. Empty if the exploration isn't whole.
    pub never: Vec<String>,
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
    for moment in moments::of(graph, world) {
        for entry in program.entries() {
            search.start(entry, moment);
        }
    }
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
    fn start(&mut self, entry: &'p str, moment: i64) {
        let Ok(mut state) = State::new(self.program, entry) else { return };
        let mut way =
            Way { program: self.program, entered: &mut self.entered, path: Vec::new(), node: String::new() };
        let input = Input { effect: 0, mono_ms: 0, wall_ms: moment, answer: Answer::Start };
        if let Ok(Step::Effect { number, effect }) = resume(self.program, &mut state, input, &mut way) {
            let (path, node) = (way.path, way.node);
            self.come(Visit { state, effect, number, node, entry, moment, elapsed_ms: 0, came: None, path });
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
        let (state, moment, elapsed) = (here.state.clone(), here.moment, here.elapsed_ms);
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
                    let there =
                        Visit { state: next, effect, number, node, entry, moment, elapsed_ms, came, path };
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
                outcomes.push(self.outcome(ended, last, graph, world));
            }
        }
        let never = graph.nodes.values().map(|n| n.name.clone()).filter(|n| !self.entered.contains(n));
        let never = if self.whole { never.collect() } else { Vec::new() };
        let worst = wait::worst(&self);
        Explored { outcomes, worst, never, whole: self.whole, places: self.visits.len() }
    }

    fn outcome(&self, ended: &Ended, last: &Visit<'_>, graph: &Graph, world: &dyn World) -> Outcome {
        let (mut path, asked) = self.way_to(ended.from);
        path.extend(ended.path.iter().cloned());
        let end = Asked { node: &last.node, effect: last.effect, answer: ended.answer };
        let asked: Vec<_> = asked.into_iter().chain([end]).collect();
        let answer = answer_text(ended.answer);
        let name = format!("{}: {}", last.node, result(ended));
        let example = script::of(&name, last, &asked, ended.end, graph, world);
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
        let digits = "1".repeat(usize::from(rule.min));
        all.extend(Digits::new(&digits).map(|d| Answer::Collected(Collected::Digits(d))));
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
