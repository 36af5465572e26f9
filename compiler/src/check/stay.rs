//! What a stay at a node means to a caller: whom it may bring, and how long it may last. The one place of the checks that
//! a new kind is entered in.

use super::long_wait::Longest;
use super::{Exit, Site};
use crate::entity::EntityFacts;
use crate::graph::Node;
use crate::nodes::{Config, Kind};

/// What a caller may get at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gets {
    /// A person to talk to.
    Person,
    /// A recording of what they say.
    Recording,
    /// A message that is played.
    Message,
    /// Nothing of these: the call goes on, or waits.
    Nothing,
    /// The end of the call.
    End,
}

/// What a caller may get at a node of this kind.
pub(super) fn gets(site: &Site<'_>) -> Gets {
    match site.kind {
        Some(Kind::RingGroup | Kind::Queue) if rings_nobody(site) => Gets::Nothing,
        // Of a kind that nobody knows the best is believed: that it is unknown is said elsewhere.
        None | Some(Kind::RingGroup | Kind::Extension | Kind::Queue | Kind::Conference | Kind::Transfer) => {
            Gets::Person
        }
        Some(Kind::Voicemail) => Gets::Recording,
        Some(Kind::PlayMessage) => Gets::Message,
        Some(
            Kind::InboundNumber
            | Kind::TimeSwitch
            | Kind::IvrMenu
            | Kind::SetCallerId
            | Kind::Set
            | Kind::Branch
            | Kind::Split
            | Kind::Status
            | Kind::Webhook
            | Kind::Collect
            | Kind::Start
            | Kind::Subflow
            | Kind::ComeBack,
        ) => Gets::Nothing,
        Some(Kind::Hangup) => Gets::End,
    }
}

fn rings_nobody(site: &Site<'_>) -> bool {
    match site.facts {
        Some(EntityFacts::RingGroup(group)) => group.members.is_empty(),
        Some(EntityFacts::Queue(queue)) => queue.members.is_empty(),
        Some(_) | None => false,
    }
}

/// The longest time in seconds that a caller may spend at a node, what is played to them apart. A menu waits once for
/// every silence and every wrong key that it forgives, and once more; so does a question for digits.
pub(super) fn longest_s(node: &Node, site: &Site<'_>) -> u64 {
    let given = |own: Option<u32>, usual: u16| u64::from(own.unwrap_or(u32::from(usual)));
    match (Config::read(node), site.facts) {
        (Some(Config::Extension(config)), Some(EntityFacts::Extension(e))) => {
            given(config.ring, e.ring_timeout_s)
        }
        (Some(Config::RingGroup(_)), Some(EntityFacts::RingGroup(g))) if g.members.is_empty() => 0,
        (Some(Config::RingGroup(config)), Some(EntityFacts::RingGroup(g))) => {
            given(config.ring, g.ring_timeout_s)
        }
        (Some(Config::IvrMenu(config)), Some(EntityFacts::IvrMenu(menu))) => {
            given(config.timeout, menu.timeout_s) * (2 * u64::from(menu.retries) + 1)
        }
        (Some(Config::Queue(config)), Some(EntityFacts::Queue(queue))) => {
            given(config.wait, queue.max_wait_s)
        }
        (Some(Config::Transfer(config)), _) => u64::from(config.ring),
        (Some(Config::Webhook(config)), _) => u64::from(config.timeout),
        (Some(Config::Collect(config)), _) => {
            // The time for pressing keys is the callers' own.
            let once = u64::from(config.timeout) + u64::from(config.digit_timeout);
            let confirmed = config.confirm.map_or(0, |_| u64::from(config.retries) + 1);
            once * (2 * u64::from(config.retries) + 1) + confirmed * u64::from(config.timeout)
        }
        (Some(Config::Subflow(_)), _) => site.calls.as_ref().map_or(0, |calls| calls.longest_s),
        (None, _)
        | (
            Some(
                Config::Extension(_)
                | Config::RingGroup(_)
                | Config::IvrMenu(_)
                | Config::InboundNumber(_)
                | Config::TimeSwitch(_)
                | Config::Voicemail(_)
                | Config::PlayMessage(_)
                | Config::Hangup(_)
                | Config::SetCallerId(_)
                | Config::Set(_)
                | Config::Branch(_)
                | Config::Split(_)
                | Config::Status(_)
                | Config::Queue(_)
                | Config::Conference(_)
                | Config::Start(_)
                | Config::ComeBack(_),
            ),
            _,
        ) => 0,
    }
}

/// A time in which an answered caller may hear nothing.
pub(super) struct Silence {
    /// How long it lasts at most, in seconds.
    pub(super) longest_s: u64,
    /// The field of the node that says so, if the node does.
    pub(super) field: &'static str,
    /// What to do about it, in the imperative.
    pub(super) cure: &'static str,
}

/// The silence that a node may keep a caller in: the wait for a key, or for a server. Whoever rings, records or plays is heard.
pub(super) fn silence(node: &Node, site: &Site<'_>) -> Option<Silence> {
    match (Config::read(node)?, site.facts) {
        (Config::IvrMenu(config), Some(EntityFacts::IvrMenu(menu))) => Some(Silence {
            longest_s: u64::from(config.timeout.unwrap_or(u32::from(menu.timeout_s))),
            field: "timeout",
            cure: "repeat the greeting sooner: a shorter `timeout`",
        }),
        (Config::Webhook(config), _) => Some(Silence {
            longest_s: u64::from(config.timeout),
            field: "timeout",
            cure: "don't wait so long for the reply: a shorter `timeout`",
        }),
        (Config::Collect(config), _) => Some(Silence {
            longest_s: u64::from(config.timeout),
            field: "timeout",
            cure: "repeat the prompt sooner: a shorter `timeout`",
        }),
        (
            Config::IvrMenu(_)
            | Config::InboundNumber(_)
            | Config::TimeSwitch(_)
            | Config::RingGroup(_)
            | Config::Extension(_)
            | Config::Voicemail(_)
            | Config::PlayMessage(_)
            | Config::Hangup(_)
            | Config::SetCallerId(_)
            | Config::Set(_)
            | Config::Branch(_)
            | Config::Split(_)
            | Config::Status(_)
            | Config::Transfer(_)
            | Config::Conference(_)
            | Config::Queue(_)
            | Config::Start(_)
            | Config::Subflow(_)
            | Config::ComeBack(_),
            _,
        ) => None,
    }
}

/// The longest time that a caller who talks to nobody may spend at a node until they leave it by an exit.
pub(super) fn until(node: &Node, site: &Site<'_>, exit: &str) -> Longest {
    match &site.calls {
        Some(calls) => calls.exits.get(exit).and_then(|back| back.waited).unwrap_or(Longest::Seconds(0)),
        None => Longest::Seconds(longest_s(node, site)),
    }
}

/// Whether calls spend time at a node, whichever way they take.
pub(super) fn waits(site: &Site<'_>) -> bool {
    match &site.calls {
        Some(calls) => calls.exits.keys().flat_map(|exit| calls.by(exit)).all(|way| way.waited),
        None => site.kind.is_some_and(|kind| kind.spec().waits),
    }
}

/// Whether calls spend time at a node that leave it by an exit.
pub(super) fn waits_by(site: &Site<'_>, exit: &Exit) -> bool {
    match &site.calls {
        Some(calls) => calls.by(&exit.name).all(|way| way.waited),
        None => waits(site),
    }
}

/// Whether callers may leave a node by an exit who have talked to nobody there, and left no message.
pub(super) fn goes_on(site: &Site<'_>, exit: &str) -> bool {
    match (gets(site), &site.calls) {
        (Gets::Person, _) => exit != "answered",
        (Gets::Recording | Gets::End, _) => false,
        (Gets::Message | Gets::Nothing, Some(calls)) => calls.by(exit).any(|way| !way.served),
        (Gets::Message | Gets::Nothing, None) => true,
    }
}

/// Whether an exit is taken because the caller pressed a key.
pub(super) fn is_pressed(site: &Site<'_>, exit: &str) -> bool {
    if let Some(calls) = &site.calls {
        return calls.by(exit).all(|way| way.pressed);
    }
    let Some(kind) = site.kind else { return false };
    match kind {
        Kind::IvrMenu | Kind::Collect => exit != "timeout",
        Kind::PlayMessage => exit == "interrupted",
        Kind::InboundNumber
        | Kind::TimeSwitch
        | Kind::RingGroup
        | Kind::Extension
        | Kind::Voicemail
        | Kind::Hangup
        | Kind::SetCallerId
        | Kind::Set
        | Kind::Branch
        | Kind::Split
        | Kind::Status
        | Kind::Transfer
        | Kind::Conference
        | Kind::Queue
        | Kind::Webhook
        | Kind::Start
        | Kind::Subflow
        | Kind::ComeBack => false,
    }
}

/// Whether a caller who leaves a node by an exit met nobody there, though the node was to bring them to somebody.
pub(super) fn meets_nobody(kind: Kind, exit: &str) -> bool {
    match kind {
        Kind::Extension | Kind::RingGroup | Kind::Queue => exit != "answered",
        Kind::Conference => exit != "next",
        Kind::Transfer => exit == "failed",
        Kind::InboundNumber
        | Kind::TimeSwitch
        | Kind::IvrMenu
        | Kind::Voicemail
        | Kind::PlayMessage
        | Kind::Hangup
        | Kind::SetCallerId
        | Kind::Set
        | Kind::Branch
        | Kind::Split
        | Kind::Status
        | Kind::Collect
        | Kind::Webhook
        | Kind::Start
        | Kind::Subflow
        | Kind::ComeBack => false,
    }
}
