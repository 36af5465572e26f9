import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";
import { Calls } from "./calls.ts";
import { type Argument, failure, RUN_TEST, SIMULATE } from "./server.ts";
import { runTests, Tests } from "./tests.ts";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext) {
  context.subscriptions.push(vscode.commands.registerCommand("flow.restart", () => client?.restart()));
  const command = vscode.workspace.getConfiguration("flow").get("server.path", "flow-lsp");
  let calls: Calls | undefined;
  const started = new LanguageClient(
    "flow",
    "Flow",
    { command },
    {
      documentSelector: [{ language: "flow" }],
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{flow,json}") },
      middleware: {
        // The lenses' commands are the server's; what it answers is shown here.
        executeCommand: async (name, given, next) => {
          const argument = given[0] as Argument;
          if (name === RUN_TEST) await report(started, argument, calls);
          else if (name === SIMULATE && argument.number) await calls?.simulate(argument.uri, argument.number);
          else return next(name, given);
        },
      },
    },
  );
  client = started;
  try {
    await started.start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(
      `The language server of Flow (${command}) didn't start: ${why}. Its path is the setting "flow.server.path".`,
    );
    return;
  }
  calls = new Calls(started);
  context.subscriptions.push(calls, new Tests(started));
}

export async function deactivate() {
  await client?.stop();
}

async function report(running: LanguageClient, { uri, test }: Argument, calls: Calls | undefined) {
  const reports = await runTests(running, uri, test);
  const failed = reports.filter(({ passed }) => !passed);
  if (failed.length === 0) void vscode.window.showInformationMessage(`Passed: ${test ?? `${reports.length} tests`}`);
  else await calls?.show("Failed", failed.map((one) => `${one.test}\n\n${failure(one)}\n`).join("\n"));
}
