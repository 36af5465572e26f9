// The `test` blocks and what came of them.

import type { Place, TestResult } from "flow-wasm";
import { button, byId, el, say } from "./dom";
import { said } from "./findings";

const EXAMPLE = `test "in hours, 1 rings sales" {
  at 2026-03-02 10:00
  call "+61299998888"
  press 1
  phone 101 answers after 4s
  expect ring_group sales answered
}`;

/** Shows the tests; `results` is nothing before they ran. */
export function show(results: TestResult[] | undefined, has: boolean, run: () => void, go: (place: Place) => void): void {
  const passed = byId("passed");
  const failures = results?.filter((r) => !r.passed).length ?? 0;
  passed.textContent = results?.length ? (failures ? `${failures} failed` : "✓") : "";
  passed.className = failures ? "error" : "good";
  const start = button("Run tests", run, { className: "main", id: "run" });
  if (!has) {
    const hint = el("p", {}, "A test is a call with what must come of it. Write one below the flow:");
    byId("tests").replaceChildren(el("div", { className: "empty" }, el("h3", {}, "No tests yet"), hint, el("pre", {}, EXAMPLE)));
  } else if (!results) {
    const hint = el("p", {}, "Each test is a whole call, from the ringing to the end, on the machine that takes real calls.");
    byId("tests").replaceChildren(el("div", { className: "empty" }, el("h3", {}, "Do callers get what they should?"), hint, start));
  } else {
    const summary = `${results.length - failures} passed, ${failures} failed`;
    say(summary);
    const items = results.map((result) => item(result, go));
    byId("tests").replaceChildren(
      el("div", { className: "dial" }, start, el("strong", { id: "summary" }, summary)),
      el("ul", { className: "list" }, ...items),
    );
  }
}

function item(result: TestResult, go: (place: Place) => void): HTMLElement {
  const { name, passed, place, expected, happened, call } = result;
  const row = el("div", { className: "row" }, el("span", { className: "tag" }, passed ? "✓ passed" : "✗ failed"), el("span", {}, name));
  const made = el("li", { className: passed ? "good" : "error" }, row);
  if (place) row.append(button(said(place), () => go(place), { className: "plain" }));
  if (expected) made.append(el("p", {}, el("b", {}, happened ? "Expected: " : "Not run: "), expected));
  if (happened) made.append(el("p", {}, el("b", {}, "Happened: "), happened));
  if (call.length) {
    const story = el("pre", { tabIndex: 0 }, call.join("\n"));
    made.append(el("details", { className: "soft" }, el("summary", {}, "The whole call"), story));
  }
  return made;
}
