//! The types of fields: how a kind's file names them, and how a config value becomes a Rust value.

use flow_vm::effect::{Cause, Method, Terminator};
use flow_vm::value::DigitsAs;
use serde_json::Value;

use super::spec::{EntityKind, FieldType};
use crate::graph::Node;
use crate::webhook::{self, DeclaredAnswer};

/// A type of field as `node!` names it.
pub trait FieldKind {
    /// The Rust value.
    type Out: Clone;
    /// The type as the catalogue shows it.
    const TYPE: FieldType;
    /// What stands in when neither the value nor the default can be read; a test proves that every default can.
    const FALLBACK: Self::Out;
    /// Reads a value as JSON holds it; `None` if it isn't of the type or out of its range.
    fn read(value: &Value) -> Option<Self::Out>;
}

/// `true` or `false`.
#[derive(Debug)]
pub struct Bool;

impl FieldKind for Bool {
    type Out = bool;
    const TYPE: FieldType = FieldType::Bool;
    const FALLBACK: bool = false;
    fn read(value: &Value) -> Option<bool> {
        value.as_bool()
    }
}

/// Whole seconds between two bounds, both included.
#[derive(Debug)]
pub struct Seconds<const MIN: u32, const MAX: u32>;

impl<const MIN: u32, const MAX: u32> FieldKind for Seconds<MIN, MAX> {
    type Out = u32;
    const TYPE: FieldType = FieldType::Seconds { min: MIN, max: MAX };
    const FALLBACK: u32 = MIN;
    fn read(value: &Value) -> Option<u32> {
        value.as_u64().and_then(|s| u32::try_from(s).ok()).filter(|s| (MIN..=MAX).contains(s))
    }
}

macro_rules! text_kinds {
    ($($(#[doc = $doc:literal])* $Name:ident $ty:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $Name;

        impl FieldKind for $Name {
            type Out = String;
            const TYPE: FieldType = $ty;
            const FALLBACK: String = String::new();
            fn read(value: &Value) -> Option<String> {
                value.as_str().map(str::to_owned)
            }
        }
    )*};
}

text_kinds! {
    /// An expression.
    ExprText FieldType::Expr;
    /// Text with expressions in `{…}`.
    Template FieldType::Template;
    /// Name of a variable.
    VariableName FieldType::Variable;
    /// Key of an extension.
    ExtensionKey FieldType::Ref(EntityKind::Extension);
    /// An address on the web.
    Url FieldType::Url;
    /// Key of a prompt.
    PromptKey FieldType::Ref(EntityKind::Prompt);
    /// Key of a flow.
    FlowKey FieldType::Flow;
    /// Name of an exit.
    ExitName FieldType::Exit;
    /// Name of a secret that the server keeps.
    SecretName FieldType::Text { max: 64 };
}

macro_rules! word_kinds {
    ($($(#[doc = $doc:literal])* $Name:ident $Of:ident = $fallback:expr;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $Name;

        impl $Name {
            /// The words, in the order of the bytes.
            pub const WORDS: [&'static str; $Of::ALL.len()] = {
                let mut words = [""; $Of::ALL.len()];
                let mut i = 0;
                #[expect(clippy::indexing_slicing, reason = "in a constant, bounded by the loop")]
                while i < words.len() {
                    words[i] = $Of::ALL[i].name();
                    i += 1;
                }
                words
            };
        }

        impl FieldKind for $Name {
            type Out = $Of;
            const TYPE: FieldType = FieldType::Word(&$Name::WORDS);
            const FALLBACK: $Of = $fallback;
            fn read(value: &Value) -> Option<$Of> {
                let word = value.as_str()?;
                $Of::ALL.into_iter().find(|one| one.name() == word)
            }
        }
    )*};
}

word_kinds! {
    /// Why a call is ended.
    CauseWord Cause = Cause::Normal;
    /// What a variable holds that digits are collected into.
    HoldsWord DigitsAs = DigitsAs::Text;
    /// How a webhook asks.
    MethodWord Method = Method::Post;
    /// The key that ends an entry of digits.
    TerminatorWord Terminator = Terminator::Pound;
}

/// The answers of a webhook.
#[derive(Debug)]
pub struct AnswerList;

impl FieldKind for AnswerList {
    type Out = Vec<DeclaredAnswer>;
    const TYPE: FieldType = FieldType::Answers;
    const FALLBACK: Vec<DeclaredAnswer> = Vec::new();
    fn read(value: &Value) -> Option<Vec<DeclaredAnswer>> {
        webhook::read(value).ok()
    }
}

/// A whole number between two bounds, both included.
#[derive(Debug)]
pub struct Int<const MIN: u8, const MAX: u8>;

impl<const MIN: u8, const MAX: u8> FieldKind for Int<MIN, MAX> {
    type Out = u8;
    const TYPE: FieldType = FieldType::Int { min: MIN as i64, max: MAX as i64 };
    const FALLBACK: u8 = MIN;
    fn read(value: &Value) -> Option<u8> {
        value.as_u64().and_then(|n| u8::try_from(n).ok()).filter(|n| (MIN..=MAX).contains(n))
    }
}

/// A list of expressions.
#[derive(Debug)]
pub struct ExprList;

impl FieldKind for ExprList {
    type Out = Vec<String>;
    const TYPE: FieldType = FieldType::Exprs;
    const FALLBACK: Vec<String> = Vec::new();
    fn read(value: &Value) -> Option<Vec<String>> {
        value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    }
}

/// A field of a node; `None` if it isn't given or can't be read.
pub fn read<T: FieldKind>(node: &Node, field: &str) -> Option<T::Out> {
    T::read(&node.field(field)?.value)
}

/// A field of a node, or its default.
pub fn read_or<T: FieldKind>(node: &Node, field: &str, default: &Value) -> T::Out {
    read::<T>(node, field).or_else(|| T::read(default)).unwrap_or(T::FALLBACK)
}
