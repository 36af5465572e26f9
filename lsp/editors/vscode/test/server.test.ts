// What the extension reads of the server's answers, with the real server: FLOW_LSP says where it is.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import * as rpc from "vscode-jsonrpc/node";
import {
  type Call,
  failure,
  type Lens,
  lines,
  numbersOf,
  type Report,
  RUN_TEST,
  SIMULATE,
  stepsOf,
  story,
  testsOf,
} from "../src/server.ts";

const root = path.join(import.meta.dirname, "../../../..");

/** The server on a copy of the sample office, with one file open. */
async function office(name: string, change: (text: string) => string, use: (talk: Talk) => Promise<void>) {
  const server = process.env.FLOW_LSP;
  assert.ok(server, "FLOW_LSP says where flow-lsp is");
  const folder = mkdtempSync(path.join(tmpdir(), "flow-"));
  cpSync(path.join(root, "examples/office"), folder, { recursive: true });
  const child = spawn(path.resolve(root, server), { stdio: ["pipe", "pipe", "inherit"] });
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(child.stdout),
    new rpc.StreamMessageWriter(child.stdin),
  );
  connection.listen();
  const uri = pathToFileURL(path.join(folder, name)).toString();
  const folders = [{ uri: pathToFileURL(folder).toString(), name: "office" }];
  await connection.sendRequest("initialize", { processId: process.pid, capabilities: {}, workspaceFolders: folders });
  await connection.sendNotification("initialized", {});
  const text = change(readFileSync(path.join(folder, name), "utf8"));
  const document = { uri, languageId: "flow", version: 1, text };
  await connection.sendNotification("textDocument/didOpen", { textDocument: document });
  try {
    await use({
      uri,
      lenses: () => connection.sendRequest("textDocument/codeLens", { textDocument: { uri } }),
      run: (command, argument) =>
        connection.sendRequest("workspace/executeCommand", { command, arguments: [{ uri, ...argument }] }),
    });
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
  } finally {
    connection.dispose();
    child.kill();
    rmSync(folder, { recursive: true });
  }
}

interface Talk {
  uri: string;
  lenses(): Promise<Lens[]>;
  run<T>(command: string, argument: object): Promise<T>;
}

const asItIs = (text: string) => text;

test("lenses give the tests of a file, and each can be run", async () => {
  await office("tests.flow", asItIs, async ({ uri, lenses, run }) => {
    const tests = testsOf(await lenses());
    assert.equal(tests.length, 10);
    assert.equal(tests[0]?.name, "in hours, 1 rings sales and Ann answers");
    assert.equal(tests[0]?.range.start.line, 2);
    const { tests: reports } = await run<{ tests: Report[] }>(RUN_TEST, { test: tests[0]?.name });
    assert.equal(reports.length, 1);
    assert.equal(reports[0]?.passed, true);
    assert.equal(reports[0]?.at?.uri, uri);
  });
});

test("a failed test says what was expected and what happened, at its step", async () => {
  const wrong = (text: string) => text.replace("expect voicemail sales next", "expect voicemail after-hours");
  await office("tests.flow", wrong, async ({ run }) => {
    const { tests: reports } = await run<{ tests: Report[] }>(RUN_TEST, {});
    assert.equal(reports.length, 10);
    const failed = reports.filter(({ passed }) => !passed);
    assert.equal(failed.length, 1);
    const report = failed[0] as Report;
    assert.equal(report.test, "nobody answers: the sales mailbox takes a message");
    assert.ok((report.at?.range.start.line ?? 0) > 18);
    assert.match(failure(report), /^expected: voicemail after-hours\nhappened: .*\n\n.*office: inbound_number/);
  });
});

test("a call is simulated with the steps that were typed", async () => {
  await office("main.flow", asItIs, async ({ lenses, run }) => {
    const numbers = numbersOf(await lenses(), 3).map(({ name }) => name);
    assert.deepEqual(numbers, ["+61299998888"]);
    const steps = stepsOf(" at 2026-03-02 10:00; press 2 ;; phone 101 busy");
    assert.deepEqual(steps, ["at 2026-03-02 10:00", "press 2", "phone 101 busy"]);
    const call = await run<Call>(SIMULATE, { number: numbers[0], steps });
    assert.equal(call.flow, "main");
    assert.ok(lines(call.call).some((line) => line.includes("sales-box")));
    const told = story("+61299998888", steps, call);
    assert.match(told, /^A call to \+61299998888 through main: at 2026-03-02 10:00; press 2; phone 101 busy\n\n/);
  });
});

test("a step that can't be read is refused with its reason", async () => {
  await office("main.flow", asItIs, async ({ run }) => {
    await assert.rejects(run(SIMULATE, { number: "+61299998888", steps: ["fly away"] }), /fly/);
  });
});

test("the number of the entry nearest above the cursor comes first", () => {
  const lens = (line: number, number: string): Lens => ({
    range: { start: { line, character: 0 }, end: { line, character: 1 } },
    command: { title: "", command: SIMULATE, arguments: [{ uri: "", number }] },
  });
  const lenses = [lens(2, "+1"), lens(20, "+2"), lens(40, "+3")];
  assert.deepEqual(
    numbersOf(lenses, 25).map(({ name }) => name),
    ["+2", "+1", "+3"],
  );
});
