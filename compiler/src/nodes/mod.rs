//! THE catalogue of node kinds. A kind is its file plus its line in [`kinds!`] below.

pub mod spec;
pub mod values;

#[macro_use]
mod macros;

kinds! {
    inbound_number: InboundNumber;
    time_switch: TimeSwitch;
    ivr_menu: IvrMenu;
    ring_group: RingGroup;
    extension: Extension;
    voicemail: Voicemail;
    play_message: PlayMessage;
    hangup: Hangup;
    set_caller_id: SetCallerId;
    set: Set;
    branch: Branch;
    split: Split;
    status: Status;
    transfer: Transfer;
    conference: Conference;
    queue: Queue;
    webhook: Webhook;
    collect: Collect;
    start: Start;
    subflow: Subflow;
    come_back: ComeBack;
}

use self::spec::Computed;
use crate::entity::EntityFacts;
use crate::graph::Node;

impl Kind {
    /// The kind of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|k| k.spec().name == name)
    }

    /// Its name in text, JSON, debug map and CDR.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The names of a node's exits in their order: those that come from the entity's facts or from the node itself, then
    /// the fixed ones. Without facts only the fixed ones. Those of a `subflow` are [`crate::graph::Graph::exits_of`].
    #[must_use]
    pub fn exits(self, node: &Node, facts: Option<&EntityFacts>) -> Vec<(String, &'static spec::ExitSpec)> {
        let spec = self.spec();
        let computed = match (spec.computed, facts) {
            (Computed::MenuKeys, Some(EntityFacts::IvrMenu(m))) => {
                m.keys.iter().map(|k| k.key.to_string()).collect()
            }
            (Computed::TimeRules, Some(EntityFacts::TimeSwitch(t))) => t.own_exits(),
            (Computed::Answers, _) => {
                crate::webhook::of(node).into_iter().map(|answer| answer.name).collect()
            }
            (Computed::None | Computed::MenuKeys | Computed::TimeRules | Computed::FlowExits, _) => {
                Vec::new()
            }
        };
        let computed = computed.into_iter().map(|name| (name, &spec.computed_exit));
        computed.chain(spec.exits.iter().map(|e| (e.name.to_owned(), e))).collect()
    }
}
