// Simulated calls, shown as a document beside the flow.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { type Call, type Lens, numbersOf, SIMULATE, stepsOf, story } from "./server.ts";

const SCHEME = "flow-call";

export class Calls implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #client: LanguageClient;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #disposables: vscode.Disposable[];
  readonly #texts = new Map<string, string>();
  #last = "";
  readonly onDidChange = this.#changed.event;

  constructor(client: LanguageClient) {
    this.#client = client;
    this.#disposables = [
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.commands.registerCommand("flow.simulateHere", () => this.here()),
    ];
  }

  dispose() {
    for (const one of this.#disposables) one.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? "";
  }

  /** Asks which number is called, the nearest to the cursor first, and what happens in the call. */
  async here() {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.languageId !== "flow") return;
    const uri = editor.document.uri.toString();
    const lenses = await this.#client.sendRequest<Lens[] | null>("textDocument/codeLens", { textDocument: { uri } });
    const numbers = numbersOf(lenses ?? [], editor.selection.active.line).map(({ name }) => name);
    if (numbers.length === 0) {
      void vscode.window.showInformationMessage("No call enters here: this file has no entry with a number.");
      return;
    }
    const number = numbers.length === 1 ? numbers[0] : await vscode.window.showQuickPick(numbers, { title: "Call" });
    if (number !== undefined) await this.simulate(uri, number);
  }

  async simulate(uri: string, number: string) {
    const typed = await vscode.window.showInputBox({
      title: `A call to ${number}`,
      prompt: "Steps as in a test, with ; between",
      placeHolder: "at 2026-03-02 10:00; press 1; phone 101 answers after 4s",
      value: this.#last,
    });
    if (typed === undefined) return;
    this.#last = typed;
    const steps = stepsOf(typed);
    const parameters = { command: SIMULATE, arguments: [{ uri, number, steps }] };
    try {
      const call = await this.#client.sendRequest<Call>("workspace/executeCommand", parameters);
      await this.show(`Call to ${number}`, story(number, steps, call));
    } catch (error) {
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }

  /** Shows a text beside the flow; the next one of the same title takes its place. */
  async show(title: string, text: string) {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: title });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }
}
