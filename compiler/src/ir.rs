//! The form between the graph and bytecode: blocks of steps that end by asking the world, by choosing, or by hanging up.
//!
//! Lowering ([`crate::lower`]) makes it, [`crate::emit`] turns it into bytecode. Node kinds are gone here: what is left
//! of a node is its name and its exits, for the debug map and the flow path. It prints ([`std::fmt::Display`]) and
//! reads back ([`Ir::parse`]), so that a test of lowering is a file.
//!
//! ```text
//! node n0 "office" "next"
//! entry "office" b0
//! b0 n0
//!   enter
//!   leave "next"
//!   jump b1
//! ```

use cranelift_entity::{PrimaryMap, entity_impl};
use flow_vm::effect::{
    CallerPart, Cause, ConferenceEnd, DigitRule, Key, Method, PhoneStatus, QueueEnd, RingEnd, VoicemailEnd,
    WebhookEnd,
};
use flow_vm::table::When;
use flow_vm::value::{DigitsAs, Fact, Moment, MomentType, Operator, Type};

mod parse;
mod print;

pub use parse::ParseError;
pub(crate) use print::ring_word;

/// A node of the flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef(u32);
entity_impl!(NodeRef, "n");

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockRef(u32);
entity_impl!(BlockRef, "b");

/// A counter of the run (retries of a menu). Counts down from what [`Step::Set`] gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter(pub u8);

/// A flow in blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ir {
    /// The nodes that calls can reach, in the order of the graph.
    pub nodes: PrimaryMap<NodeRef, NodeInfo>,
    /// Where calls start.
    pub entries: Vec<Entry>,
    /// The blocks.
    pub blocks: PrimaryMap<BlockRef, Block>,
}

/// What is left of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
    /// Its name in the graph.
    pub name: String,
    /// Names of its exits that the program mentions; a [`Step::Leave`] counts in this list.
    pub exits: Vec<String>,
}

/// A place where calls start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the entry node.
    pub name: String,
    /// Its first block.
    pub block: BlockRef,
}

/// Steps in a row and what comes after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The node that these steps belong to.
    pub node: NodeRef,
    /// The steps.
    pub steps: Vec<Step>,
    /// What comes after them.
    pub end: BlockEnd,
}

/// A step that needs no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The call comes into the block's node.
    Enter,
    /// The call leaves the block's node by its n-th exit.
    Leave(usize),
    /// A counter is set.
    Set(Counter, u8),
    /// A value goes onto the stack.
    Push(Pushed),
    /// The value of a variable goes onto the stack.
    Load(u8),
    /// A variable takes its value from the stack.
    Store(u8),
    /// The value that answered the last question goes onto the stack.
    PushAnswer,
    /// An operator takes its values from the stack and leaves its result there.
    Apply(Operator),
    /// The digits that were entered last go onto the stack.
    Digits(DigitsAs),
}

/// A value that goes onto the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// Text.
    Text(String),
    /// A phone number.
    Phone(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// Something that is known of the call.
    Fact(Fact),
    /// A length of time, a time of day, a date or a weekday.
    Moment(Moment),
    /// A part of the local time, which must have been asked last.
    Now(MomentType),
}

impl Pushed {
    /// Its type.
    #[must_use]
    pub const fn ty(&self) -> Type {
        match self {
            Pushed::Text(_) => Type::Text,
            Pushed::Phone(_) => Type::Phone,
            Pushed::Number(_) => Type::Number,
            Pushed::Bool(_) => Type::Bool,
            Pushed::Fact(fact) => fact.ty(),
            Pushed::Moment(moment) => moment.ty.ty(),
            Pushed::Now(part) => part.ty(),
        }
    }
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockEnd {
    /// Another block follows.
    Jump(BlockRef),
    /// The world is asked; its answer chooses.
    Ask {
        /// What is asked.
        effect: Ask,
        /// Answers with blocks of their own; no answer twice.
        cases: Vec<(Case, BlockRef)>,
        /// Every other answer, failure among them.
        otherwise: BlockRef,
    },
    /// The local time is asked; the first row that matches chooses.
    Clock {
        /// IANA name of the zone.
        zone: String,
        /// The rows in order.
        rows: Vec<(When, BlockRef)>,
        /// No row matches, or the time can't be told.
        otherwise: BlockRef,
    },
    /// A counter that isn't 0 goes down by one.
    CountDown {
        /// Which.
        counter: Counter,
        /// It wasn't 0.
        more: BlockRef,
        /// It was 0.
        out: BlockRef,
    },
    /// Yes or no is taken from the stack.
    Test {
        /// It was yes.
        yes: BlockRef,
        /// It was no.
        no: BlockRef,
    },
    /// A subflow is called; it takes the values on the stack.
    Call {
        /// Its first block.
        to: BlockRef,
        /// How many variables of the caller are kept.
        keeps: u8,
        /// Where to go on, exit by exit.
        exits: Vec<BlockRef>,
    },
    /// The subflow comes back by its n-th exit.
    Return(u8),
    /// The call ends.
    Hangup(Cause),
}

/// What can be asked: [`flow_vm::effect::Effect`] with owned names. The clock of a time switch is [`BlockEnd::Clock`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Answer the caller.
    Answer,
    /// Play a sound.
    Play {
        /// What is heard.
        sound: Heard,
        /// A key ends it.
        barge_in: bool,
        /// The caller isn't answered for it.
        early: bool,
    },
    /// Play a sound and wait for a key.
    Menu {
        /// What is heard.
        sound: Heard,
        /// How long to wait after it, in milliseconds.
        timeout_ms: u32,
    },
    /// Ring an extension.
    RingExtension {
        /// Its key.
        extension: String,
        /// How long, in milliseconds.
        timeout_ms: u32,
    },
    /// Ring a group.
    RingGroup {
        /// Its key.
        group: String,
        /// How long, in milliseconds.
        timeout_ms: u32,
    },
    /// Take a message.
    Voicemail {
        /// Key of the mailbox.
        mailbox: String,
    },
    /// Show phones something else of the caller: the text on the stack.
    SetCallerId {
        /// What is replaced.
        part: CallerPart,
    },
    /// Draw.
    Chance {
        /// For how many of a hundred calls the answer is yes.
        percent: u8,
    },
    /// How an extension is.
    Status {
        /// Its key.
        extension: String,
    },
    /// Hand the caller over.
    Transfer {
        /// Key of the extension; to the phone number on the stack, if none is named.
        extension: Option<String>,
        /// How long to ring, in milliseconds.
        timeout_ms: u32,
    },
    /// Ask a server on the web, sending the text on the stack.
    Webhook {
        /// Where.
        url: String,
        /// How.
        method: Method,
        /// What it may answer, as [`crate::webhook::encode`] has it.
        answers: String,
        /// How long to wait, in milliseconds.
        timeout_ms: u32,
    },
    /// A field of the reply.
    WebhookField {
        /// Its name.
        field: String,
        /// Its type.
        ty: Type,
    },
    /// Wait in a queue.
    Queue {
        /// Its key.
        queue: String,
        /// How long, in milliseconds.
        timeout_ms: u32,
    },
    /// Join a conference.
    Conference {
        /// Its key.
        conference: String,
    },
    /// The local time, for expressions.
    LocalTime {
        /// IANA name of the zone.
        zone: String,
    },
    /// Take digits.
    Collect {
        /// The prompt.
        prompt: String,
        /// How many, and when they are at an end.
        rule: DigitRule,
        /// Name of the secret that they are compared with.
        secret: Option<String>,
    },
}

/// What was entered where digits were asked for: [`flow_vm::effect::Collected`] without the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entered {
    /// Digits.
    Digits,
    /// The secret.
    Accepted,
    /// Something else than the secret.
    Refused,
    /// Too few digits.
    TooFew,
    /// Nothing.
    Silent,
}

impl Entered {
    /// Everything that can be entered.
    pub const ALL: [Entered; 5] =
        [Entered::Digits, Entered::Accepted, Entered::Refused, Entered::TooFew, Entered::Silent];

    /// The word in the text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Entered::Digits => "digits",
            Entered::Accepted => "accepted",
            Entered::Refused => "refused",
            Entered::TooFew => "too_few",
            Entered::Silent => "silent",
        }
    }
}

/// Something to hear, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A prompt.
    Prompt(String),
    /// The greeting of a menu.
    MenuGreeting(String),
}

/// An answer that a block can have a case for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Case {
    /// It's done.
    Done,
    /// A certain key was pressed.
    Key(Key),
    /// Any key without a case of its own was pressed.
    OtherKey,
    /// No key in time.
    Timeout,
    /// Ringing ended so.
    Ring(RingEnd),
    /// The mailbox ended so.
    Voicemail(VoicemailEnd),
    /// This was drawn.
    Chance(bool),
    /// The extension is so.
    Status(PhoneStatus),
    /// The webhook answered so.
    Webhook(WebhookEnd),
    /// Waiting in the queue ended so.
    Queue(QueueEnd),
    /// The conference ended so.
    Conference(ConferenceEnd),
    /// This was entered.
    Entered(Entered),
    /// The local time was told.
    Now,
}

impl Ask {
    /// Whether a case can answer this question.
    #[must_use]
    pub fn can_be(&self, case: Case) -> bool {
        match self {
            Ask::Answer | Ask::SetCallerId { .. } | Ask::Transfer { .. } | Ask::WebhookField { .. } => {
                matches!(case, Case::Done)
            }
            Ask::Webhook { .. } => matches!(case, Case::Webhook(_)),
            Ask::Queue { .. } => matches!(case, Case::Queue(_)),
            Ask::Conference { .. } => matches!(case, Case::Conference(_)),
            Ask::Chance { .. } => matches!(case, Case::Chance(_)),
            Ask::Status { .. } => matches!(case, Case::Status(_)),
            Ask::Play { barge_in, .. } => {
                matches!(case, Case::Done) || *barge_in && matches!(case, Case::Key(_) | Case::OtherKey)
            }
            Ask::Menu { .. } => matches!(case, Case::Key(_) | Case::OtherKey | Case::Timeout),
            Ask::RingExtension { .. } | Ask::RingGroup { .. } => matches!(case, Case::Ring(_)),
            Ask::Voicemail { .. } => matches!(case, Case::Voicemail(_)),
            Ask::LocalTime { .. } => matches!(case, Case::Now),
            Ask::Collect { .. } => matches!(case, Case::Entered(_)),
        }
    }
}

impl BlockEnd {
    /// Every block that can follow.
    pub fn targets(&self) -> impl Iterator<Item = BlockRef> + '_ {
        let (cases, rows, rest): (&[_], &[_], [Option<BlockRef>; 2]) = match self {
            BlockEnd::Jump(to) | BlockEnd::Call { to, .. } => (&[], &[], [Some(*to), None]),
            BlockEnd::Ask { cases, otherwise, .. } => (cases, &[], [Some(*otherwise), None]),
            BlockEnd::Clock { rows, otherwise, .. } => (&[], rows, [Some(*otherwise), None]),
            BlockEnd::CountDown { more, out, .. } => (&[], &[], [Some(*more), Some(*out)]),
            BlockEnd::Test { yes, no } => (&[], &[], [Some(*yes), Some(*no)]),
            BlockEnd::Hangup(_) | BlockEnd::Return(_) => (&[], &[], [None, None]),
        };
        let exits: &[BlockRef] = if let BlockEnd::Call { exits, .. } = self { exits } else { &[] };
        cases
            .iter()
            .map(|(_, to)| *to)
            .chain(rows.iter().map(|(_, to)| *to))
            .chain(exits.iter().copied())
            .chain(rest.into_iter().flatten())
    }
}

impl Ir {
    /// Reads what [`std::fmt::Display`] printed.
    ///
    /// # Errors
    /// The first line that isn't of the form, with its number; or a block, node or exit that isn't there.
    pub fn parse(text: &str) -> Result<Ir, ParseError> {
        parse::parse(text)
    }
}

#[cfg(test)]
mod tests;
