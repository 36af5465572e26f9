//! What the tests with real clients stand on: processes that end with the test, phones (baresip), a trunk (sipp with a
//! media socket of its own), sound that can be measured, and the server under test.
//!
//! Everything runs on loopback addresses: phones on 127.0.0.1 (baresip sends RTP from there whatever it announces), the
//! trunk on 127.0.0.2, strangers elsewhere. Ports are asked of the kernel.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking and say why; nothing here runs in the product"
)]

pub mod audio;
pub mod baresip;
pub mod http;
pub mod media;
pub mod office;
pub mod process;
pub mod server;
pub mod sipp;
pub mod wait;
