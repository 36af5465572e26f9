use flow_vm::effect::WebhookEnd;

use crate::expr;
use crate::ir::{Ask, BlockEnd, BlockRef, Case, Pushed, Step};
use crate::lower::{Hole, Lower, Site};
use crate::webhook::{self, DeclaredAnswer};

node! {
    /// Asks a server on the web and sends the call on by what it answers.
    ///
    /// The request tells `caller`, `caller_name`, `called` and `send`: as JSON with `post`, in the query with `get`. The reply
    /// is a JSON object of at most 64 KiB whose `answer` is one of the declared answers; the fields of that answer stand
    /// beside it and become variables:
    /// `{"answer": "known", "customer": "Ann", "level": 3}` for `answers = ["known(customer: text, level: number)", unknown]`.
    /// Types are `text` (at most 120 bytes), `number` (whole), `phone` (a text such as `"+61411111111"`) and `bool`. The
    /// variables are set only behind the exits of answers that declare them. While the caller waits nothing is played.
    Webhook as "webhook";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// Where to ask: `https://…`.
        url: crate::nodes::values::Url as Required;
        /// How to ask.
        method: crate::nodes::values::MethodWord = "post";
        /// A text to send along, such as a number that the caller typed: `"{account}"`.
        send: crate::nodes::values::Template as Absent;
        /// The answers that the flow knows, at most eight; each is an exit.
        answers: crate::nodes::values::AnswerList as Absent;
        /// How long to wait for the reply.
        timeout: crate::nodes::values::Seconds<1, 30> = 5;
    }
    computed Computed::Answers, Leaves::AsItCame, Unwired::FallsTo("default");
    exits {
        /// A good reply with another answer, with none, or with fields that are missing or of another type.
        default: Leaves::AsItCame, Unwired::Refused;
        /// No good reply: no connection, a status other than 2xx, no JSON, too long.
        error: Leaves::AsItCame, Unwired::Refused;
        /// No reply in time.
        timeout: Leaves::AsItCame, Unwired::FallsTo("error");
    }
}

impl Lower for Webhook {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(url) = self.url.clone() else { return Err(at.hole("the address")) };
        let (block, steps) = match &self.send {
            Some(send) => at.compute(at.start(), vec![Step::Enter], expr::read_template(send))?,
            None => (at.start(), vec![Step::Enter, Step::Push(Pushed::Text(String::new()))]),
        };
        let answers = self.answers.as_deref().unwrap_or_default();
        let otherwise = at.exit("error");
        let mut cases = Vec::new();
        for (number, answer) in (0..).zip(answers) {
            let to = fields(at, answer, otherwise)?;
            cases.push((Case::Webhook(WebhookEnd::Answer(number)), to));
        }
        cases.push((Case::Webhook(WebhookEnd::Default), at.exit("default")));
        cases.push((Case::Webhook(WebhookEnd::Timeout), at.exit("timeout")));
        let effect = Ask::Webhook {
            url,
            method: self.method,
            answers: webhook::encode(answers),
            timeout_ms: self.timeout.saturating_mul(1_000),
        };
        at.write(block, steps, BlockEnd::Ask { effect, cases, otherwise });
        Ok(())
    }
}

/// The blocks that put an answer's fields into their variables and leave by its exit.
fn fields(at: &mut Site<'_, '_>, answer: &DeclaredAnswer, failed: BlockRef) -> Result<BlockRef, Hole> {
    let mut next = at.exit(&answer.name);
    for (name, ty) in answer.fields.iter().rev() {
        let store = vec![Step::PushAnswer, Step::Store(at.variable(name)?)];
        let kept = at.add(store, BlockEnd::Jump(next));
        let effect = Ask::WebhookField { field: name.clone(), ty: *ty };
        let end = BlockEnd::Ask { effect, cases: vec![(Case::Done, kept)], otherwise: failed };
        next = at.add(Vec::new(), end);
    }
    Ok(next)
}
