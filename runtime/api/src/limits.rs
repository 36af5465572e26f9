//! Every limit of the API.

use std::time::Duration;

/// Longest body of a request, in bytes; drafts are the largest.
pub const BODY_BYTES_MAX: usize = 9 << 20;
/// Longest body of an import, in bytes: its files as base64, and the JSON around them.
pub const IMPORT_BODY_BYTES_MAX: usize = 90 << 20;
/// Longest time that a request may take.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);
/// Requests that are worked on at the same time; more are told to come back.
pub const REQUESTS_MAX: usize = 64;
/// Rows of a list where the request doesn't say.
pub const PAGE_ROWS_DEFAULT: u32 = 100;
/// Longest file that is sent, in bytes: an hour of 16-bit audio at 8 kHz.
pub const AUDIO_BYTES_MAX: u64 = 3_600 * 16_000 + 1_024;

const _: () = assert!(
    IMPORT_BODY_BYTES_MAX > flow_store::limits::IMPORT_BYTES_MAX / 3 * 4,
    "an import that the store takes can be sent"
);
const _: () = assert!(BODY_BYTES_MAX > flow_store::limits::SOURCE_BYTES_MAX, "a draft can be sent");
