//! What the compiler has to say: [`Diagnostic`], its [`Place`]s in either view, and THE list of codes.
//!
//! Nothing here renders. The terminal belongs to `flowc`, badges to the canvas, squiggles to the language server; all
//! of them read these values. A code is stable for ever: one that is no longer raised keeps its row.

use std::fmt;

use serde::Serialize;

use crate::graph::FileId;

/// How bad a finding is. Errors stop a publish; warnings don't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; calls work.
    Warning,
    /// No program comes of it.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $severity:ident, $title:literal; )+) => {
        /// A finding's stable code. Families: F0xx reading, F1xx structure, F2xx and up the checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( $(#[doc = $doc])+ $name, )+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[ $( Code::$name, )+ ];

            /// The code as people quote it, e.g. `F101`.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $( Code::$name => $code, )+ } }

            /// What every finding of this code has in common, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $( Code::$name => $title, )+ } }

            /// How bad such a finding is.
            #[must_use]
            pub const fn severity(self) -> Severity { match self { $( Code::$name => Severity::$severity, )+ } }

            /// The manual's paragraph: what it means and what to do (`flowc explain CODE`).
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $( Code::$name => concat!($( $doc, "\n" ),+), )+ }
            }
        }
    };
}

// THE table. Keep it sorted by code.
codes! {
    /// The text doesn't follow the grammar here. The rest of the file was still read; repair this line first. Other
    /// findings of the flow are told once all of it can be read.
    ///
    /// What often is the cause: quotes and arrows that a word processor changed (`“ ”`, `→`): write `"` and `->`. A list
    /// without brackets: `[101, 102]`. A field outside of the braces: `ann: extension 101 { ring = 25s }`. A text in single
    /// quotes outside of an expression: `"Ann"`. A name with other letters than a to z: `"máy": extension 101`.
    Syntax = "F001", Error, "text that can't be read";
    /// A `{` has no `}`, or a `}` has no `{`. Put a `}` behind what belongs to the block. A line that can only begin
    /// another node or block was read as if the open one ended before it.
    Braces = "F002", Error, "braces that don't match";
    /// The file isn't UTF-8. Save it as UTF-8; the bytes that aren't were left out.
    NotUtf8 = "F003", Error, "not UTF-8";
    /// A file, a name, a list or the nesting is larger than the limits allow. What exceeds them was not read.
    TooLarge = "F004", Error, "larger than the limits";
    /// The JSON isn't well-formed. Nothing of it could be read.
    JsonSyntax = "F005", Error, "JSON that can't be read";
    /// A JSON member occurs twice in one object. Readers disagree on which counts; remove one.
    JsonDuplicateMember = "F006", Error, "JSON member twice in one object";
    /// The JSON is well-formed but doesn't have the shape of a flow here (a list where a number belongs, say).
    JsonShape = "F007", Error, "JSON of another shape";
    /// The file was written by a newer FlowPBX. Update FlowPBX, or export it again in this format.
    NewerFormat = "F008", Error, "format newer than this compiler";
    /// A string has an escape that isn't one of JSON's, or has no closing quote. A text ends on the line on which it begins.
    BadString = "F009", Error, "string that can't be read";
    /// A block or a statement starts with a word that means nothing here. What begins a block: `flow`, `layout`, `test`, and
    /// the entities `trunk`, `inbound_number`, `extension`, `ring_group`, `voicemail_box`, `ivr_menu`, `time_switch`,
    /// `conference`, `queue` and `prompt`. In a flow stand nodes, `name: kind entity { … }`; in a node its fields,
    /// `ring = 25s`, and its exits, `no_answer -> night`.
    UnknownWord = "F010", Error, "unknown word";
    /// A step of a test isn't one of the steps there are, or has other words than it takes. Each step stands on a line of its
    /// own; the finding says its forms.
    BadStep = "F011", Error, "test step that can't be read";
    /// `entry` stands before a node whose kind isn't an entry.
    NotAnEntry = "F012", Error, "entry before a node that isn't one";
    /// There are more findings than are listed. Repair the first ones and look again.
    MoreFindings = "F013", Warning, "more findings than are listed";

    /// There is no node kind of this name. Write one of the kinds in docs/reference/nodes.md. A node is
    /// `name: kind entity { … }`: the name is yours, the kind isn't.
    UnknownKind = "F101", Error, "unknown node kind";
    /// The kind or the entity has no field of this name. The field is kept, but does nothing.
    UnknownField = "F102", Error, "unknown field";
    /// The node has no exit of this name, so no call can go that way. Exits of a menu are its keys: add `key 1` to the
    /// `ivr_menu`. Exits of a time switch are its rules: add the `rule` to the `time_switch`. Exits of a webhook are its
    /// answers: add the answer to `answers`. All others are fixed by the kind.
    UnknownExit = "F103", Error, "unknown exit";
    /// The entity that the node or field names doesn't exist.
    UnknownEntity = "F104", Error, "unknown entity";
    /// The value is of another type than the field's. Times have a unit (`25s`, `2m`), yes and no are `true` and `false`,
    /// texts stand in quotes, lists in brackets.
    WrongType = "F105", Error, "value of a wrong type";
    /// The value is outside of the field's range.
    OutOfRange = "F106", Error, "value out of range";
    /// Two things that must differ have the same id or key.
    DuplicateId = "F107", Error, "id used twice";
    /// The edge leads to a node that doesn't exist. Exits lead to names of nodes, not to kinds: add `bye: hangup` to the flow
    /// and write `-> bye`.
    EdgeToNowhere = "F108", Error, "edge to nowhere";
    /// Two edges leave one exit; a call can take only one.
    TwoEdges = "F109", Error, "two edges from one exit";
    /// A field that has no default has no value. Write it into the braces: `name = value`.
    MissingField = "F110", Error, "field missing";
    /// The node doesn't say which entity it works with.
    MissingEntity = "F111", Error, "entity missing";
    /// The node names an entity of another kind than its own, or names one where it takes none. `transfer`, `webhook`, `set`,
    /// `branch` and others say what they work with by fields: `transfer { number = "+61411111111" }`.
    WrongEntity = "F112", Error, "entity of another kind";
    /// The same field is given twice in one block.
    DuplicateField = "F113", Error, "field given twice";
    /// The same entity is declared twice, or a declaration here differs from the catalogue's facts.
    ConflictingFacts = "F114", Error, "facts that contradict each other";
    /// One number enters two flows, or one flow at two places. A call can start at only one.
    NumberTwice = "F115", Error, "number at two entries";
    /// The edge leaves a node that doesn't exist.
    EdgeFromNowhere = "F116", Error, "edge from nowhere";
    /// The edge arrives at a node that takes no calls (an entry), or at a handle that isn't `incoming`.
    BadTarget = "F117", Error, "edge to where no call can enter";
    /// `data` of a canvas node has a member that FlowPBX doesn't know. It is kept, and does nothing.
    UnknownData = "F118", Warning, "unknown member of node data";
    /// A layout block places a node or an edge that the flow doesn't have.
    LayoutOfNothing = "F119", Warning, "layout of something that isn't there";
    /// The block has a part (`rule`, `key`, …) that this entity doesn't have. Menus have `key`, time switches `rule` and
    /// `except`.
    UnknownPart = "F120", Error, "unknown part of an entity";
    /// `entity_id` and `entity_key` of one node name two different entities. The key counts.
    IdKeyDiffer = "F121", Warning, "entity id and key differ";

    /// The flow has no entry, so no call can come into it. Add an `inbound_number` node with a number.
    NoEntry = "F201", Error, "no entry";
    /// No call can come to this node, whatever happens. Lead an exit to it, or remove it.
    UnreachableNode = "F202", Warning, "node that no call can reach";
    /// Calls will take this exit, and the flow doesn't say where they go. Lead it to a node.
    UnwiredExit = "F203", Error, "exit that must lead somewhere";
    /// Callers who press nothing, or wrong keys, hear a goodbye and are cut off. Lead the exit somewhere, if only to a
    /// hangup.
    SilentGoodbye = "F204", Warning, "callers cut off by a menu";
    /// A call would run round this loop at full speed. Lead an exit out of it, or to something that takes time.
    LoopWithoutWait = "F205", Error, "loop without a wait";
    /// A caller who presses nothing goes round this loop until the machine ends the call. Lead an exit somewhere else.
    EndlessLoop = "F206", Warning, "loop that only ends with the call";
    /// The node needs a call that isn't answered, but an answered one can come to it. Give answered calls a node of
    /// their own.
    CallState = "F207", Error, "call in the wrong state";
    /// The ring group has no members, so that nobody rings. Add some.
    EmptyGroup = "F208", Warning, "empty ring group";
    /// A menu or mailbox names a greeting that doesn't exist, so that callers would hear nothing. Name another or add it.
    PromptMissing = "F209", Error, "prompt missing";
    /// No call can ever take this exit. Remove the edge, or change what stands before it.
    ExitNeverTaken = "F210", Warning, "exit that is never taken";

    /// For a short time between two rules of a time switch neither matches, so that callers of that hour or minute are
    /// treated as at night. Hours end as the clock strikes: `08:30..12:00` and `12:00..17:00` meet. Let the rules meet; a
    /// pause that is meant is a rule of its own, or two ranges of one rule.
    TimeGap = "F211", Warning, "gap between opening hours";
    /// Two rules of a time switch claim the same time and send callers to different places; the one that stands first has
    /// its way. Let one end where the other begins, or put the narrower one first.
    TimeOverlap = "F212", Warning, "opening hours that overlap";
    /// Exceptions that stand before it take all the dates and times of this one. Put the one for fewer days first.
    ExceptionNeverCounts = "F213", Warning, "exception that never counts";
    /// When the clocks are put forward or back, these hours don't happen or happen twice. Let hours begin and end outside
    /// of the hour that is skipped or comes twice.
    ClockJump = "F214", Warning, "opening hours that the clock change breaks";
    /// Whatever these callers do, they reach no person, no recording and no goodbye: every way leads round again or to a
    /// line that goes dead. Lead an exit to a person, a mailbox, or a message before the hangup.
    TrappedCaller = "F215", Warning, "callers who can't get anywhere";
    /// These callers were answered, reach nobody and are hung up on without a word, which sounds like a fault of the line.
    /// Lead the exit to a mailbox, or to a message before the hangup.
    AnsweredThenAbandoned = "F216", Warning, "callers hung up on after the answer";
    /// Together the nodes of one way keep callers waiting for more than five minutes before a person or a recording takes
    /// them; what is played to them comes on top. Let it ring for a shorter time, ring several at once, or offer a mailbox
    /// sooner. A long wait in a queue that is meant is written at its node, `wait = 10m`: such a wait isn't counted against
    /// the five minutes.
    LongWait = "F217", Warning, "very long wait";

    /// A time switch has a rule, and the node doesn't lead its exit anywhere: callers at the rule's times go where `default`
    /// goes, with those at times of no rule. Lead the exit to a node; to that of `default`, if that is meant. Nothing is
    /// said of a rule that another node with the same switch leads somewhere.
    RuleUnwired = "F218", Warning, "rule of opening hours that leads nowhere";
    /// The hours begin on one day, pass midnight and last more than twelve hours, as they do when their ends are swapped:
    /// `13:00..09:00` is twenty hours. Write the earlier time first. If the night is meant, give the hours between the two
    /// (the day) a rule of their own; then nothing is said.
    LongNight = "F219", Warning, "hours that pass midnight and last very long";

    /// The values of an expression don't go together: nothing is converted by itself, and a variable has one type. Write
    /// phone numbers as `+61411111111` or `tel:101`, texts in single quotes, and give variables values by `set`.
    WrongExpression = "F221", Error, "expression that can't be computed";
    /// On some way to this node no `set` has given the variable a value. Set it where every call passes, such as right
    /// behind the entry.
    VariableUnset = "F222", Error, "variable that may not be set";
    /// A transfer hands the call over to one place. Name an `extension` or a `number`, and only one of them.
    TransferTarget = "F230", Error, "transfer without a target";
    /// Each answer of a webhook is an exit, so it needs a name of its own; `default`, `error` and `timeout` are taken. Give
    /// the answer another name, and let the server say it.
    WebhookAnswer = "F231", Error, "answer named like another exit";
    /// The request tells who calls whom, and everybody on the way can read and change it. Write `https://`, if the server
    /// speaks it.
    WebhookUnencrypted = "F232", Warning, "webhook that isn't encrypted";

    /// A `collect` takes digits into a `variable` or compares them with a `secret`, never both: what is secret doesn't enter
    /// the flow. It asks for at least `min` and at most `max` of them.
    CollectFields = "F240", Error, "digits that can't be collected";
    /// `now.time`, `now.date` and `now.weekday` are of a time zone: that of the flow's field `zone`, or of its first time
    /// switch. This flow has neither.
    NoZone = "F241", Error, "clock without a time zone";
    /// A `subflow` node names a flow that the project doesn't have, or one without a `start` node where calls could come in,
    /// or with several.
    UnknownFlow = "F242", Error, "flow that can't be called";
    /// A `subflow` node gives the other flow more, fewer or other values than its `inputs` take, in their order.
    SubflowInputs = "F243", Error, "wrong inputs of a flow";
    /// The flow calls itself, directly or through others, and nothing ends that: the call is ended 64 flows deep. It's allowed
    /// where a flow calls itself with a number input that is one more each time, behind a branch that lets on only up to a
    /// constant. A loop within one flow is nearly always simpler.
    EndlessRecursion = "F244", Error, "flows that call each other without end";
    /// A `return` names an exit that isn't in the flow's `exits`, or a call that nobody sent here comes to it: one that came
    /// in by a number has nowhere to go back to.
    BadReturn = "F245", Error, "return that can't go back";
    /// In programs, traces and records a node of a subflow is called `flow/node`, and another node here has that name.
    /// Rename it.
    AmbiguousNode = "F246", Error, "name of a node that could be another's";
    /// A flow that this one calls has errors of its own. Mend it first.
    BrokenSubflow = "F247", Error, "call of a flow with errors";

    /// The time switch compares a call with more dates and hours than a program can hold. Remove dates that are over, or
    /// put them into a second time switch that the first one's `default` leads to.
    TooManyTimes = "F250", Error, "more times than a program holds";
    /// The flow is right and too large for one program. Split it into several.
    TooLargeFlow = "F251", Error, "flow too large for a program";
    /// On some way a call would compute so much at once, between two things that callers notice, that the machine takes it
    /// for an endless loop and ends the call. Only very many `set` and `branch` nodes in a row come to that. Take some of
    /// them out, or let callers hear or press something in between.
    OutOfFuel = "F252", Error, "too much to compute at once";

    /// The ring group has a member that is no extension of this office, so that fewer phones ring than the office believes.
    /// Take the member out of the group, or add the extension.
    MemberMissing = "F255", Warning, "member that doesn't exist";
    /// Callers of this mailbox hear a beep and nothing else: it has no greeting, and the library's is missing too. Name a
    /// prompt as its greeting.
    OnlyABeep = "F256", Warning, "mailbox without a greeting";
    /// After the answer these callers may hear nothing for so long that they think the line is dead. Wait for a shorter
    /// time and repeat the greeting instead.
    HeldInSilence = "F257", Warning, "callers held in silence";

    /// The entry has a number that no carrier sends calls for, so that no call can enter there. Carriers name the number that
    /// was dialled in E.164: `+`, the country's code, the number. Phones reach extensions without a flow.
    NumberShape = "F258", Error, "entry with a number that can't be called";

    /// Carriers send calls for this number, and no entry of a flow has it: callers hear that it doesn't exist. Give it to an
    /// entry, or remove it.
    NumberUnused = "F259", Warning, "number that enters no flow";
    /// The number by which phones join a conference (`dial_in`) is an extension's, or another conference's. Whoever dials it
    /// comes to one of the two only.
    DialInTaken = "F260", Error, "number of a conference that is taken";
    /// A transfer dials a number that callers can choose: what they enter, the number that they call from (it can be made
    /// up), or what a server replies about them. The office pays for what it dials, so that callers could have it call a
    /// premium line of their own abroad, all night long. Let on only numbers that are meant: put a `branch` before the
    /// transfer whose condition compares the number with those that are written (`number == +61411111111`), with a
    /// country's code or more (`number starts_with +614`; `tel:04` for a number at home), or with a length of at most four
    /// digits (`length(number) <= 4`), and lead on only the exit where it holds. Where extensions are entered, `max = 4` at
    /// the `collect` is enough.
    CallerDials = "F261", Warning, "number that callers choose is dialled";

    /// The flow passed every check and still couldn't be made into a program: it is larger than programs may be, or this
    /// compiler has a mistake, which is worth reporting.
    NotCompiled = "F901", Error, "flow that can't be compiled";
    /// The file is no program, or it was changed after it was built: a server would refuse it. Build it again from its
    /// sources.
    BrokenProgram = "F902", Error, "program that can't be run";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

/// A half-open range of bytes of one file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Which file of the project.
    #[serde(serialize_with = "file_number")]
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

fn file_number<S: serde::Serializer>(file: &FileId, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u32(file.as_u32())
}

/// The part of a canvas node that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// The node as a whole.
    Node,
    /// A member of its config, by name; also `type`, `id`, `label`, `position`.
    Field(String),
    /// A source handle and the edge on it.
    Exit(String),
    /// Its entity.
    Entity,
}

/// Where a finding is, in the view that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum Place {
    /// In `.flow` text.
    Text(Span),
    /// On the canvas (React Flow JSON).
    Canvas {
        /// The node's `id`; empty when the finding is about the whole flow.
        node: String,
        /// Which part of it.
        spot: Spot,
        /// The edge's `id`, when it is about an edge.
        #[serde(skip_serializing_if = "Option::is_none")]
        edge: Option<String>,
    },
    /// At a byte of the JSON itself, when it can't be read as a flow.
    Json {
        /// Which file of the project.
        #[serde(serialize_with = "file_number")]
        file: FileId,
        /// Byte offset.
        at: u32,
    },
    /// In a catalogue: an entity and, where it is about one, its field.
    Catalog {
        /// The entity's kind by name.
        kind: String,
        /// Its key.
        key: String,
        /// The field.
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<String>,
    },
    /// The project as a whole.
    Project,
}

/// A place with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is there; may be empty.
    pub text: String,
}

/// One replacement of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What is replaced. On the canvas the field, exit or entity itself is replaced; where an edge is named, a field is
    /// one of the edge (`target`).
    pub place: Place,
    /// By what; an edge that is replaced by nothing is removed.
    pub with: String,
}

/// A safe cure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, in the imperative: "Write `timeout`".
    pub title: String,
    /// The edits, which don't overlap.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// The code's severity.
    pub severity: Severity,
    /// What happened, in one sentence, with the names in it.
    pub message: String,
    /// Where; the first is the main place. Never empty.
    pub labels: Vec<Label>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// A safe cure, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding at a place.
    #[must_use]
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: vec![Label { place, text: String::new() }],
            help: None,
            fix: None,
        }
    }

    /// What the main place says.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// A safe cure that replaces the main place.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, with: impl Into<String>) -> Self {
        if let Some(place) = self.place().cloned() {
            self.fix = Some(Fix { title: title.into(), edits: vec![Edit { place, with: with.into() }] });
        }
        self
    }

    /// "Did you mean": a help and a fix if one of the candidates is near to what was written.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match meant(written, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")).fix(format!("Write `{near}`"), near),
            None => self,
        }
    }

    /// The main place.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.labels.first().map(|l| &l.place)
    }

    /// Whether it stops a publish.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Whether it says that something couldn't be read (F0xx), so that printing the graph would lose it.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.code.as_str().starts_with("F0")
    }

    /// Whether something that stands at its place may be missing elsewhere because it couldn't be read.
    pub(crate) fn is_hole(&self) -> bool {
        self.is_unread() && self.is_error() && self.code != Code::NotAnEntry
    }

    /// Whether what it is about would be lost on the way to the other view: it couldn't be read, or it is there twice
    /// and the other view has one place for it.
    #[must_use]
    pub fn is_lost_by_converting(&self) -> bool {
        let twice = [Code::DuplicateId, Code::DuplicateField, Code::ConflictingFacts];
        self.is_unread() || twice.contains(&self.code)
    }
}

/// Collects findings, at most [`crate::limits::DIAGNOSTICS_MAX`]; what comes after is counted and told in one line.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
    /// How many of them are warnings.
    warnings: usize,
    /// How many said that something couldn't be read.
    unread: usize,
    left_out: usize,
}

impl Sink {
    /// One more finding. A warning is left out before an error is: whoever asks whether there was an error must hear of
    /// it, however many warnings came first.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let is_error = diagnostic.is_error();
        self.unread += usize::from(diagnostic.is_hole());
        if self.found.len() >= crate::limits::DIAGNOSTICS_MAX {
            self.left_out += 1;
            if !is_error || self.warnings == 0 {
                return;
            }
            if let Some(warning) = self.found.iter().rposition(|d| !d.is_error()) {
                self.found.remove(warning);
                self.warnings -= 1;
            }
        }
        self.warnings += usize::from(!is_error);
        self.found.push(diagnostic);
    }

    /// One more finding with "did you mean", which is looked for only for the first
    /// [`crate::limits::SUGGESTIONS_MAX`] findings: a thousand slips of one kind have one cure.
    pub fn push_near<'a>(
        &mut self,
        finding: Diagnostic,
        written: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) {
        let near = self.suggests();
        self.push(if near { finding.did_you_mean(written, candidates) } else { finding });
    }

    /// Its findings as something makes of them, or without them.
    pub(crate) fn retain(&mut self, make: impl Fn(Diagnostic) -> Option<Diagnostic>) {
        let found = std::mem::take(&mut self.found);
        let left_out = self.left_out;
        *self = Sink { left_out, ..Sink::default() };
        found.into_iter().filter_map(make).for_each(|one| self.push(one));
    }

    /// All findings of another one.
    pub(crate) fn absorb(&mut self, other: Sink) {
        other.found.into_iter().for_each(|d| self.push(d));
        self.left_out += other.left_out;
    }

    /// Whether "did you mean" is still looked for.
    #[must_use]
    pub fn suggests(&self) -> bool {
        self.found.len() < crate::limits::SUGGESTIONS_MAX
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.warnings < self.found.len()
    }

    /// How many findings there were of something that couldn't be read.
    pub(crate) const fn unread(&self) -> usize {
        self.unread
    }

    /// Where something couldn't be read in the one file that this is about.
    pub(crate) fn holes(&self) -> Vec<(u32, u32)> {
        let span = |d: &Diagnostic| match d.place() {
            Some(Place::Text(span)) => Some((span.start, span.end)),
            Some(Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project)
            | None => None,
        };
        self.found.iter().filter(|d| d.is_hole()).filter_map(span).collect()
    }

    /// All of them: what couldn't be read first, then in the order of the project.
    #[must_use]
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| (!a.is_unread(), a.place()).cmp(&(!b.is_unread(), b.place())));
        if self.left_out > 0 {
            let message = format!("{} more findings are not listed", self.left_out);
            self.found.push(Diagnostic::new(Code::MoreFindings, Place::Project, message));
        }
        self.found
    }
}

/// A noun or a name with its article: "an extension", "a `hangup`".
pub(crate) fn a(word: &str) -> String {
    let first = word.trim_start_matches('`').chars().next();
    let article = if first.is_some_and(|c| "aeiou".contains(c)) { "an" } else { "a" };
    format!("{article} {word}")
}

/// The candidate that is meant: the nearest, or the one that other systems call so.
pub(crate) fn meant<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().take(crate::limits::CANDIDATES_MAX).collect();
    // One letter wrong is a slip, and closer than what others call so.
    let near = nearest(written, candidates.iter().copied());
    let is_slip = near.is_some_and(|near| distance(&fold(written), &fold(near)) <= 1);
    let foreign = crate::text::foreign::meant(written, candidates.iter().copied());
    if is_slip { near } else { foreign.or(near) }
}

/// The candidate nearest to what was written, if it is near enough to be a slip: at most a third of the letters wrong.
/// Case, `-` and `_` don't count.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = fold(written);
    // Of one letter every other is near: key 2 is no slip for key 1.
    let allowed = if plain.len() <= 1 { 0 } else { (plain.len() / 3).max(1) };
    // A name's bytes are at least its letters, at most four times as many.
    let lengths = plain.len().saturating_sub(allowed)..=4 * (plain.len() + allowed);
    candidates
        .into_iter()
        .take(crate::limits::CANDIDATES_MAX)
        .filter(|c| lengths.contains(&c.len()))
        .filter_map(|c| {
            let folded = fold(c);
            if folded.len().abs_diff(plain.len()) > allowed {
                return None;
            }
            let d = distance(&plain, &folded);
            (d <= allowed).then_some((d, c))
        })
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

fn fold(s: &str) -> Vec<char> {
    let plain = s.chars().take(crate::limits::NEAREST_CHARS_MAX);
    plain.flat_map(char::to_lowercase).map(|c| if c == '-' || c == ' ' { '_' } else { c }).collect()
}

/// Optimal string alignment: insert, delete, replace, or swap two neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |r: &[usize], k: usize| r.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut d = at(&last, j) + usize::from(ca != cb);
            d = d.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if swapped {
                d = d.min(at(&before, j - 1) + 1);
            }
            row.push(d);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        let codes: Vec<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert!(codes.windows(2).all(|w| w[0] < w[1]), "{codes:?}");
    }

    #[test]
    fn an_error_after_a_thousand_warnings_is_still_told() {
        let of = |code| Diagnostic::new(code, Place::Project, "");
        let mut sink = Sink::default();
        let max = crate::limits::DIAGNOSTICS_MAX;
        (0..max * 2).for_each(|_| sink.push(of(Code::UnknownData)));
        sink.push(of(Code::UnknownKind));
        let found = sink.finish();
        assert_eq!(found.iter().filter(|d| d.is_error()).count(), 1);
        assert_eq!(found.len(), max + 1);
        assert_eq!(found.last().unwrap().message, format!("{} more findings are not listed", max + 1));
    }

    #[test]
    fn nearest_finds_slips_and_nothing_else() {
        let exits = ["answered", "no_answer", "timeout"];
        assert_eq!(nearest("no-answer", exits), Some("no_answer"));
        assert_eq!(nearest("tiemout", exits), Some("timeout"));
        assert_eq!(nearest("answerd", exits), Some("answered"));
        assert_eq!(nearest("voicemail", exits), None);
        assert_eq!(nearest("2", ["1", "3"]), None);
    }
}
