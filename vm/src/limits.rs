//! Every limit of the machine and its formats, by name. Each bounds time or memory for input that nobody
//! vouches for.

/// Longest program in bytes. 100,000 nodes take about 15 MB.
pub const PROGRAM_BYTES_MAX: usize = 64 << 20;

/// Most ops of one program.
pub const OPS_MAX: u32 = 1 << 22;

/// Most switch tables of one program.
pub const TABLES_MAX: u32 = 1 << 20;

/// Most constants of one program.
pub const CONSTANTS_MAX: u32 = 1 << 20;

/// Longest constant in bytes of UTF-8. Keys, prompt names and zone names are far shorter.
pub const CONSTANT_BYTES_MAX: u32 = 1_024;

/// Most entries of one program.
pub const ENTRIES_MAX: u32 = 1 << 16;

/// Most nodes in the debug map.
pub const NODES_MAX: u32 = 1 << 20;

/// Most exits of one node: the rules of a time switch, and room.
pub const EXITS_PER_NODE_MAX: u16 = 2_048;

/// Most op ranges in the debug map.
pub const RANGES_MAX: u32 = 1 << 21;

/// Most rules of one time table: twenty years of holidays, and room.
pub const TIME_RULES_MAX: u16 = 1_024;

/// Longest time that an effect may be given, in milliseconds: one hour.
pub const TIMEOUT_MS_MAX: u32 = 3_600_000;

/// Counters that a program has.
pub const COUNTERS_MAX: u8 = 16;

/// Longest text or phone number that an expression computes with, in bytes of UTF-8. What is longer is cut.
pub const VALUE_BYTES_MAX: usize = 120;

/// Most digits that a caller enters at one question: room for the longest account number.
pub const DIGITS_MAX: u8 = 32;

/// Variables that a program has: 64 of them with the longest text are 8 KiB.
pub const VARIABLES_MAX: u8 = 64;

/// Most answers that a webhook may declare.
pub const WEBHOOK_ANSWERS_MAX: usize = 8;

/// Most fields that an answer of a webhook may have.
pub const WEBHOOK_FIELDS_MAX: usize = 8;

/// Longest name of an answer or a field of a webhook, in bytes.
pub const WEBHOOK_NAME_BYTES_MAX: usize = 32;

/// Values that an expression may have on the stack at once.
pub const STACK_MAX: u8 = 16;

/// Most ops that one input may run. More ends the call with [`crate::effect::End::OutOfFuel`].
pub const STEPS_PER_INPUT_MAX: u32 = 1_000;

/// Most ops that a call may run without a key from the caller, over all inputs. It ends a loop that waits but
/// never enters a node (the compiler makes none), so that every program ends unless the caller keeps pressing
/// keys.
pub const STEPS_WITHOUT_KEY_MAX: u32 = 100_000;

/// Most visits of one node without a key from the caller in between.
pub const VISITS_PER_NODE_MAX: u8 = 10;

/// Visit counters in a state, four bits each. Node `n` counts in slot `n mod VISIT_SLOTS`: exact for programs
/// of up to this many nodes. In a larger one the nodes of a slot count together, which can only end a silent
/// loop sooner.
pub const VISIT_SLOTS: usize = 1_024;

/// Largest state of a call in bytes, in memory and serialised, beside its variables and facts.
pub const STATE_BYTES_MAX: usize = 1_024;

/// Longest text of a trace in bytes.
pub const TRACE_BYTES_MAX: usize = 8 << 20;

/// Most inputs of one trace.
pub const TRACE_INPUTS_MAX: usize = 100_000;

/// Longest assembler text in bytes.
pub const ASM_BYTES_MAX: usize = 256 << 20;

const _: () = assert!(VISITS_PER_NODE_MAX < 15, "a visit counter is four bits wide");
const _: () = assert!(VISIT_SLOTS.is_multiple_of(2), "two visit counters share a byte");
const _: () = assert!(STEPS_PER_INPUT_MAX <= STEPS_WITHOUT_KEY_MAX, "one input may use up its own fuel");
