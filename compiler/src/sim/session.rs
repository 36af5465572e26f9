//! A simulated call, step by step: whoever plays the world (a person at a key pad, say) answers what the program asks.
//! What needs no decision is answered at once: the time of day, the answer of the call, the caller's name and number.

use std::fmt;

use flow_vm::effect::{Answer, Effect, EffectKind, End, Input, Sound};
use flow_vm::text::{answer_text, effect_text};
use flow_vm::{ExitIx, NodeIx, Program, State, Step, Trace, Watch, resume};

use super::script::Script;
use super::story::{self, Happening, What};
use crate::explore::{answers, takes_ms, values};
use crate::graph::Graph;
use crate::limits::SIMULATED_EFFECTS_MAX;

/// What the program waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What sort of thing it asks for.
    pub kind: EffectKind,
    /// What it asks for, as [`effect_text`] says it.
    pub text: String,
    /// What the caller hears while it is asked.
    pub hears: Option<Heard>,
    /// The answers that fit and how long each usually takes, in milliseconds. The caller may hang up besides.
    pub answers: Vec<(Answer, u64)>,
    number: u32,
}

/// A sound that the caller hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A prompt, by name.
    Prompt(String),
    /// The greeting of a menu, by the menu's key.
    MenuGreeting(String),
}

impl Heard {
    fn of(effect: &Effect<'_>) -> Option<Heard> {
        if let Effect::Collect { prompt, .. } = effect {
            return Some(Heard::Prompt((*prompt).to_owned()));
        }
        let (Effect::Play { sound, .. } | Effect::Menu { sound, .. }) = effect else { return None };
        Some(match sound {
            Sound::Prompt(name) => Heard::Prompt((*name).to_owned()),
            Sound::MenuGreeting(menu) => Heard::MenuGreeting((*menu).to_owned()),
        })
    }
}

/// Why a call doesn't go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// The program has no such entry: it was made of another flow.
    NoEntry(String),
    /// The call is over.
    Over,
    /// That is no answer to what is asked.
    WrongAnswer {
        /// What is asked.
        asked: String,
        /// What was said.
        said: String,
    },
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionError::NoEntry(entry) => write!(f, "the program has no entry `{entry}`"),
            SessionError::Over => f.write_str("the call is over: start another one"),
            SessionError::WrongAnswer { asked, said } => write!(f, "`{said}` is no answer to `{asked}`"),
        }
    }
}

impl std::error::Error for SessionError {}

/// A call that is going on.
#[derive(Clone, Debug)]
pub struct Session {
    program: Program,
    state: State,
    trace: Trace,
    wall_ms: i64,
    now_ms: u64,
    happened: Vec<Happening>,
    asked: Option<Asked>,
    end: Option<End>,
}

impl Session {
    /// Starts the call of a script at its entry and runs it to the first question. What the script says of phones and
    /// of the caller's doings doesn't count here.
    ///
    /// # Errors
    /// The program was made of another flow.
    pub fn start(program: Program, graph: &Graph, script: &Script) -> Result<Session, SessionError> {
        let entry = graph.nodes.get(script.entry).map_or("", |n| n.name.as_str());
        let no_entry = || SessionError::NoEntry(entry.to_owned());
        let state = State::new(&program, entry).map_err(|_| no_entry())?.with_facts(script.facts);
        let mut session = Session {
            trace: Trace::new(&program, entry, script.facts),
            program,
            state,
            wall_ms: script.wall_ms,
            now_ms: 0,
            happened: Vec::new(),
            asked: None,
            end: None,
        };
        session.give(0, Answer::Start).map_err(|()| no_entry())?;
        session.go_on();
        Ok(session)
    }

    /// What the program waits for; `None` when the call is over.
    #[must_use]
    pub const fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }

    /// How the call ended; `None` while it goes on, and when it took more effects than a simulation may.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// Milliseconds since the call came.
    #[must_use]
    pub const fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Everything that happened so far, in order.
    #[must_use]
    pub fn happened(&self) -> &[Happening] {
        &self.happened
    }

    /// What went into the machine so far. Replaying it gives the same.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The call as lines for people.
    #[must_use]
    pub fn told(&self, graph: &Graph) -> Vec<String> {
        story::told(graph, &self.happened)
    }

    /// Answers what is asked, `after_ms` milliseconds after it was asked or, if that isn't said, after the usual time.
    ///
    /// # Errors
    /// The call is over, or the answer doesn't fit; the call is as it was then.
    pub fn answer(&mut self, answer: Answer, after_ms: Option<u64>) -> Result<(), SessionError> {
        let Some(asked) = self.asked.take() else { return Err(SessionError::Over) };
        let usual = asked.answers.iter().find(|(fits, _)| *fits == answer).map_or(0, |(_, ms)| *ms);
        let before = self.now_ms;
        self.now_ms = before.saturating_add(after_ms.unwrap_or(usual));
        if self.give(asked.number, answer).is_err() {
            self.now_ms = before;
            let said = answer_text(answer);
            let error = SessionError::WrongAnswer { asked: asked.text.clone(), said };
            self.asked = Some(asked);
            return Err(error);
        }
        self.go_on();
        Ok(())
    }

    /// Answers what needs no decision.
    fn go_on(&mut self) {
        while let Some(asked) = self.asked.take() {
            let decided = match (asked.kind, asked.answers.as_slice()) {
                (
                    EffectKind::Answer | EffectKind::LocalTime | EffectKind::SetCallerId,
                    [(answer, ms), ..],
                ) => Some((*answer, *ms)),
                (_, []) => Some((Answer::Failed, 0)),
                _ => None,
            };
            let Some((answer, ms)) = decided else {
                self.asked = Some(asked);
                return;
            };
            self.now_ms = self.now_ms.saturating_add(ms);
            if self.give(asked.number, answer).is_err() {
                return;
            }
        }
    }

    fn input(&self, effect: u32, answer: Answer) -> Input {
        let wall_ms = self.wall_ms.saturating_add_unsigned(self.now_ms);
        Input { effect, mono_ms: self.now_ms, wall_ms, answer }
    }

    /// Gives the machine an answer. An answer that doesn't fit leaves the call as it was.
    fn give(&mut self, effect: u32, answer: Answer) -> Result<(), ()> {
        if self.trace.inputs.len() >= SIMULATED_EFFECTS_MAX {
            return Ok(());
        }
        let input = self.input(effect, answer);
        let mut path = Path { program: &self.program, at_ms: self.now_ms, happened: Vec::new() };
        let step = resume(&self.program, &mut self.state, input, &mut path).map_err(|_| ())?;
        self.happened.push(Happening { at_ms: self.now_ms, what: What::Answer(input) });
        self.happened.append(&mut path.happened);
        self.trace.inputs.push(input);
        match step {
            Step::Effect { number, effect } => {
                let text = effect_text(&effect);
                self.happened.push(Happening { at_ms: self.now_ms, what: What::Asks(text.clone()) });
                let answers = self.fitting(number, &effect);
                let hears = Heard::of(&effect);
                self.asked = Some(Asked { kind: effect.kind(), text, hears, answers, number });
            }
            Step::End(end) => {
                self.happened.push(Happening { at_ms: self.now_ms, what: What::Ends(end) });
                self.end = Some(end);
            }
        }
        Ok(())
    }

    /// The answers that the machine would take now.
    fn fitting(&self, number: u32, effect: &Effect<'_>) -> Vec<(Answer, u64)> {
        let fits = |answer: &Answer| {
            let mut state = self.state.clone();
            resume(&self.program, &mut state, self.input(number, *answer), &mut flow_vm::Unwatched).is_ok()
        };
        let all = answers(effect, &values(&self.program), self.wall_ms, self.now_ms).into_iter().filter(fits);
        all.map(|answer| (answer, takes_ms(effect, answer))).collect()
    }
}

/// Writes down the path.
struct Path<'a> {
    program: &'a Program,
    at_ms: u64,
    happened: Vec<Happening>,
}

impl Watch for Path<'_> {
    fn enter(&mut self, node: NodeIx) {
        let name = self.program.node_name(node).unwrap_or_default().to_owned();
        self.happened.push(Happening { at_ms: self.at_ms, what: What::Enters(name) });
    }

    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        let exit = self.program.exit_name(node, exit).unwrap_or_default().to_owned();
        let node = self.program.node_name(node).unwrap_or_default().to_owned();
        self.happened.push(Happening { at_ms: self.at_ms, what: What::Leaves { node, exit } });
    }
}

#[cfg(test)]
mod tests;
