// Written by `make update` from the Rust types; changes belong there.

/**
 * A call as it is now.
 */
export type CallView = {
/**
 * Key of its flow.
 */
flow: string,
/**
 * Milliseconds since the call came.
 */
now_ms: number,
/**
 * What it waits for; nothing when it is over.
 */
question?: Question,
/**
 * How it ended, e.g. `hangup normal`.
 */
end?: string,
/**
 * The node that it is in, or was in last.
 */
node: string,
/**
 * Everything that happened so far.
 */
happened: Array<Happening>,
/**
 * The same as lines for people.
 */
told: Array<string>, };

/**
 * The canvases of a project.
 */
export type Canvases = {
/**
 * A file for each flow, named after it: React Flow JSON.
 */
flows: Array<File>,
/**
 * The facts: `catalog.json`.
 */
catalog: File, };

/**
 * Everything that flows may be made of.
 */
export type Catalogue = {
/**
 * Kinds of nodes.
 */
nodes: Array<NodeSpec>,
/**
 * Kinds of entities.
 */
entities: Array<EntitySpec>,
/**
 * Codes of findings.
 */
codes: Array<Explanation>, };

/**
 * One thing that calls would do differently.
 */
export type Change = {
/**
 * What is different, as a sentence.
 */
sentence: string, } & ({ "about": "number",
/**
 * The number.
 */
number: string, } | { "about": "node",
/**
 * Key of the flow.
 */
flow: string,
/**
 * Name of the node.
 */
node: string, } | { "about": "flow",
/**
 * Its key.
 */
flow: string, } | { "about": "entity",
/**
 * Name of its kind.
 */
kind: string,
/**
 * Its key.
 */
key: string, });

/**
 * An answer that fits what is asked.
 */
export type Choice = {
/**
 * The answer, e.g. `key 1`, `ring answered`, `timeout`.
 */
answer: string,
/**
 * How long it usually takes, in milliseconds.
 */
usual_ms: number, };

/**
 * Something that may be written.
 */
export type Completion = {
/**
 * What people choose by; for a value also the bare value, as a canvas keeps it.
 */
label: string,
/**
 * What it is.
 */
kind: CompletionKind,
/**
 * What it is, in a few words.
 */
detail: string,
/**
 * More about it, in Markdown; may be empty.
 */
doc: string,
/**
 * What is written: a snippet (`${1:…}`) if `is_snippet`.
 */
insert: string,
/**
 * Whether `insert` has places to fill in.
 */
is_snippet: boolean,
/**
 * What typed letters are compared with.
 */
filter: string, };

/**
 * What a completion is.
 */
export type CompletionKind = "keyword" | "kind" | "field" | "exit" | "entity" | "node" | "flow" | "value" | "variable" | "snippet";

/**
 * What may be written at a place.
 */
export type Completions = {
/**
 * First unit of what is replaced.
 */
from: number,
/**
 * One past its last unit.
 */
to: number,
/**
 * In the order of the catalogue.
 */
items: Array<Completion>, };

/**
 * Exits that come from facts of the node's entity.
 */
export type Computed = "none" | "menu_keys" | "time_rules" | "answers" | "flow_exits";

/**
 * What the tests of a project come to in one of its flows.
 */
export type Covered = {
/**
 * Key of the flow.
 */
flow: string,
/**
 * Nodes that tests come to, and all.
 */
nodes: [number, number],
/**
 * Exits by which tests leave, and all that calls can take.
 */
exits: [number, number],
/**
 * Nodes that no test comes to, in the order of the flow.
 */
missed_nodes: Array<string>,
/**
 * Exits by which no test leaves a node that tests come to.
 */
missed_exits: Array<[string, string]>, };

/**
 * One replacement.
 */
export type Edit = {
/**
 * What is replaced.
 */
place: Place,
/**
 * By what.
 */
with: string, };

/**
 * The kinds of entities. The name is the same in text, in JSON (`entity_type`) and in the API.
 */
export type EntityKind = "trunk" | "inbound_number" | "extension" | "ring_group" | "voicemail_box" | "ivr_menu" | "time_switch" | "conference" | "queue" | "prompt";

/**
 * All about a kind of entity.
 */
export type EntitySpec = {
/**
 * The kind.
 */
kind: EntityKind,
/**
 * What it is, for people who declare one.
 */
doc: string,
/**
 * What its key is like.
 */
key: KeyType,
/**
 * Fields, in the order in which a catalogue has them.
 */
fields: Array<FieldSpec>,
/**
 * Parts with stable keys of their own.
 */
parts: Array<PartSpec>, };

/**
 * Which entity a node works with.
 */
export type EntityUse = "none" | { "one": EntityKind } | { "many": EntityKind };

/**
 * An exit (source handle) of a kind.
 */
export type ExitSpec = {
/**
 * Name of the handle.
 */
name: string,
/**
 * What it is for.
 */
doc: string,
/**
 * The state of calls that leave by it.
 */
leaves: Leaves,
/**
 * What happens without an edge.
 */
unwired: Unwired, };

/**
 * The manual's paragraph on a code.
 */
export type Explanation = {
/**
 * The code, e.g. `F101`.
 */
code: string,
/**
 * How bad such a finding is.
 */
severity: Severity,
/**
 * What all findings of the code have in common.
 */
title: string,
/**
 * What it means and what to do.
 */
text: string, };

/**
 * What a field is without being given.
 */
export type FieldDefault = "required" | "absent" | { "is": string } | { "from_entity": string };

/**
 * A field of a node kind or of an entity kind.
 */
export type FieldSpec = {
/**
 * Name, in text and in JSON.
 */
name: string,
/**
 * What it is for.
 */
doc: string,
/**
 * Its type and range.
 */
ty: FieldType,
/**
 * What it is without being given.
 */
default: FieldDefault, };

/**
 * Type of a field, with its range.
 */
export type FieldType = "bool" | { "int": {
/**
 * Least.
 */
min: number,
/**
 * Greatest.
 */
max: number, } } | { "seconds": {
/**
 * Least.
 */
min: number,
/**
 * Greatest.
 */
max: number, } } | { "text": {
/**
 * Greatest length in bytes.
 */
max: number, } } | { "word": Array<string> } | { "ref": EntityKind } | { "refs": EntityKind } | "networks" | "zone" | "weekdays" | "hours" | "dates" | "exit" | "expr" | "template" | "variable" | "url" | "answers" | "dial" | "inputs" | "names" | "flow" | "exprs";

/**
 * A file of a project: `.flow` text, a canvas (`.json`) or facts (`catalog.json`).
 */
export type File = {
/**
 * Its name.
 */
name: string,
/**
 * Its content.
 */
text: string, };

/**
 * Something that was found.
 */
export type Finding = {
/**
 * The code, e.g. `F101`.
 */
code: string,
/**
 * How bad it is.
 */
severity: Severity,
/**
 * What happened, in one sentence.
 */
message: string,
/**
 * Where; the first is the main place.
 */
labels: Array<Label>,
/**
 * What to do about it.
 */
help?: string,
/**
 * A safe cure, where there is one.
 */
fix?: Fix,
/**
 * The node that it is about, where it is about one.
 */
about?: NodeName, };

/**
 * A safe cure.
 */
export type Fix = {
/**
 * What it does: "Write `timeout`".
 */
title: string,
/**
 * The edits, which don't overlap.
 */
edits: Array<Edit>, };

/**
 * A flow of a project.
 */
export type Flow = {
/**
 * Its key.
 */
key: string,
/**
 * What people call it; empty if nothing.
 */
label: string,
/**
 * Numbers that enter it.
 */
numbers: Array<string>,
/**
 * Its nodes.
 */
nodes: Array<FlowNode>, };

/**
 * A node of a flow.
 */
export type FlowNode = {
/**
 * Its name.
 */
name: string,
/**
 * Its kind, as it was written.
 */
kind: string,
/**
 * What people call it; empty if nothing.
 */
label: string,
/**
 * Where it stands.
 */
place: Place, };

/**
 * Something that happened in a call.
 */
export type Happening = { "what": "enters",
/**
 * Milliseconds since the call came.
 */
at_ms: number,
/**
 * The node.
 */
node: string, } | { "what": "leaves",
/**
 * Milliseconds since the call came.
 */
at_ms: number,
/**
 * The node.
 */
node: string,
/**
 * The exit.
 */
exit: string, } | { "what": "asks",
/**
 * Milliseconds since the call came.
 */
at_ms: number,
/**
 * What.
 */
text: string, } | { "what": "answers",
/**
 * Milliseconds since the call came.
 */
at_ms: number,
/**
 * What.
 */
text: string, } | { "what": "ends",
/**
 * Milliseconds since the call came.
 */
at_ms: number,
/**
 * How.
 */
text: string, };

/**
 * A small note beside a node: in which state calls come, how long callers may have waited.
 */
export type Hint = {
/**
 * Behind which unit of the text.
 */
at: number,
/**
 * The note.
 */
label: string,
/**
 * What it means.
 */
detail: string, };

/**
 * What a key is like.
 */
export type KeyType = "name" | "dial" | "number" | "telephone_key";

/**
 * A place with what is to be said about it.
 */
export type Label = {
/**
 * Where.
 */
place: Place,
/**
 * What is there; may be empty.
 */
text: string, };

/**
 * What an exit leaves.
 */
export type Leaves = "as_it_came" | "answered" | { "answered_unless": string };

/**
 * Who calls, when and whom.
 */
export type NewCall = {
/**
 * The number that is called: one of an entry.
 */
number: string,
/**
 * The caller's number.
 */
from?: string,
/**
 * The caller's name.
 */
name?: string,
/**
 * When: `2026-03-02 10:00`, in the flow's zone or with a zone behind (`2026-03-02 10:00 UTC`). A Monday at ten, if
 * not said.
 */
at?: string, };

/**
 * A node of a flow, by names.
 */
export type NodeName = {
/**
 * Key of the flow.
 */
flow: string,
/**
 * Name of the node.
 */
node: string, };

/**
 * All about a node kind.
 */
export type NodeSpec = {
/**
 * Name in text and JSON.
 */
name: string,
/**
 * What it does; the manual's paragraph.
 */
doc: string,
/**
 * The entity it works with.
 */
entity: EntityUse,
/**
 * What it takes; [`Takes::Nothing`] makes it an entry.
 */
takes: Takes,
/**
 * Whether a call spends time in it (sound, ringing, waiting for a key), so that a loop through it isn't hot.
 */
waits: boolean,
/**
 * Fields, in the order in which they are printed.
 */
fields: Array<FieldSpec>,
/**
 * Fixed exits. None and nothing computed: the call ends here.
 */
exits: Array<ExitSpec>,
/**
 * Exits that come from the entity, before the fixed ones.
 */
computed: Computed,
/**
 * What every computed exit is like; `name` is empty.
 */
computed_exit: ExitSpec, };

/**
 * A part: `rule business "Business hours" { … }`.
 */
export type PartSpec = {
/**
 * The word that begins it.
 */
word: string,
/**
 * Its list in JSON.
 */
list: string,
/**
 * What it is for.
 */
doc: string,
/**
 * What its key is like.
 */
key: KeyType,
/**
 * Its fields.
 */
fields: Array<FieldSpec>, };

/**
 * A place in the view that was read.
 */
export type Place = { "view": "text" } & Range | { "view": "json" } & Range | { "view": "canvas",
/**
 * The node's `id`; empty when it is about the whole flow.
 */
node: string,
/**
 * Which part of it.
 */
spot: Spot,
/**
 * The edge's `id`, when it is about an edge.
 */
edge?: string, } | { "view": "catalog",
/**
 * The entity's kind.
 */
kind: string,
/**
 * Its key.
 */
key: string,
/**
 * The field.
 */
field?: string, } | { "view": "project" };

/**
 * Where everything is, in pixels from the top left.
 */
export type Placed = {
/**
 * Width of the picture.
 */
width: number,
/**
 * Height of the picture.
 */
height: number,
/**
 * The nodes, in the order of the flow.
 */
nodes: Array<PlacedCard>, };

/**
 * Where a node is.
 */
export type PlacedCard = {
/**
 * Its name.
 */
node: string,
/**
 * Left.
 */
x: number,
/**
 * Top.
 */
y: number,
/**
 * Width.
 */
width: number,
/**
 * Height.
 */
height: number, };

/**
 * Where an editor points.
 */
export type Pointer = {
/**
 * The file.
 */
file: string,
/**
 * Where in its text, in UTF-16 units.
 */
offset: number, } | {
/**
 * Key of the flow.
 */
flow: string,
/**
 * The node.
 */
node: string,
/**
 * The part of it.
 */
spot: Spot, };

/**
 * What a call waits for.
 */
export type Question = {
/**
 * What sort of thing is asked for, e.g. `menu`.
 */
kind: string,
/**
 * What is asked for, e.g. `menu menu_greeting "main" 5000ms`.
 */
text: string,
/**
 * What the caller hears: the words of the prompt, or its name.
 */
hears?: string,
/**
 * The answers that fit; the caller may hang up (`hung_up`) besides.
 */
choices: Array<Choice>, };

/**
 * A place in a file's text. Offsets count UTF-16 units, as JavaScript's strings do.
 */
export type Range = {
/**
 * The file's name.
 */
file: string,
/**
 * First unit.
 */
from: number,
/**
 * One past the last unit.
 */
to: number,
/**
 * Line of `from`, from 1.
 */
line: number,
/**
 * Column of `from` in units, from 1.
 */
column: number, };

/**
 * A recorded call on a program of the project.
 */
export type Replayed = {
/**
 * Whether the trace was made by this very program.
 */
same_program: boolean,
/**
 * What the program asked for, in order.
 */
effects: Array<string>,
/**
 * How it ended, or where it parted from the trace.
 */
end: string,
/**
 * Whether it ended with the trace's last input.
 */
whole: boolean, };

/**
 * How bad a finding is. Errors stop a publish; warnings don't.
 */
export type Severity = "warning" | "error";

/**
 * The part of a canvas node that a finding is about.
 */
export type Spot = "node" | { "field": string } | { "exit": string } | "entity";

/**
 * What a node takes.
 */
export type Takes = "any" | "nothing" | { "early_if": {
/**
 * Name of the field.
 */
field: string,
/**
 * Values, as they stand in JSON: words, or `true`.
 */
values: Array<string>, } };

/**
 * What came of a `test` block.
 */
export type TestResult = {
/**
 * Its name.
 */
name: string,
/**
 * Whether it passed.
 */
passed: boolean,
/**
 * Where it fails: a step, or the test.
 */
place?: Place,
/**
 * What was expected; why, if it couldn't be run.
 */
expected?: string,
/**
 * What happened instead.
 */
happened?: string,
/**
 * The whole call, a line for each thing that happened.
 */
call: Array<string>, };

/**
 * What happens at an exit without an edge.
 */
export type Unwired = "refused" | { "falls_to": string } | "hangs_up" | "says_goodbye";
