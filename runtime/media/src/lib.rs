//! RTP media without input or output of its own: SDP, ports, relay, transcoding, prompts, keys, recordings.
//!
//! [`engine::Engine`] is driven by [`control::Command`]s, packets and time, and answers with [`control::Event`]s and
//! with what its [`engine::Sink`] is given. Sockets, files and the clock belong to the host.

pub mod control;
pub mod dtmf;
pub mod engine;
pub mod g711;
pub mod latch;
mod leg;
pub mod limits;
mod outgoing;
mod play;
pub mod ports;
mod record;
mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod stats;
pub mod tone;
pub mod wav;
