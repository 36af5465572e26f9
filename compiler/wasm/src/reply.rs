//! What the package gives to JavaScript. `types.d.ts` is generated from these types; a test proves it fresh.

use flow_compiler::diag::{Severity, Spot};
use flow_compiler::edit::complete::{self, CompletionKind};
use flow_compiler::entity::spec::EntitySpec;
use flow_compiler::nodes::spec::NodeSpec;
use serde::{Deserialize, Serialize};

/// Everything that flows may be made of.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Catalogue {
    /// Kinds of nodes.
    #[cfg_attr(test, ts(as = "Vec<NodeSpec>"))]
    pub nodes: Vec<&'static NodeSpec>,
    /// Kinds of entities.
    #[cfg_attr(test, ts(as = "Vec<EntitySpec>"))]
    pub entities: Vec<&'static EntitySpec>,
    /// Codes of findings.
    pub codes: Vec<Explanation>,
}

/// The manual's paragraph on a code.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Explanation {
    /// The code, e.g. `F101`.
    pub code: &'static str,
    /// How bad such a finding is.
    pub severity: Severity,
    /// What all findings of the code have in common.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: String,
}

/// A file of a project: `.flow` text, a canvas (`.json`) or facts (`catalog.json`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// A place in a file's text. Offsets count UTF-16 units, as JavaScript's strings do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Range {
    /// The file's name.
    pub file: String,
    /// First unit.
    pub from: u32,
    /// One past the last unit.
    pub to: u32,
    /// Line of `from`, from 1.
    pub line: u32,
    /// Column of `from` in units, from 1.
    pub column: u32,
}

/// A place in the view that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum Place {
    /// In `.flow` text.
    Text(Range),
    /// In JSON that can't be read as a flow.
    Json(Range),
    /// On a canvas.
    Canvas {
        /// The node's `id`; empty when it is about the whole flow.
        node: String,
        /// Which part of it.
        spot: Spot,
        /// The edge's `id`, when it is about an edge.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        edge: Option<String>,
    },
    /// In a catalogue.
    Catalog {
        /// The entity's kind.
        kind: String,
        /// Its key.
        key: String,
        /// The field.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        field: Option<String>,
    },
    /// The project as a whole.
    Project,
}

/// A place with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is there; may be empty.
    pub text: String,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Edit {
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub with: String,
}

/// A safe cure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Fix {
    /// What it does: "Write `timeout`".
    pub title: String,
    /// The edits, which don't overlap.
    pub edits: Vec<Edit>,
}

/// A node of a flow, by names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NodeName {
    /// Key of the flow.
    pub flow: String,
    /// Name of the node.
    pub node: String,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finding {
    /// The code, e.g. `F101`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, in one sentence.
    pub message: String,
    /// Where; the first is the main place.
    pub labels: Vec<Label>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub help: Option<String>,
    /// A safe cure, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub fix: Option<Fix>,
    /// The node that it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub about: Option<NodeName>,
}

/// A flow of a project.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Flow {
    /// Its key.
    pub key: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// Numbers that enter it.
    pub numbers: Vec<String>,
    /// Its nodes.
    pub nodes: Vec<FlowNode>,
}

/// A node of a flow.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FlowNode {
    /// Its name.
    pub name: String,
    /// Its kind, as it was written.
    pub kind: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// Where it stands.
    pub place: Place,
}

/// The canvases of a project.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Canvases {
    /// A file for each flow, named after it: React Flow JSON.
    pub flows: Vec<File>,
    /// The facts: `catalog.json`.
    pub catalog: File,
}

/// What came of a `test` block.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// Where it fails: a step, or the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub place: Option<Place>,
    /// What was expected; why, if it couldn't be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub expected: Option<String>,
    /// What happened instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub happened: Option<String>,
    /// The whole call, a line for each thing that happened.
    pub call: Vec<String>,
}

/// Who calls, when and whom.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct NewCall {
    /// The number that is called: one of an entry.
    pub number: String,
    /// The caller's number.
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub from: String,
    /// The caller's name.
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub name: String,
    /// When: `2026-03-02 10:00`, in the flow's zone or with a zone behind (`2026-03-02 10:00 UTC`). A Monday at ten, if
    /// not said.
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub at: String,
}

/// An answer that fits what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Choice {
    /// The answer, e.g. `key 1`, `ring answered`, `timeout`.
    pub answer: String,
    /// How long it usually takes, in milliseconds.
    pub usual_ms: u64,
}

/// What a call waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Question {
    /// What sort of thing is asked for, e.g. `menu`.
    pub kind: &'static str,
    /// What is asked for, e.g. `menu menu_greeting "main" 5000ms`.
    pub text: String,
    /// What the caller hears: the words of the prompt, or its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub hears: Option<String>,
    /// The answers that fit; the caller may hang up (`hung_up`) besides.
    pub choices: Vec<Choice>,
}

/// Something that happened in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    /// The call came into a node.
    Enters {
        /// Milliseconds since the call came.
        at_ms: u64,
        /// The node.
        node: String,
    },
    /// It left a node by an exit.
    Leaves {
        /// Milliseconds since the call came.
        at_ms: u64,
        /// The node.
        node: String,
        /// The exit.
        exit: String,
    },
    /// The program asked for something.
    Asks {
        /// Milliseconds since the call came.
        at_ms: u64,
        /// What.
        text: String,
    },
    /// The world answered.
    Answers {
        /// Milliseconds since the call came.
        at_ms: u64,
        /// What.
        text: String,
    },
    /// The call ended.
    Ends {
        /// Milliseconds since the call came.
        at_ms: u64,
        /// How.
        text: String,
    },
}

/// A call as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallView {
    /// Key of its flow.
    pub flow: String,
    /// Milliseconds since the call came.
    pub now_ms: u64,
    /// What it waits for; nothing when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub question: Option<Question>,
    /// How it ended, e.g. `hangup normal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub end: Option<String>,
    /// The node that it is in, or was in last.
    pub node: String,
    /// Everything that happened so far.
    pub happened: Vec<Happening>,
    /// The same as lines for people.
    pub told: Vec<String>,
}

/// A recorded call on a program of the project.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Replayed {
    /// Whether the trace was made by this very program.
    pub same_program: bool,
    /// What the program asked for, in order.
    pub effects: Vec<String>,
    /// How it ended, or where it parted from the trace.
    pub end: String,
    /// Whether it ended with the trace's last input.
    pub whole: bool,
}

/// Where an editor points.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(untagged)]
pub enum Pointer {
    /// In a text file.
    Text {
        /// The file.
        file: String,
        /// Where in its text, in UTF-16 units.
        offset: u32,
    },
    /// At a part of a node on a canvas.
    Canvas {
        /// Key of the flow.
        flow: String,
        /// The node.
        node: String,
        /// The part of it.
        spot: Spot,
    },
}

/// What may be written at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Completions {
    /// First unit of what is replaced.
    pub from: u32,
    /// One past its last unit.
    pub to: u32,
    /// In the order of the catalogue.
    pub items: Vec<Completion>,
}

/// Something that may be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Completion {
    /// What people choose by; for a value also the bare value, as a canvas keeps it.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What it is, in a few words.
    pub detail: String,
    /// More about it, in Markdown; may be empty.
    pub doc: String,
    /// What is written: a snippet (`${1:…}`) if `is_snippet`.
    pub insert: String,
    /// Whether `insert` has places to fill in.
    pub is_snippet: bool,
    /// What typed letters are compared with.
    pub filter: String,
}

impl Completion {
    /// As the compiler says it.
    #[must_use]
    pub fn of(found: complete::Completion) -> Completion {
        let complete::Completion { label, kind, detail, doc, insert, is_snippet, filter } = found;
        Completion { label, kind, detail, doc, insert, is_snippet, filter }
    }
}

/// A small note beside a node: in which state calls come, how long callers may have waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hint {
    /// Behind which unit of the text.
    pub at: u32,
    /// The note.
    pub label: String,
    /// What it means.
    pub detail: String,
}
