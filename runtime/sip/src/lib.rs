//! The SIP core of FlowPBX, sans-IO: bytes, time and commands in; bytes and events out.
//!
//! [`Endpoint`] is a back-to-back user agent's two halves plus a registrar. It opens no socket, reads no clock, and draws
//! randomness only from the seed it is given, so that a whole phone system runs in simulated time.
//!
//! After each input drain [`Endpoint::poll_transmit`] and [`Endpoint::poll_event`], then sleep until
//! [`Endpoint::next_deadline`] and call [`Endpoint::tick`].
//!
//! From the wire inwards: `message` (reading, checking, writing), `transaction` (retransmission, matching), `legs` (dialogs
//! and calls), beside them `auth` and `registrar`; `endpoint` joins them.

mod auth;
pub mod config;
mod cx;
mod endpoint;
pub mod event;
mod legs;
pub mod limits;
mod message;
mod registrar;
mod transaction;

pub use config::*;
pub use endpoint::Endpoint;
pub use event::*;
