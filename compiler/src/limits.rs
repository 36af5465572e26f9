//! Every limit of the compiler. What exceeds one is a diagnostic, never a crash and never an unbounded wait.

/// Bytes of one `.flow` file.
pub const TEXT_FILE_BYTES_MAX: usize = 12 << 20;
/// Bytes of one JSON file.
pub const JSON_FILE_BYTES_MAX: usize = 64 << 20;
/// Words, signs and line ends of all the text of a project; 100,000 nodes as people write them take 1,700,000. Bytes alone
/// don't tell how much there is to read.
pub const TEXT_PIECES_MAX: usize = 2_000_000;
/// Values of one JSON file; 100,000 nodes with their edges take 2,500,000.
pub const JSON_VALUES_MAX: usize = 4_000_000;
/// Members of one object in JSON.
pub const JSON_MEMBERS_MAX: usize = 10_000;
/// Tests of one canvas. Each is a text that is read by itself.
pub const JSON_TESTS_MAX: usize = 10_000;
/// Files of one project.
pub const FILES_MAX: usize = 4_096;
/// Bytes of all files of one project.
pub const PROJECT_BYTES_MAX: usize = 256 << 20;
/// Nodes of one flow.
pub const NODES_MAX: usize = 200_000;
/// Edges of one flow.
pub const EDGES_MAX: usize = 1_000_000;
/// Exits of all nodes of one flow together, each rule of a time switch counted at each node that uses it.
pub const EXITS_MAX: usize = 1 << 20;
/// Bytes of a name: a node's id, an entity's key, a handle.
pub const NAME_BYTES_MAX: usize = 200;
/// Bytes of a label or any other short text.
pub const TEXT_BYTES_MAX: usize = 4_096;
/// Diagnostics of one reading or one check; the last one says how many were left out.
pub const DIAGNOSTICS_MAX: usize = 1_000;
/// Blocks of text that stand in one another. What means something takes three.
pub const BLOCK_DEPTH_MAX: usize = 64;
/// Nesting of a JSON value that is kept as it came.
pub const JSON_DEPTH_MAX: usize = 64;
/// Findings of one reading for which "did you mean" is looked for.
pub const SUGGESTIONS_MAX: usize = 100;
/// Names that "did you mean" looks at.
pub const CANDIDATES_MAX: usize = 2_000;
/// Letters of a name that "did you mean" looks at.
pub const NEAREST_CHARS_MAX: usize = 40;
/// Bytes of an expression, or of a text with expressions in it.
pub const EXPRESSION_BYTES_MAX: usize = 1_024;
/// Ops that an expression is computed by: a call may run 1,000 before it asks the world again, and a node needs some itself.
pub const EXPRESSION_OPS_MAX: usize = 500;
/// Rules that are open at once while an expression is read; a pair of parentheses takes seven.
pub const EXPRESSION_DEPTH_MAX: usize = 256;
/// Entries of a list in a field (members of a group, hosts of a trunk).
pub const LIST_MAX: usize = 1_000;
/// Rules, exceptions or keys of one entity, all together.
pub const PARTS_MAX: usize = 2 * LIST_MAX;
/// Effects of one simulated call. The machine's own limits end every call long before.
pub const SIMULATED_EFFECTS_MAX: usize = 100_000;
/// Things that happened, of those that a test which fails names instead of what it expected. The whole call stands below.
pub const HAPPENED_TOLD_MAX: usize = 12;
/// Ranges of hours of a time switch, days apart, up to which it is looked at minute by minute.
pub const HOURS_ANALYSED_MAX: usize = 1_000;
/// Longest silence in seconds that an answered caller may be kept in without anybody being warned.
pub const SILENCE_WARNED_S: u64 = 20;
/// Longest wait in seconds before a person or a recording that nobody is warned of.
pub const WAIT_WARNED_S: u64 = 300;
/// Findings of one check whose way is told, where a walk over the flow is needed for each.
pub const WAYS_TOLD_MAX: usize = 20;
/// Steps of such a walk.
pub const WAY_STEPS_MAX: usize = 1 << 20;
/// Digits of a number that is the office's own or a public service, so that callers may choose it.
pub const SHORT_NUMBER_MAX: u8 = 4;
/// Bytes of a JSON file that are shown from the first on that isn't UTF-8.
pub const SHOWN_BEHIND_UTF8: usize = 80;
/// How often a group of nodes that lie on a common way round is looked through for a count that ends it.
pub const LOOP_TRIES_MAX: usize = 32;
/// Weight (nodes, exits, bytes of expressions: see [`crate::compile`]) of a flow up to which no program is made to see
/// whether it exceeds a limit of programs; such a flow's program can't.
pub const UNTRIED_WEIGHT_MAX: usize = 2_000_000;

const _: () = assert!(
    EXPRESSION_OPS_MAX <= flow_vm::limits::STEPS_PER_INPUT_MAX as usize / 2,
    "a node whose expression is allowed doesn't end the call by itself"
);
const _: () =
    assert!(UNTRIED_WEIGHT_MAX <= flow_vm::limits::OPS_MAX as usize / 2, "an op weighs half at least");
