// What was found, each with its place, its fix and the manual's paragraph.

import { type Edit, explain, type Finding, type Place } from "flow-wasm";
import { button, byId, el } from "./dom";

/** Where a place is, in words. */
export function said(place: Place | undefined): string {
  if (place?.view === "text" || place?.view === "json") return `${place.file}:${place.line}:${place.column}`;
  if (place?.view === "canvas") return `node ${place.node}`;
  return place?.view === "catalog" ? `${place.kind} ${place.key}` : "the project";
}

/** A list of findings. */
export function show(findings: Finding[], go: (place: Place) => void, fix: (edits: Edit[]) => void): void {
  const count = byId("count");
  count.textContent = findings.length ? String(findings.length) : "";
  count.className = findings.some((f) => f.severity === "error") ? "error" : "warning";
  byId("findings").replaceChildren(findings.length ? list(findings, go, fix) : nothing());
}

function list(findings: Finding[], go: (place: Place) => void, fix: (edits: Edit[]) => void): HTMLElement {
  const items = findings.map((found) => {
    const place = found.labels[0]?.place;
    const row = el("div", { className: "row" }, el("span", { className: "tag" }, `${found.severity} ${found.code}`));
    if (place) row.append(button(said(place), () => go(place), { className: "plain" }));
    const item = el("li", { className: found.severity }, row, el("p", {}, found.message));
    if (found.help) item.append(el("p", { className: "soft" }, found.help));
    if (found.fix) {
      const { title, edits } = found.fix;
      item.append(el("div", { className: "row" }, button(title, () => fix(edits), { className: "main" })));
    }
    const text = explain(found.code)?.text ?? "";
    item.append(el("details", { className: "soft" }, el("summary", {}, "What does that mean?"), el("p", {}, text)));
    return item;
  });
  return el("ul", { className: "list" }, ...items);
}

function nothing(): HTMLElement {
  return el(
    "div",
    { className: "empty" },
    el("h3", {}, "Nothing is wrong"),
    el("p", {}, "Every call finds its way. To see a finding, misspell something: write ", el("code", {}, "tiemout"), " for ", el("code", {}, "timeout"), " in the menu."),
    el("p", { className: "soft" }, "Findings appear while you type, here and in the drawing; many have a fix that you only need to click."),
  );
}
