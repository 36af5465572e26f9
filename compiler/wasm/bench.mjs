// What the package costs in Node: `node bench.mjs`. Aims (docs/wasm.md): a check of 1,000 nodes in at most 30 ms, ready
// within 100 ms.
import { readFileSync } from "node:fs";
import { building, load, modulePath } from "./tests/module.mjs";

const ROUNDS = 15;

function best(work) {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  times.sort((a, b) => a - b);
  return `best ${times[0].toFixed(1)} ms, median ${times[ROUNDS >> 1].toFixed(1)} ms`;
}

const bytes = readFileSync(modulePath);
console.log("compile the module        ", best(() => new WebAssembly.Module(bytes)));
let start = performance.now();
const wasm = load();
const loaded = performance.now() - start;
start = performance.now();
new wasm.Project([{ name: "a.flow", text: building(5) }]).check();
console.log(`load it and check a flow    ${loaded.toFixed(1)} ms + ${(performance.now() - start).toFixed(1)} ms`);
for (const nodes of [100, 1_000, 10_000]) {
  const text = building(nodes);
  const files = [{ name: "main.flow", text }];
  const project = new wasm.Project(files);
  const looked = (project) => {
    if (project.check().some((found) => found.severity === "error")) throw new Error("the flow has errors");
  };
  const fresh = best(() => {
    const project = new wasm.Project(files);
    looked(project);
    project.free();
  });
  let edits = 0;
  const edited = best(() => {
    project.set("main.flow", text.replace("bye: hangup", `bye${" ".repeat(++edits)}: hangup`));
    looked(project);
  });
  const program = best(() => project.compile("main"));
  console.log(`${String(nodes).padStart(6)} nodes: fresh check ${fresh}; after an edit ${edited}; program ${program}`);
}
