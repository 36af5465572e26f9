// Bundles the playground: `node build.mjs target/wasm`. The page is static; any web server can serve the folder.
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const wasm = resolve(process.argv[2]);
const out = join(wasm, "playground");
mkdirSync(out, { recursive: true });
await build({
  entryPoints: [join(here, "main.ts")],
  outfile: join(out, "main.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "linked",
  loader: { ".flow": "text", ".css": "text" },
  logLevel: "warning",
});
for (const name of ["index.html", "style.css"]) copyFileSync(join(here, name), join(out, name));
copyFileSync(join(wasm, "pkg/web/flow_wasm_bg.wasm"), join(out, "flow_wasm_bg.wasm"));
