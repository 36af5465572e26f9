//! Call control: joins programs, SIP and media.
//!
//! [`Exchange`] owns the SIP endpoint and every live call. A call runs the program of the number (or extension) that
//! was dialled; what the program asks for becomes SIP commands, [`flow_media::control::Command`]s and
//! [`StoreRequest`]s, and what comes back becomes its inputs. Like everything below the host it is sans-IO: bytes,
//! events and time in, outputs drained, so that a whole office runs from a seed.
//!
//! - [`office`]: the facts that calls need, one immutable value.
//! - [`record`]: what is kept of a call. [`request`]: what is asked of the store.
//! - `call`: one call, a state per activity. `caller`, `relay`: its legs. `run`: its program.

mod beep;
mod call;
mod caller;
mod cause;
mod desk;
mod exchange;
mod incoming;
mod keypad;
pub mod limits;
pub mod office;
pub mod record;
mod relay;
pub mod request;
mod run;

pub use exchange::{CallId, CallView, Config, Exchange, Leftovers, MediaAddress, Output};
pub use office::Office;
pub use request::{StoreAnswer, StoreRequest};

/// The effects that calls can perform. A flow that needs another isn't published.
#[must_use]
pub fn effects() -> flow_vm::effect::EffectSet {
    use flow_vm::effect::{EffectKind, EffectSet};
    [
        EffectKind::Answer,
        EffectKind::Play,
        EffectKind::Menu,
        EffectKind::RingExtension,
        EffectKind::RingGroup,
        EffectKind::Voicemail,
        EffectKind::LocalTime,
        EffectKind::SetCallerId,
        EffectKind::Chance,
        EffectKind::Status,
    ]
    .into_iter()
    .fold(EffectSet::default(), EffectSet::with)
}
