//! THE oracle: what a flow means, said a second time and as plainly as can be. It walks the drawn graph node by node
//! and knows nothing of blocks, bytecode, tables or stacks; where it and the machine differ, one of them is wrong.
//!
//! A new kind is an arm in [`Call::node`], which the Rust compiler asks for: it names the exit by which a call leaves,
//! and asks the world in between.

use std::collections::BTreeMap;
use std::slice;

use flow_compiler::entity::{EntityFacts, EntityKind, Hours, IvrMenu, TimeSwitch};
use flow_compiler::expr::{self, Expr};
use flow_compiler::graph::{Graph, Node, NodeId, Target};
use flow_compiler::nodes::Kind;
use flow_compiler::nodes::spec::Unwired;
use flow_compiler::world::World;
use flow_vm::CallFacts;
use flow_vm::effect::{
    Answer, CallerPart, Cause, Collected, ConferenceEnd, DigitRule, Effect, End, Key, LocalTime, Method,
    RingEnd, Sound, Terminator, TransferTo, VoicemailEnd, WebhookEnd,
};
use flow_vm::text::effect_text;
use flow_vm::value::{Text, Value as Sent};
use flow_vm::webhook::Answers;

use super::values::{Known, Value};

/// A node is visited so often without a key in between; the next time the call ends.
const VISITS: u32 = 10;

/// Something that a call does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// It comes into a node.
    Enters(String),
    /// It leaves a node by an exit.
    Leaves(String, String),
    /// It asks the world.
    Asks(String),
    /// It ends.
    Ends(End),
}

/// Why a walk stops.
enum Over {
    /// The call ended.
    Ended(End),
    /// No more answers were given.
    Unanswered,
}

/// Everything that a call does that comes in at a node and gets these answers.
pub fn call(
    graph: &Graph,
    world: &dyn World,
    entry: &str,
    facts: &CallFacts,
    answers: &[Answer],
) -> Vec<Did> {
    let mut call = Call {
        graph,
        root: graph,
        calls: Vec::new(),
        world,
        facts,
        answers: answers.iter(),
        variables: BTreeMap::new(),
        visits: BTreeMap::new(),
        did: Vec::new(),
        last_confirm: "",
    };
    let mut at = graph.node(entry).expect("the entry");
    loop {
        match call.step(at) {
            Ok(next) => at = next,
            Err(Over::Ended(end)) => {
                call.did.push(Did::Ends(end));
                return call.did;
            }
            Err(Over::Unanswered) => return call.did,
        }
    }
}

struct Call<'a> {
    /// The flow that the call is in.
    graph: &'a Graph,
    /// The flow that it came into.
    root: &'a Graph,
    /// The flows that it goes back to, with the nodes that sent it on and their variables.
    calls: Vec<(&'a Graph, NodeId, BTreeMap<String, Value>)>,
    world: &'a dyn World,
    facts: &'a CallFacts,
    answers: slice::Iter<'a, Answer>,
    variables: BTreeMap<String, Value>,
    visits: BTreeMap<String, u32>,
    did: Vec<Did>,
    /// The exit for how digits were last not confirmed.
    last_confirm: &'static str,
}

impl<'a> Call<'a> {
    /// One node, and the next.
    fn step(&mut self, at: NodeId) -> Result<NodeId, Over> {
        let node = &self.graph.nodes[at];
        let name = self.name(node);
        let visits = self.visits.entry(name.clone()).or_default();
        *visits += 1;
        if *visits > VISITS {
            return Err(Over::Ended(End::TooManyVisits));
        }
        self.did.push(Did::Enters(name.clone()));
        match node.kind {
            Some(Kind::Subflow) => return self.go_into(at, node),
            Some(Kind::ComeBack) => return self.come_back(node),
            _ => {}
        }
        let exit = self.node(node)?;
        self.did.push(Did::Leaves(name, exit.clone()));
        self.follow(at, node, &exit)
    }

    /// What programs call a node.
    fn name(&self, node: &Node) -> String {
        if self.calls.is_empty() { node.name.clone() } else { format!("{}/{}", self.graph.key, node.name) }
    }

    fn go_into(&mut self, at: NodeId, node: &Node) -> Result<NodeId, Over> {
        let callee = self.root.library.get(text(node, "flow").unwrap()).expect("the flow");
        let given = node.field("gives").and_then(|f| f.value.as_array()).cloned().unwrap_or_default();
        let exprs: Vec<Expr> = given.iter().map(|t| expr::read(t.as_str().unwrap()).unwrap()).collect();
        let now = self.now(exprs.iter().any(Expr::asks_time))?;
        let mut variables = BTreeMap::new();
        for ((name, _), expr) in callee.inputs().into_iter().zip(&exprs) {
            let known = Known { facts: self.facts, variables: &self.variables, now };
            variables.insert(name.to_owned(), known.value(expr));
        }
        if self.calls.len() == 64 {
            return Err(Over::Ended(End::TooDeep));
        }
        self.calls.push((self.graph, at, std::mem::replace(&mut self.variables, variables)));
        self.graph = callee;
        Ok(callee.nodes.iter().find(|(_, n)| n.kind == Some(Kind::Start)).expect("a start").0)
    }

    fn come_back(&mut self, node: &Node) -> Result<NodeId, Over> {
        let exit = text(node, "exit").unwrap();
        let (graph, at, variables) = self.calls.pop().expect("a call to go back to");
        self.graph = graph;
        self.variables = variables;
        let node = &graph.nodes[at];
        self.did.push(Did::Leaves(self.name(node), exit.to_owned()));
        self.follow(at, node, exit)
    }

    /// The local time, if it's wanted.
    fn now(&mut self, wanted: bool) -> Result<Option<LocalTime>, Over> {
        if !wanted {
            return Ok(None);
        }
        let zone = expr::zone_of(self.graph, self.world).expect("a zone");
        match self.ask(&Effect::LocalTime { zone: &zone })? {
            Answer::LocalTime(time) => Ok(Some(time)),
            _ => Err(Over::Ended(End::Hangup(Cause::Congestion))),
        }
    }

    /// What happens in a node: the exit by which the call leaves it, if it does.
    fn node(&mut self, node: &'a Node) -> Result<String, Over> {
        match node.kind.expect("a kind") {
            Kind::InboundNumber | Kind::Start => Ok("next".into()),
            Kind::Subflow | Kind::ComeBack => unreachable!("these lead to other flows"),
            Kind::TimeSwitch => self.time_switch(node),
            Kind::IvrMenu => self.menu(node),
            Kind::RingGroup => {
                let EntityFacts::RingGroup(group) = self.facts_of(node) else { panic!("no group") };
                let timeout_ms = 1_000 * seconds(node, "ring").unwrap_or(u32::from(group.ring_timeout_s));
                self.ring(Effect::RingGroup { group: &group.key, timeout_ms })
            }
            Kind::Extension => {
                let EntityFacts::Extension(extension) = self.facts_of(node) else { panic!("no extension") };
                let timeout_ms = 1_000 * seconds(node, "ring").unwrap_or(u32::from(extension.ring_timeout_s));
                self.ring(Effect::RingExtension { extension: &extension.key, timeout_ms })
            }
            Kind::Voicemail => {
                self.answer()?;
                let exit = match self.ask(&Effect::Voicemail { mailbox: key(node) })? {
                    Answer::Voicemail(VoicemailEnd::Done) => "next",
                    Answer::Voicemail(VoicemailEnd::Full) => "full",
                    _ => "failed",
                };
                Ok(exit.into())
            }
            Kind::PlayMessage => {
                let (early, barge_in) = (yes(node, "early"), yes(node, "barge_in"));
                if !early {
                    self.answer()?;
                }
                let sound = Sound::Prompt(key(node));
                let exit = match self.ask(&Effect::Play { sound, barge_in, early })? {
                    Answer::Key(_) => "interrupted",
                    _ => "next",
                };
                Ok(exit.into())
            }
            Kind::Hangup => {
                let word = text(node, "cause").unwrap_or("normal");
                let cause = Cause::ALL.into_iter().find(|c| c.name() == word).expect("a cause");
                Err(Over::Ended(End::Hangup(cause)))
            }
            Kind::SetCallerId => {
                // The name before the number: both are asked for, in this order.
                for (part, field) in [(CallerPart::Name, "name"), (CallerPart::Number, "number")] {
                    if let Some(template) = text(node, field) {
                        let shown = self.value(&expr::read_template(template).expect("a text"))?.spelled();
                        self.ask(&Effect::SetCallerId { part, text: Text::cut(&shown) })?;
                    }
                }
                Ok("next".into())
            }
            Kind::Set => {
                let value = self.value(&expr::read(text(node, "value").unwrap()).expect("an expression"))?;
                self.variables.insert(text(node, "variable").unwrap().to_owned(), value);
                Ok("next".into())
            }
            Kind::Branch => {
                let when = expr::read(text(node, "when").unwrap()).expect("a condition");
                Ok(if self.value(&when)? == Value::Bool(true) { "yes" } else { "no" }.into())
            }
            Kind::Split => {
                let percent = number(node, "percent").unwrap_or(50) as u8;
                let drawn = self.ask(&Effect::Chance { percent })?;
                Ok(if drawn == Answer::Chance(true) { "chosen" } else { "rest" }.into())
            }
            Kind::Collect => self.collect(node),
            Kind::Status => {
                let exit = match self.ask(&Effect::Status { extension: key(node) })? {
                    Answer::Status(status) => status.name(),
                    _ => "unregistered",
                };
                Ok(exit.into())
            }
            Kind::Transfer => self.transfer(node),
            Kind::Webhook => self.webhook(node),
            Kind::Queue => {
                let EntityFacts::Queue(queue) = self.facts_of(node) else { panic!("no queue") };
                self.answer()?;
                let timeout_ms = 1_000 * seconds(node, "wait").unwrap_or(u32::from(queue.max_wait_s));
                let exit = match self.ask(&Effect::Queue { queue: &queue.key, timeout_ms })? {
                    Answer::Queue(end) => end.name(),
                    _ => "unavailable",
                };
                Ok(exit.into())
            }
            Kind::Conference => {
                self.answer()?;
                let exit = match self.ask(&Effect::Conference { conference: key(node) })? {
                    Answer::Conference(ConferenceEnd::Left) => "next",
                    Answer::Conference(ConferenceEnd::Full) => "full",
                    _ => "refused",
                };
                Ok(exit.into())
            }
        }
    }

    // ---- kinds that take more than a few lines ----------------------------------------------------------------------

    fn transfer(&mut self, node: &'a Node) -> Result<String, Over> {
        let timeout_ms = 1_000 * seconds(node, "ring").unwrap_or(60);
        let to = match (text(node, "extension"), text(node, "number")) {
            (Some(extension), None) => TransferTo::Extension(extension),
            (None, Some(number)) => {
                let number = self.value(&expr::read(number).expect("a number"))?.spelled();
                TransferTo::Number(Text::cut(&number))
            }
            _ => panic!("one target"),
        };
        match self.ask(&Effect::Transfer { to, timeout_ms })? {
            Answer::Done => Err(Over::Ended(End::Hangup(Cause::Normal))),
            _ => Ok("failed".into()),
        }
    }

    fn webhook(&mut self, node: &'a Node) -> Result<String, Over> {
        let send = match text(node, "send") {
            Some(send) => self.value(&expr::read_template(send).expect("a text"))?.spelled(),
            None => String::new(),
        };
        let declared = node.field("answers").and_then(|f| f.value.as_array()).cloned().unwrap_or_default();
        let member = |json: &serde_json::Value, name: &str| json[name].as_str().unwrap().to_owned();
        let fields = |answer: &serde_json::Value| {
            let fields = answer["fields"].as_array().cloned().unwrap_or_default();
            fields.iter().map(|f| (member(f, "name"), member(f, "type"))).collect::<Vec<_>>()
        };
        let spelled: Vec<String> = declared
            .iter()
            .map(|answer| {
                let fields: Vec<_> = fields(answer).iter().map(|(name, ty)| format!("{name}:{ty}")).collect();
                let name = member(answer, "name");
                if fields.is_empty() { name } else { format!("{name}({})", fields.join(",")) }
            })
            .collect();
        let spelled = spelled.join(" ");
        let effect = Effect::Webhook {
            url: text(node, "url").unwrap(),
            method: if text(node, "method") == Some("get") { Method::Get } else { Method::Post },
            send: Text::cut(&send),
            answers: Answers::new(&spelled).unwrap(),
            timeout_ms: 1_000 * seconds(node, "timeout").unwrap_or(5),
        };
        let answer = match self.ask(&effect)? {
            Answer::Webhook(WebhookEnd::Answer(n)) => declared.get(usize::from(n)),
            Answer::Webhook(WebhookEnd::Default) => return Ok("default".into()),
            Answer::Webhook(WebhookEnd::Timeout) => return Ok("timeout".into()),
            _ => None,
        };
        let Some(answer) = answer else { return Ok("error".into()) };
        for (name, ty) in fields(answer) {
            let ty = flow_vm::value::Type::ALL.into_iter().find(|t| t.name() == ty).unwrap();
            let Answer::Value(sent) = self.ask(&Effect::WebhookField { field: &name, ty })? else {
                return Ok("error".into());
            };
            let value = match sent {
                Sent::Bool(yes) => Value::Bool(yes),
                Sent::Number(number) => Value::Number(number),
                Sent::Text(text) => Value::Text(text.as_str().to_owned()),
                Sent::Phone(phone) => Value::Phone(phone.as_str().to_owned()),
                Sent::Moment(moment) => panic!("{moment:?} is never sent"),
            };
            self.variables.insert(name, value);
        }
        Ok(member(answer, "name"))
    }

    fn time_switch(&mut self, node: &'a Node) -> Result<String, Over> {
        let EntityFacts::TimeSwitch(switch) = self.facts_of(node) else { panic!("no time switch") };
        Ok(match self.ask(&Effect::LocalTime { zone: &switch.timezone })? {
            Answer::LocalTime(now) => exit_at(switch, now),
            _ => "default".into(),
        })
    }

    fn menu(&mut self, node: &'a Node) -> Result<String, Over> {
        let EntityFacts::IvrMenu(menu) = self.facts_of(node) else { panic!("no menu") };
        self.answer()?;
        let timeout_ms = 1_000 * seconds(node, "timeout").unwrap_or(u32::from(menu.timeout_s));
        let (mut silences, mut wrong) = (menu.retries, menu.retries);
        loop {
            let sound = Sound::MenuGreeting(&menu.key);
            let mut pressed = match self.ask(&Effect::Menu { sound, timeout_ms })? {
                Answer::Key(key) => Some(key),
                _ => None,
            };
            // Until the caller says nothing to the word that a mistake is answered by.
            loop {
                let (left, exit, word) = match pressed {
                    Some(key) if offers(menu, key) => return Ok(key.to_string()),
                    Some(_) => (&mut wrong, "invalid", "menu-invalid"),
                    None => (&mut silences, "timeout", "menu-timeout"),
                };
                if *left == 0 {
                    return Ok(exit.into());
                }
                *left -= 1;
                match self.ask(&Effect::Play { sound: Sound::Prompt(word), barge_in: true, early: false })? {
                    Answer::Key(key) => pressed = Some(key),
                    _ => break,
                }
            }
        }
    }

    fn collect(&mut self, node: &'a Node) -> Result<String, Over> {
        self.answer()?;
        let small = |field, usual| number(node, field).unwrap_or(usual) as u8;
        let word = text(node, "terminator").unwrap_or("#");
        let rule = DigitRule {
            min: small("min", 1),
            max: small("max", 16),
            terminator: Terminator::ALL.into_iter().find(|t| t.name() == word).unwrap(),
            first_s: small("timeout", 5),
            next_s: small("digit_timeout", 3),
        };
        let secret = text(node, "secret");
        let (mut silences, mut wrong) = (small("retries", 2), small("retries", 2));
        loop {
            let answer = self.ask(&Effect::Collect { prompt: key(node), rule, secret })?;
            let (left, exit) = match answer {
                Answer::Collected(Collected::Accepted) => return Ok("next".into()),
                Answer::Collected(Collected::Digits(digits)) => match self.confirms(node)? {
                    Some("again") => continue,
                    Some(exit) => return Ok(exit.into()),
                    None => {
                        let value = match text(node, "holds").unwrap_or("text") {
                            "text" => Value::Text(digits.as_str().into()),
                            "phone" => Value::Phone(digits.as_str().into()),
                            _ => Value::Number(digits.as_str().parse().unwrap()),
                        };
                        self.variables.insert(text(node, "variable").unwrap().to_owned(), value);
                        return Ok("next".into());
                    }
                },
                Answer::Collected(Collected::TooFew) => (&mut wrong, "invalid"),
                Answer::Collected(Collected::Refused) => (&mut wrong, "refused"),
                _ => (&mut silences, "timeout"),
            };
            if *left == 0 {
                return Ok(exit.into());
            }
            *left -= 1;
            if exit != "timeout" {
                let sound = Sound::Prompt("menu-invalid");
                self.ask(&Effect::Play { sound, barge_in: false, early: false })?;
            }
        }
    }

    /// Whether the caller confirms digits: `None` for yes, or because nobody asks; `again` to enter others; or an exit.
    fn confirms(&mut self, node: &Node) -> Result<Option<&'static str>, Over> {
        let Some(prompt) = text(node, "confirm") else { return Ok(None) };
        let timeout_ms = 1_000 * seconds(node, "timeout").unwrap_or(5);
        for _ in 0..=number(node, "retries").unwrap_or(2) {
            let asked = self.ask(&Effect::Menu { sound: Sound::Prompt(prompt), timeout_ms })?;
            let exit = match asked {
                Answer::Key(key) if key.to_char() == '1' => return Ok(None),
                Answer::Key(key) if key.to_char() == '2' => return Ok(Some("again")),
                Answer::Key(_) => "invalid",
                _ => "timeout",
            };
            self.last_confirm = exit;
        }
        Ok(Some(self.last_confirm))
    }

    fn ring(&mut self, effect: Effect<'_>) -> Result<String, Over> {
        let exit = match self.ask(&effect)? {
            Answer::Ring(RingEnd::Answered) => "answered",
            Answer::Ring(RingEnd::NoAnswer) => "no_answer",
            Answer::Ring(RingEnd::Busy) => "busy",
            Answer::Ring(RingEnd::Declined) => "declined",
            _ => "unavailable",
        };
        Ok(exit.into())
    }

    // ---- what kinds have in common ----------------------------------------------------------------------------------

    /// Asks the world.
    fn ask(&mut self, effect: &Effect<'_>) -> Result<Answer, Over> {
        self.did.push(Did::Asks(effect_text(effect)));
        match self.answers.next() {
            None => Err(Over::Unanswered),
            Some(Answer::HungUp) => Err(Over::Ended(End::CallerGone)),
            Some(answer) => {
                let silent = Answer::Collected(Collected::Silent);
                if matches!(answer, Answer::Key(_) | Answer::Collected(_)) && *answer != silent {
                    self.visits.clear();
                }
                Ok(*answer)
            }
        }
    }

    /// Answers the caller; one who can't be answered is let go.
    fn answer(&mut self) -> Result<(), Over> {
        match self.ask(&Effect::Answer)? {
            Answer::Done => Ok(()),
            _ => Err(Over::Ended(End::Hangup(Cause::Normal))),
        }
    }

    /// The next node behind an exit, by its own edge or by what happens without one.
    fn follow(&mut self, at: NodeId, node: &Node, exit: &str) -> Result<NodeId, Over> {
        let exits = self.root.library.exits_of(node, self.entity_of(node));
        let mut exit = exit.to_owned();
        loop {
            let edge = self.graph.edges.values().find(|e| e.source == at && e.exit == exit);
            if let Some(Target::Node(next)) = edge.map(|e| &e.target) {
                return Ok(*next);
            }
            let (_, spec) = exits.iter().find(|(name, _)| *name == exit).expect("an exit of the kind");
            match spec.unwired {
                Unwired::FallsTo(other) => exit = other.to_owned(),
                Unwired::HangsUp => return Err(Over::Ended(End::Hangup(Cause::Normal))),
                Unwired::SaysGoodbye => {
                    let sound = Sound::Prompt("goodbye");
                    self.ask(&Effect::Play { sound, barge_in: false, early: false })?;
                    return Err(Over::Ended(End::Hangup(Cause::Normal)));
                }
                Unwired::Refused => panic!("`{}` has no edge at {exit}", node.name),
            }
        }
    }

    /// The value of an expression. Where it reads the clock, the time is asked first.
    fn value(&mut self, expr: &Expr) -> Result<Value, Over> {
        let now = self.now(expr.asks_time())?;
        Ok(Known { facts: self.facts, variables: &self.variables, now }.value(expr))
    }

    fn entity_of(&self, node: &Node) -> Option<&'a EntityFacts> {
        let kind: EntityKind = node.kind?.spec().entity.kind()?;
        self.world.entity(kind, node.entity_key()?)
    }

    fn facts_of(&self, node: &Node) -> &'a EntityFacts {
        self.entity_of(node).expect("facts")
    }
}

/// The exit of a time switch at a moment: exceptions first, then rules, the first that matches.
fn exit_at(switch: &TimeSwitch, now: LocalTime) -> String {
    for e in &switch.exceptions {
        if is_in(&e.hours, now, |day| e.from.day <= day && day <= e.to.day) {
            return e.exit.clone();
        }
    }
    for rule in &switch.rules {
        // 1970-01-05 was a Monday.
        if is_in(&rule.hours, now, |day| rule.days.0 >> (day - 4).rem_euclid(7) & 1 == 1) {
            return rule.key.clone();
        }
    }
    "default".into()
}

/// Whether a moment is in hours of days. Hours past midnight belong to the day on which they begin.
fn is_in(hours: &[Hours], now: LocalTime, is_day: impl Fn(i32) -> bool) -> bool {
    let minute = (now.second / 60) as u16;
    let in_range = |h: &Hours| {
        if h.start < h.end {
            is_day(now.day) && h.start <= minute && minute < h.end
        } else {
            is_day(now.day) && h.start <= minute || is_day(now.day - 1) && minute < h.end
        }
    };
    if hours.is_empty() { is_day(now.day) } else { hours.iter().any(in_range) }
}

fn offers(menu: &IvrMenu, key: Key) -> bool {
    menu.keys.iter().any(|offered| offered.key == key)
}

fn key(node: &Node) -> &str {
    node.entity_key().expect("an entity")
}

fn text<'n>(node: &'n Node, field: &str) -> Option<&'n str> {
    node.field(field)?.value.as_str()
}

fn number(node: &Node, field: &str) -> Option<u64> {
    node.field(field)?.value.as_u64()
}

fn seconds(node: &Node, field: &str) -> Option<u32> {
    number(node, field).map(|s| u32::try_from(s).unwrap())
}

fn yes(node: &Node, field: &str) -> bool {
    node.field(field).is_some_and(|f| f.value == true)
}
