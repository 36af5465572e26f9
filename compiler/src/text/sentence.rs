//! What may follow the words of a step of a test: for completion and for the meaning of words. That what is offered here
//! is also read is held by a test.

use crate::entity::EntityKind;
use crate::nodes::Kind;
use flow_vm::effect::Cause;

/// What may stand next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// One of these words.
    Words(Vec<&'static str>),
    /// The key of an entity.
    Entity(EntityKind),
    /// A kind of node.
    Kind,
    /// An exit of nodes of a kind, with this entity.
    Exit(Kind, Option<String>),
    /// A node of the flow that is called.
    Node,
    /// An exit of this node.
    ExitOfNode(String),
    /// A key of a telephone.
    Key,
    /// A value of this look.
    Value(&'static str),
}

/// What may follow these words; nothing where the step is whole or can't be read.
pub(crate) fn next(words: &[&str]) -> Vec<Next> {
    let words_of = |words: &[&'static str]| vec![Next::Words(words.to_vec())];
    match words {
        [] => vec![Next::Words(super::steps::words())],
        ["at"] => vec![Next::Value("2026-03-02")],
        ["at", _] => vec![Next::Value("10:00")],
        ["at", _, _] => vec![Next::Value("\"UTC\"")],
        ["call"] => vec![Next::Entity(EntityKind::InboundNumber)],
        ["call", _] => words_of(&["from"]),
        ["call", _, "from"] => vec![Next::Value("\"+61411111111\"")],
        ["press", ..] => vec![Next::Key],
        ["digits"] => vec![Next::Value("1234#")],
        ["secret"] => vec![Next::Value("door")],
        ["secret", _] => vec![Next::Value("4711")],
        ["phone"] => vec![Next::Entity(EntityKind::Extension)],
        ["phone", _] => words_of(&["answers", "busy", "declines", "unavailable", "do_not_disturb"]),
        ["phone", _, "answers"] => words_of(&["after"]),
        ["phone", _, "answers", "after"] => vec![Next::Value("4s")],
        ["mailbox"] => vec![Next::Entity(EntityKind::VoicemailBox)],
        ["mailbox", _] => words_of(&["full", "fails"]),
        ["webhook"] => vec![Next::Node],
        ["webhook", _] => words_of(&["replies", "fails", "timeout"]),
        ["webhook", _, "replies"] => vec![Next::Value("known")],
        ["queue"] => vec![Next::Entity(EntityKind::Queue)],
        ["queue", _] => words_of(&["full", "timeout", "no_answer", "busy", "declined", "unavailable"]),
        ["conference"] => vec![Next::Entity(EntityKind::Conference)],
        ["conference", _] => words_of(&["full", "refuses"]),
        ["line"] => vec![Next::Value("\"+61411111111\"")],
        ["line", _] => words_of(&["fails"]),
        ["caller_name"] => vec![Next::Value("\"Ann\"")],
        ["draw", ..] => words_of(&["yes", "no"]),
        ["expect", rest @ ..] => expected(rest),
        _ => Vec::new(),
    }
}

fn expected(words: &[&str]) -> Vec<Next> {
    match words {
        [] => vec![Next::Words(vec!["end", "hears", "shows", "sends", "node", "caller_gone"]), Next::Kind],
        ["end"] => vec![Next::Words(Cause::ALL.iter().map(|c| c.name()).collect())],
        ["hears"] => vec![Next::Entity(EntityKind::Prompt)],
        ["sends"] => vec![Next::Value("\"12345\"")],
        ["shows"] => vec![Next::Value("\"Ann\"")],
        ["node"] => vec![Next::Node],
        ["node", node] => vec![Next::ExitOfNode((*node).to_owned())],
        [kind] => match Kind::by_name(kind) {
            Some(kind) => match kind.spec().entity.kind() {
                Some(entity) => vec![Next::Entity(entity)],
                None => vec![Next::Exit(kind, None)],
            },
            None => Vec::new(),
        },
        [kind, entity] => match Kind::by_name(kind) {
            Some(kind) => vec![Next::Exit(kind, Some((*entity).to_owned()))],
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step that is offered to its end, with a word for what isn't listed; those that go on for ever, five words of
    /// them.
    fn steps(words: &[String], out: &mut Vec<String>) {
        let plain: Vec<&str> = words.iter().map(String::as_str).collect();
        let choices = next(&plain).into_iter().flat_map(|next| match next {
            Next::Words(words) => words.iter().map(|w| (*w).to_owned()).collect(),
            Next::Kind => Kind::ALL.iter().map(|k| k.name().to_owned()).collect(),
            Next::Entity(_) | Next::Node | Next::Exit(..) | Next::ExitOfNode(_) => vec!["main".to_owned()],
            Next::Key => vec!["1".to_owned()],
            Next::Value(look) => vec![look.trim_matches('"').to_owned()],
        });
        let choices: Vec<String> = choices.collect();
        if choices.is_empty() || words.len() == 5 {
            out.push(words.join(" "));
            return;
        }
        for choice in choices {
            steps(&words.iter().cloned().chain([choice]).collect::<Vec<_>>(), out);
        }
    }

    #[test]
    fn steps_that_are_offered_to_their_end_are_read() {
        let mut all = Vec::new();
        steps(&[], &mut all);
        for step in all {
            let read = super::super::read::test(&format!("test \"a\" {{\n  {step}\n}}\n"));
            assert!(read.is_ok(), "{step}: {read:?}");
        }
    }

    #[test]
    fn every_step_is_followed_by_something_known_or_ends() {
        let ends = ["wait", "hang_up"];
        for word in super::super::steps::words() {
            assert_eq!(next(&[word]).is_empty(), ends.contains(&word), "{word}: say what follows it");
        }
    }
}
