//! The typed graph in which both views meet.
//!
//! Everything that either view can say is here, so that converting loses nothing: ids, labels, entity references,
//! config that nobody knows, comments, edge order, positions. What couldn't be understood is kept as a hole and
//! diagnosed by the front that read it. Equality is of content: where something was read ([`Origin`]) and how it was
//! spread over files doesn't count.

use std::collections::BTreeMap;

use cranelift_entity::{EntityRef as _, PrimaryMap, entity_impl};
use flow_vm::effect::{Cause, Key, QueueEnd};
use serde_json::{Map, Value};

use crate::diag::{Place, Span, Spot};
use crate::entity::{Date, EntityKind};
use crate::library::Library;
use crate::nodes::Kind;
use crate::nodes::spec::{FieldDefault, FieldSpec, FieldType};
use crate::{Source, limits};

/// A file of the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);
entity_impl!(FileId, "file");

/// A flow of the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(u32);
entity_impl!(FlowId, "flow");

/// A node of one flow; the order is that of both views.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);
entity_impl!(NodeId, "node");

/// An edge of one flow; the order is that of the JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(u32);
entity_impl!(EdgeId, "edge");

/// A declaration of an entity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclId(u32);
entity_impl!(DeclId, "entity");

/// A `test` block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestId(u32);
entity_impl!(TestId, "test");

/// Where something was read. Never part of a comparison: two graphs are equal when they say the same.
#[derive(Clone, Debug, Default)]
pub struct Origin(pub Option<Place>);

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Origin {}

impl Origin {
    /// A place in text.
    #[must_use]
    pub fn text(span: Span) -> Self {
        Origin(Some(Place::Text(span)))
    }

    /// The place; the whole project for something that was made, not read.
    #[must_use]
    pub fn place(&self) -> Place {
        self.0.clone().unwrap_or(Place::Project)
    }
}

/// Whether a part of something couldn't be read, which is said: what seems to be missing may stand there, and isn't
/// reported as well. Never part of a comparison.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread(pub bool);

impl PartialEq for Unread {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Unread {}

/// The comments that belong to something, without their `//`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Lines above it.
    pub before: Vec<String>,
    /// At the end of its first line.
    pub after: Option<String>,
    /// Lines at the end of its block.
    pub tail: Vec<String>,
}

impl Comments {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_none() && self.tail.is_empty()
    }
}

/// Everything that was read together: a folder of `.flow` files, or one canvas.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The files, in the order given.
    pub files: PrimaryMap<FileId, SourceFile>,
    /// The flows.
    pub flows: PrimaryMap<FlowId, Graph>,
    /// The entity declarations.
    pub entities: PrimaryMap<DeclId, Declaration>,
    /// The tests.
    pub tests: PrimaryMap<TestId, Test>,
    /// Whether whole blocks couldn't be read, or not even as what: any entity may stand there.
    pub lost: bool,
}

impl Project {
    /// Whether two projects say the same, however they are spread over files.
    #[must_use]
    pub fn says_the_same(&self, other: &Project) -> bool {
        self.flows.values().eq(other.flows.values())
            && self.entities.values().eq(other.entities.values())
            && self.tests.values().eq(other.tests.values())
    }

    /// The flow with this key.
    #[must_use]
    pub fn flow(&self, key: &str) -> Option<FlowId> {
        self.flows.iter().find(|(_, g)| g.key == key).map(|(id, _)| id)
    }
}

/// One source file.
#[derive(Clone, Debug, Default)]
pub struct SourceFile {
    /// Name as given by the caller; only shown.
    pub name: String,
    /// Its text, for rendering of findings.
    pub text: String,
    /// Its blocks in order (text only).
    pub items: Vec<Item>,
    /// Comments at its top, set apart from the first block by an empty line.
    pub head: Vec<String>,
    /// Comments after the last block.
    pub tail: Vec<String>,
}

impl SourceFile {
    /// A JSON file, with its text for rendering; none of it if it is too large to be read. Of one that isn't UTF-8 nothing is
    /// read behind the first byte that is none, and little more is shown.
    pub(crate) fn of_json(source: &Source<'_>) -> Self {
        let is_read = source.bytes.len() <= limits::JSON_FILE_BYTES_MAX;
        let bytes = if is_read { source.bytes } else { &[] };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => {
                let shown = bytes.len().min(error.valid_up_to() + limits::SHOWN_BEHIND_UTF8);
                String::from_utf8_lossy(bytes.get(..shown).unwrap_or_default()).into_owned()
            }
        };
        SourceFile { name: source.name.to_owned(), text, ..SourceFile::default() }
    }
}

/// A block of a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// `flow …`
    Flow(FlowId),
    /// `layout …` of a flow.
    Layout(FlowId),
    /// A declaration.
    Entity(DeclId),
    /// `test …`
    Test(TestId),
}

/// One flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Stable key; names the flow in text and in the store.
    pub key: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// What the flow says of itself ([`FLOW_FIELDS`]), in the order written.
    pub fields: Vec<Field>,
    /// The nodes.
    pub nodes: PrimaryMap<NodeId, Node>,
    /// The edges.
    pub edges: PrimaryMap<EdgeId, Edge>,
    /// What the canvas shows.
    pub viewport: Option<Viewport>,
    /// Parts of a canvas that are no node and no edge (without an id, without a source), as they came.
    pub strays: Vec<Stray>,
    /// Members of the JSON's root that nobody knows, as they came.
    pub extra: Map<String, Value>,
    /// Members of the envelope `flowpbx` that nobody knows (notes), as they came.
    pub notes: Map<String, Value>,
    /// Comments on the flow block.
    pub comments: Comments,
    /// Comments on the layout block.
    pub layout_comments: Comments,
    /// The flows that it may call; whoever reads flows puts them here ([`crate::library::link`]).
    pub library: Library,
    /// Where it was read.
    pub origin: Origin,
    /// Whether parts of it weren't read: it is larger than the limits, or isn't of the shape of a flow. The reader said so,
    /// and what isn't there must not be looked for.
    pub cut: bool,
    /// Whether a part of it, or of an entity that it works with, couldn't be read.
    pub unread: Unread,
    /// Whether whole blocks of its project couldn't be read.
    pub lost: Unread,
}

/// The fields of a flow itself.
pub const FLOW_FIELDS: &[FieldSpec] = &[
    FieldSpec {
        name: "zone",
        doc: "The time zone of `now.time`, `now.date` and `now.weekday`; that of the first time switch, if not given.",
        ty: FieldType::Zone,
        default: FieldDefault::Absent,
    },
    FieldSpec {
        name: "inputs",
        doc: "What a `subflow` node of another flow gives this one, with types: `[account:text, tries:number]`.",
        ty: FieldType::Inputs,
        default: FieldDefault::Absent,
    },
    FieldSpec {
        name: "exits",
        doc: "The exits by which calls come back to the flow that called this one: `[ok, failed]`.",
        ty: FieldType::Names,
        default: FieldDefault::Absent,
    },
];

impl Graph {
    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// Whether the same parts of two equal graphs couldn't be read.
    pub(crate) fn is_read_like(&self, other: &Graph) -> bool {
        let of = |graph: &'_ Graph| (graph.unread.0, graph.lost.0);
        let nodes = self.nodes.values().zip(other.nodes.values());
        of(self) == of(other) && nodes.into_iter().all(|(one, other)| one.unread.0 == other.unread.0)
    }

    /// The first node with this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().find(|(_, n)| n.name == name).map(|(id, _)| id)
    }

    /// Edges by node, made once for whoever walks the graph.
    #[must_use]
    pub fn wiring(&self) -> Wiring {
        let exit = |id: &EdgeId| self.edges.get(*id).map_or("", |e| e.exit.as_str());
        let source = |id: &EdgeId| self.edges.get(*id).map_or(0, |e| e.source.index());
        let mut edges: Vec<EdgeId> = self.edges.keys().collect();
        // Both sorts are stable: edges of one exit stay in their order.
        edges.sort_by_key(source);
        let mut starts = Vec::with_capacity(self.nodes.len() + 1);
        let mut at = 0;
        for node in 0..=self.nodes.len() {
            at += edges.iter().skip(at).take_while(|id| source(id) < node).count();
            starts.push(at);
        }
        let mut by_exit = edges.clone();
        for of_node in by_exit.chunk_by_mut(|a, b| source(a) == source(b)) {
            of_node.sort_by(|a, b| exit(a).cmp(exit(b)));
        }
        Wiring { starts, edges, by_exit }
    }

    /// Names of the nodes, made once for whoever looks up many.
    #[must_use]
    pub fn names(&self) -> BTreeMap<&str, NodeId> {
        let mut names = BTreeMap::new();
        for (id, node) in &self.nodes {
            names.entry(node.name.as_str()).or_insert(id);
        }
        names
    }

    /// Where to point for a node as a whole.
    #[must_use]
    pub fn place_of(&self, node: NodeId) -> Place {
        self.nodes.get(node).map_or_else(|| self.origin.place(), |n| n.origin.place())
    }
}

/// The edges of a graph by their source.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Where the edges of each node begin in the lists, and the end.
    starts: Vec<usize>,
    /// All edges by source, in order.
    edges: Vec<EdgeId>,
    /// All edges by source, sorted by exit.
    by_exit: Vec<EdgeId>,
}

impl Wiring {
    /// The edges that leave a node, in order.
    #[must_use]
    pub fn from(&self, node: NodeId) -> &[EdgeId] {
        self.of(&self.edges, node)
    }

    fn of<'w>(&self, list: &'w [EdgeId], node: NodeId) -> &'w [EdgeId] {
        let range = self.starts.get(node.index()).zip(self.starts.get(node.index() + 1));
        range.and_then(|(start, end)| list.get(*start..*end)).unwrap_or_default()
    }

    /// The first edge of an exit; `None` if it isn't wired.
    #[must_use]
    pub fn edge(&self, graph: &Graph, node: NodeId, exit: &str) -> Option<EdgeId> {
        let exit_of = |id: EdgeId| graph.edges.get(id).map_or("", |e| e.exit.as_str());
        let edges = self.of(&self.by_exit, node);
        let first = *edges.get(edges.partition_point(|id| exit_of(*id) < exit))?;
        (exit_of(first) == exit).then_some(first)
    }

    /// Edges that leave a node by an exit that an edge before has left by, with the one before.
    pub fn twice(&self, graph: &Graph, node: NodeId) -> impl Iterator<Item = (EdgeId, EdgeId)> {
        let exit_of = |id: &EdgeId| graph.edges.get(*id).map_or("", |e| e.exit.as_str());
        let pairs = self.of(&self.by_exit, node).array_windows();
        pairs.filter(move |[one, other]| exit_of(one) == exit_of(other)).map(|[one, other]| (*one, *other))
    }

    /// The node that an exit leads to by its own edge; `None` if it isn't wired or leads nowhere.
    #[must_use]
    pub fn target(&self, graph: &Graph, node: NodeId, exit: &str) -> Option<NodeId> {
        let edge = graph.edges.get(self.edge(graph, node, exit)?)?;
        match edge.target {
            Target::Node(id) => Some(id),
            Target::Missing(_) => None,
        }
    }
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its name in text and `id` in JSON; stable.
    pub name: String,
    /// Its kind; `None` if there is no such kind.
    pub kind: Option<Kind>,
    /// The kind as it was written.
    pub kind_name: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// The entity it works with; several only where the kind takes several.
    pub entities: Vec<EntityRef>,
    /// Its config, known fields and others, in the order written.
    pub fields: Vec<Field>,
    /// Where it is on the canvas.
    pub position: Option<Point>,
    /// Members of `data` that nobody knows, as they came.
    pub data: Map<String, Value>,
    /// Members of the node itself that React Flow or others know (`width`, `parentId`, …), as they came.
    pub extra: Map<String, Value>,
    /// Comments.
    pub comments: Comments,
    /// Comments on its line in the layout block.
    pub layout_comments: Comments,
    /// Where it was read.
    pub origin: Origin,
    /// Where its kind was read.
    pub kind_origin: Origin,
    /// Whether a part of it, or of its entity, couldn't be read.
    pub unread: Unread,
}

impl Node {
    /// The field of this name, the first if there are several.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// Where to point for its entity when it has none: the entity on the canvas, the kind in text.
    #[must_use]
    pub fn entity_place(&self) -> Place {
        match self.kind_origin.place() {
            Place::Canvas { node, edge, .. } => Place::Canvas { node, spot: Spot::Entity, edge },
            other @ (Place::Text(_) | Place::Json { .. } | Place::Catalog { .. } | Place::Project) => other,
        }
    }

    /// Key of its (first) entity.
    #[must_use]
    pub fn entity_key(&self) -> Option<&str> {
        self.entities.first().and_then(|e| e.key.as_deref())
    }
}

/// A reference to an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityRef {
    /// Its key. `None` where JSON named a row id whose key the world doesn't know.
    pub key: Option<String>,
    /// The row id, only where there is no key (otherwise the world knows it).
    pub id: Option<i64>,
    /// Where it was read.
    pub origin: Origin,
}

/// One field of a node or an entity. The value is held as JSON holds it; text spells it by the field's type
/// (`25` is `25s` for a time).
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Value.
    pub value: Value,
    /// Comments.
    pub comments: Comments,
    /// Where it was read.
    pub origin: Origin,
}

/// One edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Where it starts.
    pub source: NodeId,
    /// The exit it is on (`sourceHandle`).
    pub exit: String,
    /// Where it leads.
    pub target: Target,
    /// Its `id` in JSON; `None` for the usual `source.exit`.
    pub id: Option<String>,
    /// Its label; empty if none.
    pub label: String,
    /// `targetHandle`, if it isn't `incoming`.
    pub target_handle: Option<String>,
    /// Members that React Flow or others know (`animated`, `style`, …), as they came.
    pub extra: Map<String, Value>,
    /// Comments.
    pub comments: Comments,
    /// Where it was read.
    pub origin: Origin,
    /// Where its exit was read.
    pub exit_origin: Origin,
    /// Where its target was read.
    pub target_origin: Origin,
}

/// Where an edge leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a node.
    Node(NodeId),
    /// To a name that no node has.
    Missing(String),
}

/// A point of the canvas, in React Flow's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// What the canvas shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Offset.
    pub at: Point,
    /// Scale.
    pub zoom: f64,
}

/// A part of a canvas that is no node and no edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// Whether it stood among the edges.
    pub edge: bool,
    /// As it came.
    pub json: Value,
}

/// A declaration of an entity: what was written. [`crate::entity::facts`] makes facts of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// Kind.
    pub kind: EntityKind,
    /// Key.
    pub key: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// Row id of the store it came from; text doesn't have it, and it doesn't survive text.
    pub id: Option<i64>,
    /// Fields, in the order written.
    pub fields: Vec<Field>,
    /// Rules, exceptions, keys; in the order written.
    pub parts: Vec<Part>,
    /// Comments.
    pub comments: Comments,
    /// Where it was read.
    pub origin: Origin,
    /// Whether a part of it couldn't be read.
    pub unread: Unread,
}

/// A part of an entity with a stable key of its own: `rule business "Business hours" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// `rule`, `except`, `key`.
    pub word: String,
    /// Stable key.
    pub key: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// Fields, in the order written.
    pub fields: Vec<Field>,
    /// Comments.
    pub comments: Comments,
    /// Where it was read.
    pub origin: Origin,
}

/// A `test` block: a caller's script and what must come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// Its steps in order.
    pub steps: Vec<Step>,
    /// Comments.
    pub comments: Comments,
    /// Where it was read.
    pub origin: Origin,
}

/// A step with its comments.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it says.
    pub what: StepKind,
    /// Comments.
    pub comments: Comments,
    /// Where it was read.
    pub origin: Origin,
}

/// What a step of a test says. `at`, `call`, `phone` and `mailbox` set the scene; `press`, `wait` and `hang_up` are
/// what the caller does, one at each question of the flow, in order; `expect` names what must be met, in order (other
/// nodes may lie between).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// `at 2026-03-02 22:00 ["Zone/Name"]`: when the call comes.
    At {
        /// Local date.
        date: Date,
        /// Second of the local day, 0–86,399.
        second: u32,
        /// Zone; that of the flow's first time switch if none is named.
        zone: Option<String>,
    },
    /// `call "+61…" [from "+61…"]`: the caller dials.
    Call {
        /// The number dialled.
        number: String,
        /// The caller's number.
        from: Option<String>,
    },
    /// `press 1`, `press 1 2`: at the next questions the caller presses these keys, one at each.
    Press(Vec<Key>),
    /// `digits 1234#`: at the next question for digits the caller enters these keys one after the other.
    Digits(Vec<Key>),
    /// `secret door 4711`: what the server's secret of this name is in this test.
    Secret {
        /// Name of the secret.
        secret: String,
        /// Its digits.
        digits: Vec<Key>,
    },
    /// `wait`: at the next question the caller presses nothing.
    Wait,
    /// `hang_up`: at the next question (or sound, or ringing) the caller hangs up.
    HangUp,
    /// `phone 101 answers [after 5s]`, `phone 102 busy`: what an extension does whenever it is rung.
    Phone {
        /// Key of the extension.
        extension: String,
        /// What it does.
        does: PhoneDoes,
    },
    /// `mailbox sales full`, `mailbox sales fails`: how a mailbox is.
    Mailbox {
        /// Key of the mailbox.
        mailbox: String,
        /// What it does.
        does: MailboxDoes,
    },
    /// `webhook crm replies known customer "Ann"`, `webhook crm fails`: what the server asked by a node replies. Without a
    /// word it replies something that no answer is declared for.
    Webhook {
        /// Name of the node.
        node: String,
        /// What its server does.
        does: WebhookDoes,
    },
    /// `queue support full`: how waiting in a queue ends. Without a word callers wait until a phone of a member answers.
    Queue {
        /// Key of the queue.
        queue: String,
        /// How it ends.
        ends: QueueEnd,
    },
    /// `conference weekly full`: how a conference is. Without a word callers come in and leave it after a while.
    Conference {
        /// Key of the conference.
        conference: String,
        /// How it is.
        does: ConferenceDoes,
    },
    /// `line "+61411111111" fails`: nobody can be reached at an outside number. Without a word somebody answers there.
    LineFails {
        /// The number.
        number: String,
    },
    /// `caller_name "Ann"`: the name that the caller's phone sends.
    CallerName(String),
    /// `draw no`, `draw yes no`: what the next draws of `split` give; later ones give yes.
    Draw(Vec<bool>),
    /// `expect …`
    Expect(Expect),
}

/// What the phones of an extension do when they are rung. Without a word they ring and nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhoneDoes {
    /// Somebody answers after so many seconds.
    Answers {
        /// Seconds of ringing.
        after_s: u32,
    },
    /// `busy`
    Busy,
    /// `declines`
    Declines,
    /// `unavailable`: no device is registered.
    Unavailable,
    /// `do_not_disturb`: it doesn't ring, and callers find it busy.
    DoNotDisturb,
}

/// What a webhook's server does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WebhookDoes {
    /// It replies.
    Replies {
        /// The answer.
        answer: String,
        /// Fields and their values, as text.
        fields: Vec<(String, String)>,
    },
    /// It can't be reached, or replies nonsense.
    Fails,
    /// It doesn't reply in time.
    TimesOut,
}

/// How a conference takes a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConferenceDoes {
    /// It is full.
    Full,
    /// The caller doesn't know the PIN.
    Refuses,
}

/// How a mailbox takes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailboxDoes {
    /// It is full.
    Full,
    /// It can't record.
    Fails,
}

/// What must be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `expect voicemail after-hours`, `expect ring_group sales answered`: a node of this kind, with this entity, left
    /// by this exit. For a `transfer` the entity is whom it rings, for a `webhook` its node or its address.
    Node {
        /// Kind.
        kind: Kind,
        /// Key of its entity; any if not given.
        entity: Option<String>,
        /// Exit by which it is left; any if not given.
        exit: Option<String>,
    },
    /// `expect node night [next]`: the node of this name.
    Named {
        /// Name of the node.
        node: String,
        /// Exit by which it is left; any if not given.
        exit: Option<String>,
    },
    /// `expect hears main-menu`: the caller hears this prompt.
    Hears {
        /// Key of the prompt.
        prompt: String,
    },
    /// `expect shows "Sales: Ann"`: phones are shown this name or number from there on.
    Shows {
        /// The name or number.
        text: String,
    },
    /// `expect sends "12345"`: a webhook is sent this text.
    Sends {
        /// The text.
        text: String,
    },
    /// `expect end normal`: the flow hangs up with this cause.
    End(Cause),
    /// `expect caller_gone`: the caller hung up.
    CallerGone,
}
