//! The language server of `.flow`: the compiler's queries ([`flow_compiler::edit`]) over the Language Server Protocol.
//!
//! [`server::serve`] takes one message after the other from a connection and answers each before the next, so that no
//! answer is about an older text than the one that the editor had when it asked. Key strokes that wait together are checked
//! together; requests that were cancelled while they waited aren't answered.

mod act;
mod ask;
mod capabilities;
mod convert;
mod desk;
mod document;
mod findings;
pub mod limits;
pub mod position;
mod requests;
pub mod server;
mod shape;
mod uri;
