//! Every limit of the store. Relations are asserted at compile time.

/// Longest key of an entity, in characters.
pub const KEY_CHARS_MAX: usize = 64;
/// Longest label of an entity, in characters.
pub const LABEL_CHARS_MAX: usize = 128;
/// Most rows of one kind of entity: far more than an office of 100 extensions needs.
pub const ENTITIES_PER_KIND_MAX: i64 = 10_000;
/// Most rows that one list request gives.
pub const PAGE_ROWS_MAX: u32 = 1_000;
/// Longest draft or source graph of a flow, in bytes.
pub const SOURCE_BYTES_MAX: usize = 8 << 20;
/// Most files of one import.
pub const IMPORT_FILES_MAX: usize = 1_000;
/// Most bytes of all files of one import.
pub const IMPORT_BYTES_MAX: usize = 64 << 20;
/// Longest path of a file of an import, in bytes.
pub const IMPORT_PATH_BYTES_MAX: usize = 512;
/// Longest prompt, in bytes: 20 minutes of 16-bit audio at 8 kHz.
pub const PROMPT_BYTES_MAX: usize = 20 * 60 * 16_000;
/// Shortest voicemail worth keeping, in milliseconds (decisions.md: a recording so far of 2 s is kept).
pub const VOICEMAIL_KEEP_MS_MIN: u64 = 2_000;
/// Most files that the start-up repair looks at in one folder; more are left for the next start.
pub const REPAIR_FILES_MAX: usize = 100_000;
/// Longest text (number, name, cause, URI) of a row that a call or a phone writes, in bytes; longer is cut.
pub const OUTSIDE_TEXT_BYTES_MAX: usize = 512;
/// Most steps of the flow path that a CDR keeps; what a call does after them is not listed.
pub const PATH_STEPS_MAX: usize = 2_000;
/// Most legs that a CDR keeps.
pub const CDR_LEGS_MAX: usize = 512;
/// Longest trace that a CDR keeps, in bytes.
pub const TRACE_BYTES_MAX: usize = 1 << 20;
/// Most contacts over all extensions that are kept.
pub const REGISTRATIONS_MAX: i64 = 10_000;
/// Commands that may wait for a store thread; a full queue refuses the next one.
pub const QUEUE_COMMANDS_MAX: usize = 4_096;
/// How long SQLite waits for a lock that another process (a backup, say) holds, in milliseconds.
pub const BUSY_WAIT_MS: u64 = 5_000;
/// Length of a SIP secret that we make: 24 characters of 32 are 120 bits.
pub const SIP_SECRET_CHARS: usize = 24;
/// Longest secret that may be sealed, in bytes.
pub const SECRET_BYTES_MAX: usize = 256;

const _: () = assert!(PROMPT_BYTES_MAX <= IMPORT_BYTES_MAX, "the longest prompt fits into an import");
const _: () = assert!(SIP_SECRET_CHARS <= SECRET_BYTES_MAX, "a secret that we make can be sealed");
