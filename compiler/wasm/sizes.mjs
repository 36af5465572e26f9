// Prints how large the package is, raw and gzipped: `node sizes.mjs target/wasm`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { measure } from "./tests/module.mjs";

const pkg = join(process.argv[2], "pkg/web");
const { bytes, gzipped, withoutZones } = measure(join(pkg, "flow_wasm_bg.wasm"));
const kb = (n) => `${(n / 1000).toFixed(0)} KB`.padStart(8);
console.log(`flow_wasm_bg.wasm ${kb(bytes)}  gzipped ${kb(gzipped)}, without the time zones ${kb(withoutZones)}`);
console.log(`flow_wasm.js      ${kb(readFileSync(join(pkg, "flow_wasm.js")).length)}`);
