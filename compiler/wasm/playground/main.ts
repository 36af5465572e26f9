// The playground: text on the left, the drawing and what can be done with it on the right. Everything is the wasm
// package's; this page only shows it.

import init, { catalogue, type Edit, type File, type Finding, type Flow, type Place, Project, type TestResult } from "flow-wasm";
import main from "../../../examples/office/main.flow";
import office from "../../../examples/office/office.flow";
import trials from "../../../examples/office/tests.flow";
import { Phone } from "./call";
import { button, byId, el, say, select, tabs } from "./dom";
import { Drawing } from "./drawing";
import { Editor } from "./editor";
import * as findingsPanel from "./findings";
import * as testsPanel from "./tests";

const SAMPLE: File[] = [
  { name: "main.flow", text: main },
  { name: "office.flow", text: office },
  { name: "tests.flow", text: trials },
];
const KEPT = "flowpbx-playground";
const PANELS = ["text", "drawing", "findings", "call", "tests"];
const SMALL = `flow main "Main" {
  entry in: inbound_number "+61299998888" -> hello
  hello: play_message goodbye -> bye
  bye: hangup
}

inbound_number "+61299998888"
`;

/** What was written here before; the sample if nothing was, or if the browser keeps nothing. */
function kept(): File[] {
  try {
    const files: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    const isFile = (file: Partial<File> | null) => typeof file?.name === "string" && typeof file.text === "string";
    return Array.isArray(files) && files.length && files.every(isFile) ? files : SAMPLE;
  } catch {
    return SAMPLE;
  }
}

class Page {
  private project = new Project([]);
  private findings: Finding[] = [];
  private flows: Flow[] = [];
  private results: TestResult[] | undefined;
  private readonly texts = new Map<string, string>();
  private readonly editor: Editor;
  private readonly drawing = new Drawing((node) => this.toNode(node));
  private readonly phone = new Phone(() => this.project, () => this.flows, () => this.mark());
  private due = 0;

  constructor() {
    const changed = (file: File) => this.changed(file);
    const fix = (edits: Edit[]) => this.fix(edits);
    this.editor = new Editor(byId("editor"), catalogue(), () => this.project, changed, () => this.format(), fix);
    byId("format").addEventListener("click", () => this.format());
    byId("reset").addEventListener("click", () => this.load(SAMPLE));
    byId("flow").addEventListener("change", () => this.draw());
    tabs(byId("files"), (tab) => this.showFile(tab.dataset.file ?? ""));
    tabs(byId("tabs"), (tab) => this.showPanel(tab.id.replace("tab-", "")));
    document.addEventListener("keydown", (event) => this.key(event));
    this.showPanel("findings");
    this.showPanel("text");
    this.load(kept());
  }

  private load(files: File[]): void {
    this.project.free();
    this.project = new Project(files);
    this.texts.clear();
    for (const { name, text } of files) this.texts.set(name, text);
    this.editor.load(files);
    this.results = undefined;
    this.phone.reset();
    this.showFile(this.editor.name);
    this.check();
  }

  private changed({ name, text }: File): void {
    this.texts.set(name, text);
    this.project.set(name, text);
    this.results = undefined;
    cancelAnimationFrame(this.due);
    this.due = requestAnimationFrame(() => this.check());
  }

  private check(): void {
    this.findings = this.project.check();
    this.flows = this.project.flows();
    findingsPanel.show(this.findings, (place) => this.go(place), (edits) => this.fix(edits));
    this.editor.mark(this.findings);
    this.chooseFlow();
    this.draw();
    this.phone.show();
    this.showTests();
    try {
      localStorage.setItem(KEPT, JSON.stringify([...this.texts].map(([name, text]) => ({ name, text }))));
    } catch {
      // A browser that keeps nothing shows the sample next time.
    }
  }

  /** The choice of a flow, where there are several. */
  private chooseFlow(): void {
    const choice = byId("flow") as HTMLSelectElement;
    const chosen = choice.value;
    choice.replaceChildren(...this.flows.map(({ key, label }) => el("option", { value: key }, label || key)));
    if (this.flows.some(({ key }) => key === chosen)) choice.value = chosen;
    byId("flow-choice").hidden = this.flows.length < 2;
  }

  private get flow(): string {
    return (byId("flow") as HTMLSelectElement).value;
  }

  private draw(): void {
    if (!this.flows.length) {
      this.drawing.empty(
        el("h3", {}, "Nothing to draw yet"),
        el("p", {}, "A flow says what happens to a call. Write one on the left, or begin with a small one."),
        button("Begin with a small flow", () => this.editor.replace(this.editor.name, SMALL), { className: "main" }),
      );
      return;
    }
    try {
      const picture = this.project.draw(this.flow, "svg");
      this.drawing.empty();
      this.drawing.draw(picture);
    } catch (error) {
      this.drawing.empty(el("p", {}, (error as Error).message));
    }
    this.mark();
  }

  private mark(): void {
    const call = this.phone.view;
    this.drawing.mark(this.flow, this.findings, call?.flow === this.flow ? call : undefined);
  }

  private showTests(): void {
    const has = [...this.texts.values()].some((text) => /^\s*test\b/m.test(text));
    const run = () => {
      this.results = this.project.tests();
      this.showTests();
      byId("run").focus();
    };
    testsPanel.show(this.results, has, run, (place) => this.go(place));
  }

  private go(place: Place): void {
    if (place.view !== "text" && place.view !== "json") return;
    this.showPanel("text");
    this.showFile(place.file);
    this.editor.go(place.file, place.from, place.to);
  }

  private toNode(name: string): void {
    const flow = this.flows.find(({ key }) => key === this.flow);
    const place = flow?.nodes.find((node) => node.name === name)?.place;
    if (place) this.go(place);
  }

  private fix(edits: Edit[]): void {
    this.editor.edit(edits);
    this.showFile(this.editor.name);
    say("Fixed");
  }

  private format(): void {
    try {
      this.editor.replace(this.editor.name, this.project.format(this.editor.name));
      say("Formatted");
    } catch (error) {
      this.showPanel("findings");
      say((error as Error).message);
    }
  }

  private showFile(name: string): void {
    this.editor.show(name);
    this.editor.mark(this.findings);
    const files = byId("files");
    const tab = (file: string) => el("button", { type: "button", role: "tab", id: `file-${file}`, data: { file } }, file);
    if (files.childElementCount !== this.editor.names.length) files.replaceChildren(...this.editor.names.map(tab));
    select(files, (tab) => tab.dataset.file === name);
  }

  /** On a wide page text and drawing are always there; on a phone one panel is seen at a time. */
  private showPanel(name: string): void {
    document.body.dataset.view = name;
    if (name !== "text" && name !== "drawing") document.body.dataset.panel = name;
    const narrow = byId("tab-text").offsetParent !== null;
    const shown = narrow ? name : document.body.dataset.panel;
    select(byId("tabs"), (tab) => tab.id === `tab-${shown}`);
  }

  /** Alt and a digit go to a panel. */
  private key(event: KeyboardEvent): void {
    const name = event.altKey && !event.ctrlKey ? PANELS[Number(event.code.replace("Digit", "")) - 1] : undefined;
    if (!name) return;
    event.preventDefault();
    this.showPanel(name);
    if (name === "text") this.editor.focus();
    else if (name === "drawing") byId("zoom-fit").focus();
    else (byId(name).querySelector<HTMLElement>("button:not(:disabled)") ?? byId(`tab-${name}`)).focus();
  }
}

try {
  await init({ module_or_path: "flow_wasm_bg.wasm" });
  new Page();
  document.body.dataset.ready = "yes";
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  byId("picture").replaceChildren(el("div", { className: "empty" }, el("h3", {}, "The compiler couldn't be loaded"), el("p", {}, why)));
}
