// The package in Node: what it imports, how large it is, what it answers, and that it says of every case what the
// native compiler says.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load, measure, modulePath, projects, root } from "./module.mjs";

/** Gzipped, in bytes, with the time zones: under the aim of 700,000. */
const GZIPPED_MAX = 680_000;
/** Without the time zones. The aim is 300,000; the whole language's code alone is more, and it may not grow. */
const WITHOUT_ZONES_MAX = 630_000;

const wasm = load();

const FLOW = `flow main {
  entry in: inbound_number "+61299998888" -> menu
  menu: ivr_menu m { 1 -> ann  tiemout -> sorry  invalid -> sorry }
  ann: extension 101 { no_answer -> sorry }
  sorry: play_message goodbye -> bye
  bye: hangup
}
inbound_number "+61299998888"
extension 101 "Ann"
ivr_menu m "Menü 𝄞" { greeting = goodbye  key 1 "Ann" }
test "1 rings Ann" {
  call "+61299998888"
  press 1
  phone 101 answers after 4s
  expect extension 101 answered
}
`;

const project = (text) => new wasm.Project([{ name: "main.flow", text }]);

test("the module asks for nothing but what wasm-bindgen needs and JSON", () => {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(modulePath)));
  const names = imports.map(({ name, kind }) => `${kind} ${name.replace(/_[0-9a-f]{16}$/, "")}`).sort();
  assert.deepEqual(names, [
    "function __wbg_Error",
    "function __wbg___wbindgen_throw",
    "function __wbg_parse",
    "function __wbg_stringify",
    "function __wbindgen_init_externref_table",
  ]);
});

test("the module is small enough to be loaded with a page", () => {
  const { gzipped, withoutZones } = measure(modulePath);
  assert.ok(gzipped <= GZIPPED_MAX, `${gzipped} bytes gzipped, at most ${GZIPPED_MAX}`);
  assert.ok(withoutZones <= WITHOUT_ZONES_MAX, `${withoutZones} bytes gzipped, at most ${WITHOUT_ZONES_MAX}`);
});

test("a finding has its place in the text, its node, and a fix that cures it", () => {
  const text = `// 𝄞\n${FLOW}`;
  const found = project(text).check().find(({ code }) => code === "F103");
  assert.deepEqual(found.about, { flow: "main", node: "menu" });
  const { place, with: by } = found.fix.edits[0];
  assert.equal(text.slice(place.from, place.to), "tiemout");
  const cured = text.slice(0, place.from) + by + text.slice(place.to);
  assert.deepEqual(project(cured).check(), []);
});

test("a call is played through a menu, replayed, and hung up", () => {
  const office = project(FLOW.replace("tiemout", "timeout"));
  const call = office.call({ number: "+61299998888", from: "+61411111111" });
  const { question } = call.view();
  assert.equal(question.kind, "menu");
  assert.match(question.hears, /goodbye/i);
  assert.throws(() => call.answer("ring busy"), /is no answer to/);
  assert.equal(call.answer("key 1").question.kind, "ring_extension");
  assert.equal(call.answer("ring answered", 4000).end, "hangup normal");
  const replayed = office.replay(call.trace());
  assert.deepEqual([replayed.same_program, replayed.whole, replayed.end], [true, true, "hangup normal"]);
  const other = office.call({ number: "+61299998888", at: "2026-03-02 10:00 UTC" });
  assert.equal(other.answer("hung_up").end, "caller_gone");
  assert.throws(() => office.call({ number: "+61200000000" }), /no entry of any flow has the number/);
  assert.throws(() => office.call({ number: 5 }), /no value for this/);
});

test("text, canvas and program come of each other", () => {
  const office = project(FLOW.replace("tiemout", "timeout"));
  const { flows, catalog } = office.toJson();
  const canvas = new wasm.Project([...flows, catalog]);
  assert.deepEqual(canvas.compile("main"), office.compile("main"));
  assert.deepEqual(office.diff(canvas), []);
  assert.ok(canvas.toText().some(({ name }) => name === "main.flow"));
  assert.match(office.disassemble("main"), /menu/);
  assert.match(office.draw("main", "svg"), /data-node="menu"/);
  assert.equal(office.layout("main").nodes.length, 5);
  assert.throws(() => office.compile("other"), /there is no flow `other`/);
});

test("tests run, and a changed file counts at once", () => {
  const office = project(FLOW.replace("tiemout", "timeout"));
  assert.deepEqual(office.tests().map((t) => t.passed), [true]);
  office.set("main.flow", FLOW.replace("tiemout", "timeout").replace("1 -> ann", "1 -> sorry"));
  const [failed] = office.tests();
  assert.equal(failed.passed, false);
  assert.ok(failed.call.length > 0);
  assert.equal(office.remove("main.flow"), true);
  assert.deepEqual(office.flows(), []);
});

test("the catalogue has every kind, and every code has a page", () => {
  const { nodes, entities, codes } = wasm.catalogue();
  assert.ok(nodes.some((kind) => kind.name === "ivr_menu" && kind.exits.length > 0));
  assert.ok(entities.some((kind) => kind.kind === "extension" && kind.fields.length > 0));
  for (const { code, text } of codes) assert.equal(wasm.explain(code).text, text);
  assert.equal(wasm.explain("F000"), undefined);
});

/** What the package says of a project, in the words of examples/answers.rs. */
function answers(files) {
  const office = new wasm.Project(files);
  const or = (work) => {
    try {
      return work();
    } catch {
      return null;
    }
  };
  const flows = office.flows();
  return {
    check: office.check(),
    flows,
    formatted: files.map(({ name }) => or(() => office.format(name))),
    json: or(() => office.toJson()),
    pictures: flows.map(({ key }) => or(() => office.draw(key, "svg"))),
    programs: flows.map(({ key }) => or(() => Buffer.from(office.compile(key)).toString("hex"))),
    tests: office.tests(),
  };
}

test("every case is answered as natively, programs to the last byte", () => {
  const all = projects();
  assert.ok(all.length > 100, `${all.length} cases`);
  const cargo = ["run", "--locked", "--quiet", "-p", "flow-wasm", "--example", "answers"];
  const options = { cwd: root, input: JSON.stringify(all), maxBuffer: 1 << 28 };
  const native = JSON.parse(execFileSync("cargo", cargo, options));
  let programs = 0;
  for (const [n, files] of all.entries()) {
    const here = answers(files);
    assert.deepEqual(here, native[n], files[0].name);
    programs += here.programs.filter(Boolean).length;
  }
  assert.ok(programs > 50, `${programs} programs`);
  console.log(`${all.length} projects, ${programs} programs, the same bytes`);
});

test("editors ask by offset, canvases by node and field", () => {
  const text = `// 𝄞\n${FLOW.replace("tiemout", "timeout")}`;
  const office = project(text);
  const at = { file: "main.flow", offset: text.indexOf("ann  timeout") + 3 };
  const { from, to, items } = office.complete(at);
  assert.equal(text.slice(from, to), "ann");
  assert.ok(items.some(({ label, kind }) => label === "sorry" && kind === "node"));
  assert.match(office.hover(at), /extension/);
  const [made] = office.definition(at);
  assert.equal(text.slice(made.from, made.to), "ann");
  const edits = office.rename(at, "anna");
  assert.deepEqual(edits.map((edit) => text.slice(edit.place.from, edit.place.to)), ["ann", "ann"]);
  const spot = { exit: "no_answer" };
  assert.ok(office.complete({ flow: "main", node: "ann", spot }).items.some(({ label }) => label === "bye"));
  assert.throws(() => office.hover({ file: "other.flow", offset: 0 }), /there is no text file/);
});
