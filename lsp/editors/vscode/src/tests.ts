// The test explorer: the tests that the server sees in each document, run by the server.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { failure, type Lens, type Report, RUN_TEST, type Range as ServerRange, testsOf } from "./server.ts";

const range = ({ start, end }: ServerRange) => new vscode.Range(start.line, start.character, end.line, end.character);

export class Tests implements vscode.Disposable {
  readonly #client: LanguageClient;
  readonly #controller = vscode.tests.createTestController("flow", "Flow");
  readonly #disposables: vscode.Disposable[] = [this.#controller];
  /** Documents are asked for their tests once they are quiet. */
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(client: LanguageClient) {
    this.#client = client;
    this.#controller.createRunProfile(
      "Run",
      vscode.TestRunProfileKind.Run,
      (request, token) => this.#run(request, token),
      true,
    );
    this.#controller.refreshHandler = () => this.#openAll();
    this.#disposables.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.#later(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#later(document)),
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const file of files) this.#controller.items.delete(file.toString());
      }),
    );
    for (const document of vscode.workspace.textDocuments) this.#later(document);
    void this.#openAll();
  }

  dispose() {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    for (const one of this.#disposables) one.dispose();
  }

  /** The server answers about open documents, so each file of the workspace is opened, unseen. */
  async #openAll() {
    for (const uri of await vscode.workspace.findFiles("**/*.flow", "**/node_modules/**")) {
      await this.#look(await vscode.workspace.openTextDocument(uri));
    }
  }

  #later(document: vscode.TextDocument) {
    if (document.languageId !== "flow") return;
    const key = document.uri.toString();
    clearTimeout(this.#waiting.get(key));
    this.#waiting.set(
      key,
      setTimeout(() => void this.#look(document), 300),
    );
  }

  async #look(document: vscode.TextDocument) {
    const uri = document.uri.toString();
    const lenses = await this.#client.sendRequest<Lens[] | null>("textDocument/codeLens", { textDocument: { uri } });
    const tests = testsOf(lenses ?? []).map(({ name, range: at }) => {
      const item = this.#controller.createTestItem(`${uri}#${name}`, name, document.uri);
      item.range = range(at);
      return item;
    });
    if (tests.length === 0) {
      this.#controller.items.delete(uri);
      return;
    }
    const file = this.#controller.createTestItem(uri, vscode.workspace.asRelativePath(document.uri), document.uri);
    file.children.replace(tests);
    this.#controller.items.add(file);
  }

  async #run(request: vscode.TestRunRequest, token: vscode.CancellationToken) {
    const run = this.#controller.createTestRun(request);
    const chosen: vscode.TestItem[] = [];
    const choose = (item: vscode.TestItem) => {
      if (request.exclude?.includes(item)) return;
      if (item.children.size > 0) item.children.forEach(choose);
      else chosen.push(item);
    };
    if (request.include) request.include.forEach(choose);
    else this.#controller.items.forEach(choose);
    for (const item of chosen) {
      if (token.isCancellationRequested) run.skipped(item);
      else await this.#runOne(run, item);
    }
    run.end();
  }

  async #runOne(run: vscode.TestRun, item: vscode.TestItem) {
    run.started(item);
    try {
      const reports = await runTests(this.#client, item.uri?.toString() ?? "", item.label);
      const failed = reports.find((report) => !report.passed);
      if (reports.length === 0) run.errored(item, new vscode.TestMessage("the server knows no such test any more"));
      else if (failed === undefined) run.passed(item);
      else run.failed(item, message(failed));
    } catch (error) {
      run.errored(item, new vscode.TestMessage(error instanceof Error ? error.message : String(error)));
    }
  }
}

function message(report: Report): vscode.TestMessage {
  const shown = new vscode.TestMessage(failure(report));
  if (report.at) shown.location = new vscode.Location(vscode.Uri.parse(report.at.uri), range(report.at.range));
  return shown;
}

/** Has the server run a test, or all of the folder. */
export async function runTests(client: LanguageClient, uri: string, test?: string): Promise<Report[]> {
  const parameters = { command: RUN_TEST, arguments: [{ uri, test }] };
  const answer = await client.sendRequest<{ tests: Report[] }>("workspace/executeCommand", parameters);
  return answer.tests;
}
