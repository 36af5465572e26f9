// What `flow-lsp` says, as far as this extension reads it. Free of VS Code, so that it can be tested without.

/** The server's own commands. Each takes one argument and gives an answer. */
export const RUN_TEST = "flow.runTest";
export const SIMULATE = "flow.simulate";

/** Counted from 0, as the protocol does. */
export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Lens {
  range: Range;
  command?: { title: string; command: string; arguments?: unknown[] };
}

/** The argument of a command: a document of the folder, and what to run. */
export interface Argument {
  uri: string;
  /** A test by its name; all of the folder, if none is named. */
  test?: string;
  /** The number to call. */
  number?: string;
  /** Further steps of the call, as in a test. */
  steps?: string[];
}

/** One test of the answer to `RUN_TEST`. */
export interface Report {
  test: string;
  passed: boolean;
  /** Where the test, or the step that failed, stands. */
  at?: { uri: string; range: Range } | null;
  /** Why it couldn't be run. */
  why?: string;
  expected?: string;
  happened?: string;
  /** What went on in the call, a line each. */
  call?: string | string[];
}

/** The answer to `SIMULATE`. */
export interface Call {
  flow: string;
  call: string | string[];
}

/** Something that can be run, and the lines that say so. */
export interface Runnable {
  name: string;
  range: Range;
}

function argument(lens: Lens, command: string): Argument | undefined {
  return lens.command?.command === command ? (lens.command.arguments?.[0] as Argument | undefined) : undefined;
}

/** The tests of a document, by its lenses. */
export function testsOf(lenses: readonly Lens[]): Runnable[] {
  return lenses.flatMap((lens) => {
    const name = argument(lens, RUN_TEST)?.test;
    return name === undefined ? [] : [{ name, range: lens.range }];
  });
}

/** The numbers that can be called in a document, by its lenses: those of the entry at or nearest above a line come first. */
export function numbersOf(lenses: readonly Lens[], line: number): Runnable[] {
  const numbers = lenses.flatMap((lens) => {
    const name = argument(lens, SIMULATE)?.number;
    return name === undefined ? [] : [{ name, range: lens.range }];
  });
  const distance = ({ range }: Runnable) =>
    range.start.line <= line ? line - range.start.line : 1e9 + range.start.line;
  return numbers.sort((a, b) => distance(a) - distance(b));
}

/** The steps of a call as people type them, one after another with `;` between. */
export function stepsOf(typed: string): string[] {
  return typed
    .split(";")
    .map((step) => step.trim())
    .filter((step) => step !== "");
}

export function lines(call: string | string[] | undefined): string[] {
  const all = typeof call === "string" ? call.split("\n") : (call ?? []);
  return all.filter((line) => line !== "");
}

/** What a failed test says to people. */
export function failure(report: Report): string {
  const parts = [
    report.why,
    report.expected && `expected: ${report.expected}`,
    report.happened && `happened: ${report.happened}`,
  ].filter((part) => part);
  const call = lines(report.call);
  return [...parts, ...(call.length > 0 ? ["", ...call] : [])].join("\n");
}

/** A simulated call as a text. */
export function story(number: string, steps: readonly string[], { flow, call }: Call): string {
  const head = `A call to ${number} through ${flow}${steps.length > 0 ? `: ${steps.join("; ")}` : ""}`;
  return [head, "", ...lines(call), ""].join("\n");
}
