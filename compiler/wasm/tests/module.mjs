// What the tests share: where the package is, how large it is, and the projects that are compared.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
/** What `make wasm` wrote. */
export const built = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "wasm");
export const modulePath = join(built, "pkg/node/flow_wasm_bg.wasm");

/** The package, as Node loads it. */
export const load = () => createRequire(import.meta.url)(join(built, "pkg/node/flow_wasm.js"));

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** How large a module is, in bytes; the last without the tables of the time zones, which lie together in its data. */
export function measure(path) {
  const module = readFileSync(path);
  // Every table begins with its version, and those of version 3 are the last (RFC 9636).
  const [from, to] = [module.indexOf("TZif2"), module.lastIndexOf("TZif3")];
  const rest = Buffer.concat([module.subarray(0, from), module.subarray(to)]);
  return { bytes: module.length, gzipped: gzipped(module), withoutZones: gzipped(rest) };
}

/** Every file below a folder that has one of the endings. */
function below(folder, endings) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return below(path, endings);
      return endings.some((end) => name.endsWith(end)) ? [path] : [];
    });
}

const file = (path) => ({ name: relative(root, path), text: readFileSync(path, "utf8") });

/** Every case in tests/cases as a project of one file, and the examples as projects of a folder. */
export function projects() {
  const cases = below(join(root, "tests/cases"), [".flow"]).map((path) => [file(path)]);
  const examples = ["office", "office-json"].map((name) => {
    const folder = join(root, "examples", name);
    const names = readdirSync(folder).filter((n) => /\.(flow|json)$/.test(n));
    return names.sort().map((n) => file(join(folder, n)));
  });
  return [...cases, ...examples];
}

/** A flow of about so many nodes as people build them: floors of a building, with a way up from each. */
export function building(nodes) {
  const floors = Math.max(1, Math.floor(nodes / 5));
  let text = 'flow main {\n  entry office: inbound_number "+61299998888" -> hours0\n  bye: hangup\n';
  for (let n = 0; n < floors; n++) {
    const up = n + 1 < floors ? `hours${n + 1}` : "bye";
    text += `  hours${n}: time_switch hours {\n    open -> menu${n}\n    default -> night${n}\n  }
  menu${n}: ivr_menu menu {\n    1 -> sales${n}\n    2 -> ann${n}\n    9 -> ${up}\n    timeout -> night${n}
    invalid -> night${n}\n  }
  sales${n}: ring_group sales {\n    answered -> bye\n    no_answer -> ann${n}\n  }
  ann${n}: extension 101 {\n    answered -> bye\n    no_answer -> night${n}\n  }
  night${n}: voicemail box -> bye\n`;
  }
  return `${text}}
inbound_number "+61299998888"
extension 101
ring_group sales { members = [101] }
voicemail_box box { greeting = choices }
prompt choices { file = "choices.wav" }
ivr_menu menu {
  greeting = choices
  key 1
  key 2
  key 9
}
time_switch hours { timezone = "Australia/Sydney"  rule open { days = mon..fri  hours = 08:30..17:00 } }
`;
}
