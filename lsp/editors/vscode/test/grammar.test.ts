// The TextMate grammar against tree-sitter's trees, which are the compiler's: on every `.flow` file of the repository all of
// which can be read, each character of each token has the scope of what it is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import test from "node:test";
import * as oniguruma from "vscode-oniguruma";
import * as textmate from "vscode-textmate";

const here = import.meta.dirname;
const root = path.join(here, "../../../..");
const require = createRequire(import.meta.url);

async function grammar() {
  const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns: string[]) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text: string) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope: string) => {
      if (scope !== "source.flow") return null;
      const file = path.join(here, "../syntaxes/flow.tmLanguage.json");
      return textmate.parseRawGrammar(readFileSync(file, "utf8"), file);
    },
  });
  const loaded = await registry.loadGrammar("source.flow");
  assert.ok(loaded);
  return loaded;
}

/** The innermost scope at each UTF-16 unit. */
function scopes(loaded: textmate.IGrammar, text: string): string[] {
  const found: string[] = [];
  let state = textmate.INITIAL;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = loaded.tokenizeLine(line, state);
    state = ruleStack;
    for (const token of tokens) {
      for (let at = token.startIndex; at < Math.min(token.endIndex, line.length); at++) {
        found.push(token.scopes.at(-1) ?? "");
      }
    }
    found.push("");
  }
  return found;
}

/** What a leaf may look like, by the end of its way from the outside in; the first that fits counts. */
const LOOKS: [RegExp, RegExp][] = [
  [/\/comment$/, /^comment\.line/],
  [/\/json$/, /^(string\.quoted\.other|meta\.embedded)|\.json\.flow$/],
  [/\/(node|spot)\/name\/(ident|string)$/, /^entity\.name\.label/],
  [/\/target\/(ident|string)$/, /^entity\.name\.label/],
  [/\/field\/name\/(ident|string)$/, /^variable\.other\.property/],
  [/\/handle\/(word|string)$/, /^variable\.other\.exit/],
  [/\/string$/, /^string\.quoted\.double/],
  [/\/item\/ident$/, /^keyword\.declaration/],
  [/\/entry$/, /^keyword\.control/],
  [/\/lead\/word$/, /^keyword\.other/],
  [/\/item\/word$/, /^(entity\.name\.type|constant\.)/],
  [/\/node\/word$/, /^(entity\.name\.function|constant\.)/],
  [/\/word$/, /^constant\./],
  [/\/number$/, /^constant\.numeric/],
  [/\/->$/, /^keyword\.operator\.arrow/],
  [/\/=$/, /^keyword\.operator\.assignment/],
  [/\/[:,]$/, /^punctuation\.separator/],
  [/\/[{}[\]]$/, /^punctuation\.section/],
];

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".flow"))
    .sort()
    .map((name) => path.join(folder, name));
}

const sources = [...files(path.join(root, "tests/cases")), ...files(path.join(root, "examples"))];

test("every token of every file has the scope of what it is", async () => {
  const loaded = await grammar();
  const leaves = process.env.LEAVES;
  assert.ok(leaves, "LEAVES says where the example `leaves` of tree-sitter-flow is");
  const trees = execFileSync(leaves, sources, { encoding: "utf8", maxBuffer: 1 << 28 });
  const wrong: string[] = [];
  let looked = 0;
  for (const file of JSON.parse(trees)) {
    if (!file.fits) continue;
    const text = readFileSync(file.path, "utf8");
    const scope = scopes(loaded, text);
    for (const [kinds, start, end] of file.leaves) {
      const look = LOOKS.find(([kind]) => kind.test(kinds));
      assert.ok(look, `${kinds} has a look`);
      looked += 1;
      for (let at = start; at < end; at++) {
        if (text[at] === "\n" || look[1].test(scope[at] ?? "")) continue;
        const line = text.slice(0, at).split("\n").length;
        wrong.push(`${path.relative(root, file.path)}:${line}: ${kinds} ${text.slice(start, end)} is ${scope[at]}`);
        break;
      }
    }
  }
  assert.ok(looked > 5000, `only ${looked} tokens were looked at`);
  assert.deepEqual(wrong, []);
});

test("a sample looks as it did", async () => {
  const loaded = await grammar();
  const sample = readFileSync(path.join(here, "sample.flow"), "utf8");
  let state = textmate.INITIAL;
  let shown = "";
  for (const line of sample.split("\n")) {
    shown += `> ${line}\n`.replace(/ +\n/, "\n");
    const { tokens, ruleStack } = loaded.tokenizeLine(line, state);
    state = ruleStack;
    for (const token of tokens) {
      const text = line.slice(token.startIndex, token.endIndex);
      if (text.trim() !== "") shown += `  ${text.trim()}  ${token.scopes.slice(1).join(" ")}\n`;
    }
  }
  const golden = path.join(here, "sample.txt");
  if (process.env.UPDATE) writeFileSync(golden, shown);
  assert.equal(shown, readFileSync(golden, "utf8"));
});
