// The text editor: CodeMirror, with the words of the language taken from the compiler's catalogue. It stands in a
// shadow root, where its styles are constructed sheets: the page's content security policy allows no others.

import { autocompletion, type Completion, type CompletionContext, type CompletionResult, snippet } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers, type Tooltip } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Catalogue, Edit, File, Finding, Project } from "flow-wasm";

const BLOCKS = ["flow", "entry", "layout", "test", "rule", "except", "key"];

function language(catalogue: Catalogue) {
  const kinds = new Set([...catalogue.nodes.map((k) => k.name), ...catalogue.entities.map((k) => k.kind), ...BLOCKS]);
  return StreamLanguage.define({
    token(stream) {
      if (stream.match("//")) {
        stream.skipToEnd();
        return "comment";
      }
      if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
      if (stream.match("->")) return "operator";
      if (stream.match(/^\d[\w:.-]*/)) return "number";
      if (stream.match(/^[A-Za-z_][\w-]*/)) return kinds.has(stream.current()) ? "keyword" : null;
      stream.next();
      return null;
    },
    languageData: { commentTokens: { line: "//" } },
  });
}

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--text)" },
  { tag: tags.keyword, color: "var(--word)", fontWeight: "600" },
  { tag: tags.number, color: "var(--number)" },
  { tag: tags.operator, color: "var(--accent)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--card)" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "13.5px", lineHeight: "1.5" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 8%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 26%, transparent) !important",
  },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--card)", color: "var(--ink)", borderColor: "var(--edge)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--on-accent)", padding: "3px 8px" },
  ".page": { whiteSpace: "pre-wrap", maxWidth: "44em", maxHeight: "20em", overflow: "auto", padding: "7px 10px" },
  ".cm-matchingBracket": { backgroundColor: "color-mix(in srgb, var(--accent) 22%, transparent) !important" },
});

/** What the compiler says may be written here. */
function complete(project: () => Project, file: () => string) {
  return (context: CompletionContext): CompletionResult | null => {
    const before = context.matchBefore(/[\w-]+$/);
    if (!before && !context.explicit) return null;
    const { from, to, items } = project().complete({ file: file(), offset: context.pos });
    const options = items.map(({ label, kind, detail, doc, insert, is_snippet, filter }): Completion => {
      const apply = is_snippet ? snippet(insert.replace(/\$(\d+)/g, "${$1}")) : insert;
      const info = doc ? () => page(doc) : undefined;
      return { label: filter.startsWith(label) ? label : filter, displayLabel: label, detail, info, type: kind, apply };
    });
    return { from, to, options };
  };
}

/** What is under the pointer, explained. */
function explain(project: () => Project, file: () => string) {
  return hoverTooltip((_, pos): Tooltip | null => {
    const text = project().hover({ file: file(), offset: pos });
    return text ? { pos, above: true, create: () => ({ dom: page(text) }) } : null;
  });
}

/** A page of the manual: Markdown, shown as the text that it is. */
function page(markdown: string): HTMLElement {
  const dom = document.createElement("div");
  dom.className = "page";
  dom.textContent = markdown.replaceAll("**", "").trim();
  return dom;
}

/** Files, one of which is shown. */
export class Editor {
  private readonly view: EditorView;
  private readonly states = new Map<string, EditorState>();
  private shown = "";

  constructor(
    host: HTMLElement,
    private readonly catalogue: Catalogue,
    private readonly project: () => Project,
    private readonly changed: (file: File) => void,
    private readonly format: () => void,
    private readonly fix: (edits: Edit[]) => void,
  ) {
    const root = host.attachShadow({ mode: "open" });
    this.view = new EditorView({ root, parent: root });
  }

  private state(text: string): EditorState {
    const update = EditorView.updateListener.of((update) => {
      if (update.docChanged) this.changed({ name: this.shown, text: update.state.doc.toString() });
    });
    return EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        bracketMatching(),
        highlightSelectionMatches(),
        lintGutter(),
        language(this.catalogue),
        syntaxHighlighting(colours),
        theme,
        autocompletion({ override: [complete(this.project, () => this.shown)] }),
        explain(this.project, () => this.shown),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "Text of the flow" }),
        keymap.of([
          { key: "Shift-Alt-f", run: () => (this.format(), true) },
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          ...lintKeymap,
        ]),
        update,
      ],
    });
  }

  /** Takes other files. */
  load(files: File[]): void {
    this.states.clear();
    for (const { name, text } of files) this.states.set(name, this.state(text));
    this.shown = "";
    this.show(files[0]?.name ?? "");
  }

  get names(): string[] {
    return [...this.states.keys()];
  }

  get name(): string {
    return this.shown;
  }

  /** Shows a file. */
  show(name: string): void {
    if (name === this.shown) return;
    if (this.shown) this.states.set(this.shown, this.view.state);
    const state = this.states.get(name);
    if (!state) return;
    this.shown = name;
    this.view.setState(state);
  }

  /** Shows a place and puts the cursor there. */
  go(name: string, from: number, to = from): void {
    this.show(name);
    const end = this.view.state.doc.length;
    const selection = { anchor: Math.min(from, end), head: Math.min(to, end) };
    this.view.dispatch({ selection, effects: EditorView.scrollIntoView(selection.anchor, { y: "center" }) });
    this.view.focus();
  }

  focus(): void {
    this.view.focus();
  }

  /** Replaces what a file says, as one step that can be undone. */
  replace(name: string, text: string): void {
    this.show(name);
    const { state } = this.view;
    if (state.doc.toString() === text) return;
    const head = Math.min(state.selection.main.head, text.length);
    this.view.dispatch({ changes: { from: 0, to: state.doc.length, insert: text }, selection: { anchor: head } });
  }

  /** Makes the edits of a fix. */
  edit(edits: Edit[]): void {
    const places = edits.flatMap(({ place, with: insert }) =>
      place.view === "text" ? [{ file: place.file, change: { from: place.from, to: place.to, insert } }] : [],
    );
    for (const name of new Set(places.map((p) => p.file))) {
      this.show(name);
      const changes = places.filter((p) => p.file === name).map((p) => p.change);
      this.view.dispatch({ changes, scrollIntoView: true });
    }
  }

  /** Shows the findings that are in the file that is shown. */
  mark(findings: Finding[]): void {
    const end = this.view.state.doc.length;
    const marks = findings.flatMap((found): Diagnostic[] => {
      const place = found.labels[0]?.place;
      if (place?.view !== "text" || place.file !== this.shown) return [];
      const { fix } = found;
      return [
        {
          from: Math.min(place.from, end),
          to: Math.min(place.to, end),
          severity: found.severity,
          source: found.code,
          message: found.help ? `${found.message}\n${found.help}` : found.message,
          actions: fix ? [{ name: fix.title, apply: () => this.fix(fix.edits) }] : [],
        },
      ];
    });
    this.view.dispatch(setDiagnostics(this.view.state, marks));
  }
}
