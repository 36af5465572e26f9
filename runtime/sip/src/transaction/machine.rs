//! The four state machines of RFC 3261 §17 with RFC 6026, as pure functions: one per state.

use std::time::Duration;

use super::Failure;
use crate::limits::{T1, T2, T4, TIMER_D, TRY_MAX};

/// Which machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    InviteClient,
    Client,
    InviteServer,
    Server,
}

/// Where a transaction is. `again` is the next interval of retransmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// INVITE client, nothing heard (§17.1.1.2 figure 5).
    Calling { again: Duration },
    /// INVITE client, 1xx heard.
    CallProceeding,
    /// INVITE client, refused; ACK sent.
    CallCompleted,
    /// INVITE client, 2xx heard (RFC 6026 §7.2).
    CallAccepted,
    /// Other client, nothing heard (§17.1.2.2 figure 6).
    Trying { again: Duration },
    /// Other client, 1xx heard.
    Proceeding,
    /// Other client, final heard.
    Completed,
    /// INVITE server before a final response (§17.2.1 figure 7).
    ServeCall,
    /// INVITE server, refused, no ACK yet.
    ServeCallRefused { again: Duration },
    /// INVITE server, refused and ACK heard.
    ServeCallConfirmed,
    /// INVITE server, 2xx sent (RFC 6026 §7.1).
    ServeCallAccepted,
    /// Other server, no final response yet (§17.2.2 figure 8).
    Serve,
    /// Other server, final sent.
    Served,
    /// Over.
    Gone,
}

impl State {
    pub(super) fn first(kind: Kind) -> State {
        match kind {
            Kind::InviteClient => State::Calling { again: T1 },
            Kind::Client => State::Trying { again: T1 },
            Kind::InviteServer => State::ServeCall,
            Kind::Server => State::Serve,
        }
    }

    pub(super) fn is_accepted(self) -> bool {
        self == State::ServeCallAccepted
    }

    /// A response may still be sent: none was final, or it is a 2xx again.
    pub(super) fn takes_responses(self) -> bool {
        matches!(self, State::ServeCall | State::Serve)
    }
}

/// RFC 3261's timers by letter; L and M are RFC 6026's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TxTimer {
    /// Sends an INVITE again.
    A,
    /// Gives an INVITE up.
    B,
    /// Absorbs repeated refusals of an INVITE.
    D,
    /// Sends another request again.
    E,
    /// Gives another request up.
    F,
    /// Sends a refusal of an INVITE again.
    G,
    /// Gives up waiting for its ACK.
    H,
    /// Absorbs repeated ACKs.
    I,
    /// Absorbs repeated requests.
    J,
    /// Absorbs repeated responses.
    K,
    /// Absorbs repeated INVITEs after a 2xx.
    L,
    /// Hands repeated 2xx up.
    M,
}

impl TxTimer {
    /// Every timer.
    pub(super) const ALL: [TxTimer; 12] = [
        TxTimer::A,
        TxTimer::B,
        TxTimer::D,
        TxTimer::E,
        TxTimer::F,
        TxTimer::G,
        TxTimer::H,
        TxTimer::I,
        TxTimer::J,
        TxTimer::K,
        TxTimer::L,
        TxTimer::M,
    ];
}

/// What happens to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// It begins; its request was just sent or received.
    Start,
    /// A response arrived at a client, or is sent by a server.
    Provisional,
    Success,
    Refusal,
    /// The request arrived again.
    Again,
    /// ACK of a refusal arrived.
    Ack,
    Timer(TxTimer),
    TransportFailed,
}

impl Input {
    pub(super) fn response(status: u16) -> Input {
        match status {
            ..200 => Input::Provisional,
            200..300 => Input::Success,
            300.. => Input::Refusal,
        }
    }

    pub(super) fn respond(status: u16) -> Input {
        Input::response(status)
    }
}

/// What to do, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Send the request, or the last response, again.
    Retransmit,
    /// Nothing is to be sent again: its memory may go.
    Settle,
    /// Send the ACK of a refusal.
    Ack,
    Start(TxTimer, Duration),
    Stop(TxTimer),
    /// Hand the response up.
    Up,
    /// Tell the owner that there will be none.
    Fail(Failure),
    /// It is over.
    Finish,
}

type Actions = Vec<Action>;

/// One step. `reliable`: the transport doesn't lose, so nothing is sent again and nothing needs absorbing.
pub(super) fn step(state: State, input: Input, reliable: bool, out: &mut Actions) -> State {
    match state {
        State::Calling { again } => calling(again, input, reliable, out),
        State::CallProceeding => call_proceeding(input, reliable, out),
        State::CallCompleted => call_completed(input, out),
        State::CallAccepted => call_accepted(input, out),
        State::Trying { again } => trying(again, input, reliable, out),
        State::Proceeding => proceeding(input, reliable, out),
        State::Completed => completed(input, out),
        State::ServeCall => serve_call(input, reliable, out),
        State::ServeCallRefused { again } => serve_call_refused(again, input, reliable, out),
        State::ServeCallConfirmed => serve_call_confirmed(input, out),
        State::ServeCallAccepted => serve_call_accepted(input, out),
        State::Serve => serve(input, reliable, out),
        State::Served => served(input, out),
        State::Gone => State::Gone,
    }
}

fn finish(out: &mut Actions) -> State {
    out.push(Action::Finish);
    State::Gone
}

fn fail(why: Failure, out: &mut Actions) -> State {
    out.push(Action::Fail(why));
    finish(out)
}

fn calling(again: Duration, input: Input, reliable: bool, out: &mut Actions) -> State {
    match input {
        Input::Start => {
            if !reliable {
                out.push(Action::Start(TxTimer::A, again));
            }
            out.push(Action::Start(TxTimer::B, TRY_MAX));
            State::Calling { again }
        }
        Input::Timer(TxTimer::A) => {
            let again = again * 2;
            out.extend([Action::Retransmit, Action::Start(TxTimer::A, again)]);
            State::Calling { again }
        }
        Input::Timer(TxTimer::B) => fail(Failure::Timeout, out),
        Input::TransportFailed => fail(Failure::Transport, out),
        Input::Provisional => {
            out.extend([Action::Stop(TxTimer::A), Action::Stop(TxTimer::B), Action::Settle, Action::Up]);
            State::CallProceeding
        }
        Input::Success | Input::Refusal => {
            out.extend([Action::Stop(TxTimer::A), Action::Stop(TxTimer::B), Action::Settle]);
            call_final(input, reliable, out)
        }
        Input::Again | Input::Ack | Input::Timer(_) => State::Calling { again },
    }
}

fn call_proceeding(input: Input, reliable: bool, out: &mut Actions) -> State {
    match input {
        Input::Provisional => {
            out.push(Action::Up);
            State::CallProceeding
        }
        Input::Success | Input::Refusal => call_final(input, reliable, out),
        Input::TransportFailed => fail(Failure::Transport, out),
        Input::Start | Input::Again | Input::Ack | Input::Timer(_) => State::CallProceeding,
    }
}

/// A final response to INVITE: 2xx goes up as often as it comes, a refusal once.
fn call_final(input: Input, reliable: bool, out: &mut Actions) -> State {
    out.push(Action::Up);
    if input == Input::Success {
        out.push(Action::Start(TxTimer::M, TRY_MAX));
        return State::CallAccepted;
    }
    out.push(Action::Ack);
    if reliable {
        return finish(out);
    }
    out.push(Action::Start(TxTimer::D, TIMER_D));
    State::CallCompleted
}

fn call_completed(input: Input, out: &mut Actions) -> State {
    match input {
        Input::Refusal => {
            out.push(Action::Ack);
            State::CallCompleted
        }
        Input::Timer(TxTimer::D) | Input::TransportFailed => finish(out),
        Input::Start | Input::Provisional | Input::Success | Input::Again | Input::Ack | Input::Timer(_) => {
            State::CallCompleted
        }
    }
}

fn call_accepted(input: Input, out: &mut Actions) -> State {
    match input {
        Input::Success => {
            out.push(Action::Up);
            State::CallAccepted
        }
        Input::Timer(TxTimer::M) => finish(out),
        Input::Start
        | Input::Provisional
        | Input::Refusal
        | Input::Again
        | Input::Ack
        | Input::TransportFailed
        | Input::Timer(_) => State::CallAccepted,
    }
}

fn trying(again: Duration, input: Input, reliable: bool, out: &mut Actions) -> State {
    match input {
        Input::Start => {
            if !reliable {
                out.push(Action::Start(TxTimer::E, again));
            }
            out.push(Action::Start(TxTimer::F, TRY_MAX));
            State::Trying { again }
        }
        Input::Timer(TxTimer::E) => {
            let again = (again * 2).min(T2);
            out.extend([Action::Retransmit, Action::Start(TxTimer::E, again)]);
            State::Trying { again }
        }
        Input::Provisional => {
            out.push(Action::Up);
            if !reliable {
                out.push(Action::Start(TxTimer::E, T2));
            }
            State::Proceeding
        }
        Input::Timer(TxTimer::F) => fail(Failure::Timeout, out),
        Input::TransportFailed => fail(Failure::Transport, out),
        Input::Success | Input::Refusal => answered(reliable, out),
        Input::Again | Input::Ack | Input::Timer(_) => State::Trying { again },
    }
}

fn proceeding(input: Input, reliable: bool, out: &mut Actions) -> State {
    match input {
        Input::Timer(TxTimer::E) => {
            out.extend([Action::Retransmit, Action::Start(TxTimer::E, T2)]);
            State::Proceeding
        }
        Input::Timer(TxTimer::F) => fail(Failure::Timeout, out),
        Input::TransportFailed => fail(Failure::Transport, out),
        Input::Success | Input::Refusal => answered(reliable, out),
        Input::Start | Input::Provisional | Input::Again | Input::Ack | Input::Timer(_) => State::Proceeding,
    }
}

/// A final response to another request.
fn answered(reliable: bool, out: &mut Actions) -> State {
    out.extend([Action::Stop(TxTimer::E), Action::Stop(TxTimer::F), Action::Settle, Action::Up]);
    if reliable {
        return finish(out);
    }
    out.push(Action::Start(TxTimer::K, T4));
    State::Completed
}

fn completed(input: Input, out: &mut Actions) -> State {
    match input {
        Input::Timer(TxTimer::K) => finish(out),
        Input::Start
        | Input::Provisional
        | Input::Success
        | Input::Refusal
        | Input::Again
        | Input::Ack
        | Input::TransportFailed
        | Input::Timer(_) => State::Completed,
    }
}

fn serve_call(input: Input, reliable: bool, out: &mut Actions) -> State {
    match input {
        Input::Again => {
            out.push(Action::Retransmit);
            State::ServeCall
        }
        Input::Success => {
            out.extend([Action::Settle, Action::Start(TxTimer::L, TRY_MAX)]);
            State::ServeCallAccepted
        }
        Input::Refusal => {
            if !reliable {
                out.push(Action::Start(TxTimer::G, T1));
            }
            out.push(Action::Start(TxTimer::H, TRY_MAX));
            State::ServeCallRefused { again: T1 }
        }
        Input::Start | Input::Provisional | Input::Ack | Input::TransportFailed | Input::Timer(_) => {
            State::ServeCall
        }
    }
}

fn serve_call_refused(again: Duration, input: Input, reliable: bool, out: &mut Actions) -> State {
    match input {
        Input::Again => {
            out.push(Action::Retransmit);
            State::ServeCallRefused { again }
        }
        Input::Timer(TxTimer::G) => {
            let again = (again * 2).min(T2);
            out.extend([Action::Retransmit, Action::Start(TxTimer::G, again)]);
            State::ServeCallRefused { again }
        }
        Input::Ack => {
            out.extend([Action::Stop(TxTimer::G), Action::Stop(TxTimer::H), Action::Settle]);
            if reliable {
                return finish(out);
            }
            out.push(Action::Start(TxTimer::I, T4));
            State::ServeCallConfirmed
        }
        Input::Timer(TxTimer::H) => finish(out),
        Input::Start
        | Input::Provisional
        | Input::Success
        | Input::Refusal
        | Input::TransportFailed
        | Input::Timer(_) => State::ServeCallRefused { again },
    }
}

fn serve_call_confirmed(input: Input, out: &mut Actions) -> State {
    match input {
        Input::Timer(TxTimer::I) => finish(out),
        Input::Start
        | Input::Provisional
        | Input::Success
        | Input::Refusal
        | Input::Again
        | Input::Ack
        | Input::TransportFailed
        | Input::Timer(_) => State::ServeCallConfirmed,
    }
}

fn serve_call_accepted(input: Input, out: &mut Actions) -> State {
    match input {
        Input::Timer(TxTimer::L) => finish(out),
        Input::Start
        | Input::Provisional
        | Input::Success
        | Input::Refusal
        | Input::Again
        | Input::Ack
        | Input::TransportFailed
        | Input::Timer(_) => State::ServeCallAccepted,
    }
}

fn serve(input: Input, reliable: bool, out: &mut Actions) -> State {
    match input {
        Input::Again => {
            out.push(Action::Retransmit);
            State::Serve
        }
        Input::Success | Input::Refusal => {
            if reliable {
                return finish(out);
            }
            out.push(Action::Start(TxTimer::J, TRY_MAX));
            State::Served
        }
        Input::Start | Input::Provisional | Input::Ack | Input::TransportFailed | Input::Timer(_) => {
            State::Serve
        }
    }
}

fn served(input: Input, out: &mut Actions) -> State {
    match input {
        Input::Again => {
            out.push(Action::Retransmit);
            State::Served
        }
        Input::Timer(TxTimer::J) => finish(out),
        Input::Start
        | Input::Provisional
        | Input::Success
        | Input::Refusal
        | Input::Ack
        | Input::TransportFailed
        | Input::Timer(_) => State::Served,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::wildcard_enum_match_arm, reason = "a test names the one outcome it wants")]

    use super::*;

    /// Machine, transport, then inputs as letters with the actions that each must yield. One line a life.
    ///
    /// Inputs: `+` start, `1` `2` `4` response, `r` request again, `a` ACK, `x` transport, capital letters timers.
    /// Actions: `R` retransmit, `0` settle, `a` ACK, `^X` start X, `!X` stop X, `u` up, `t` `x` fail, `.` finish.
    const LIVES: &[(Kind, bool, &str)] = &[
        (Kind::InviteClient, false, "+^A^B A:R^A A:R^A B:t."),
        (Kind::InviteClient, false, "+^A^B 1:!A!B0u 1:u 2:u^M 2:u 4: M:."),
        (Kind::InviteClient, false, "+^A^B 4:!A!B0ua^D 4:a 4:a D:."),
        (Kind::InviteClient, true, "+^B 1:!A!B0u 4:ua."),
        (Kind::InviteClient, true, "+^B x:x."),
        (Kind::Client, false, "+^E^F E:R^E E:R^E F:t."),
        (Kind::Client, false, "+^E^F 1:u^E E:R^E 2:!E!F0u^K 2: K:."),
        (Kind::Client, true, "+^F 2:!E!F0u."),
        (Kind::InviteServer, false, "+ r:R 1: r:R 2:0^L r: a: L:."),
        (Kind::InviteServer, false, "+ 4:^G^H G:R^G r:R a:!G!H0^I a: I:."),
        (Kind::InviteServer, false, "+ 4:^G^H G:R^G H:."),
        (Kind::InviteServer, true, "+ 4:^H a:!G!H0."),
        (Kind::Server, false, "+ r:R 2:^J r:R J:."),
        (Kind::Server, true, "+ 2:."),
    ];

    fn timer(letter: char) -> TxTimer {
        *TxTimer::ALL.iter().find(|timer| format!("{timer:?}") == letter.to_string()).unwrap()
    }

    fn input(letter: char) -> Input {
        match letter {
            '+' => Input::Start,
            '1' => Input::Provisional,
            '2' => Input::Success,
            '4' => Input::Refusal,
            'r' => Input::Again,
            'a' => Input::Ack,
            'x' => Input::TransportFailed,
            letter => Input::Timer(timer(letter)),
        }
    }

    fn letters(actions: &[Action]) -> String {
        actions
            .iter()
            .map(|action| match action {
                Action::Retransmit => "R".into(),
                Action::Settle => "0".into(),
                Action::Ack => "a".into(),
                Action::Start(timer, _) => format!("^{timer:?}"),
                Action::Stop(timer) => format!("!{timer:?}"),
                Action::Up => "u".into(),
                Action::Fail(Failure::Timeout) => "t".into(),
                Action::Fail(Failure::Transport) => "x".into(),
                Action::Finish => ".".into(),
            })
            .collect()
    }

    #[test]
    fn every_life_goes_as_written() {
        for (kind, reliable, life) in LIVES {
            let mut state = State::first(*kind);
            for word in life.split(' ') {
                let letter = word.chars().next().unwrap();
                let want = word[1..].trim_start_matches(':');
                let mut actions = Vec::new();
                state = step(state, input(letter), *reliable, &mut actions);
                assert_eq!(letters(&actions), want, "{kind:?} {life}: at {word}");
            }
            assert_eq!(state, State::Gone, "{kind:?} {life}");
        }
    }

    #[test]
    fn invite_is_sent_again_after_500_1000_2000_ms_and_others_at_most_every_4_s() {
        let intervals = |kind, letter| {
            let (mut state, mut seen, mut actions) = (State::first(kind), Vec::new(), Vec::new());
            for _ in 0..6 {
                state = step(state, Input::Timer(letter), false, &mut actions);
                seen.extend(actions.drain(..).filter_map(|action| match action {
                    Action::Start(_, after) => Some(after.as_millis()),
                    _ => None,
                }));
            }
            seen
        };
        assert_eq!(intervals(Kind::InviteClient, TxTimer::A), [1000, 2000, 4000, 8000, 16000, 32000]);
        assert_eq!(intervals(Kind::Client, TxTimer::E), [1000, 2000, 4000, 4000, 4000, 4000]);
    }
}
