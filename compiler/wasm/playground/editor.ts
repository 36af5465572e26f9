// The text editor: CodeMirror, with the words of the language taken from the compiler's catalogue. It stands in a
// shadow root, where its styles are constructed sheets: the page's content security policy allows no others.

import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Catalogue, Edit, File, Finding } from "flow-wasm";

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
  ".cm-matchingBracket": { backgroundColor: "color-mix(in srgb, var(--accent) 22%, transparent) !important" },
});

/** Kinds behind a colon, entity kinds at the start of a line. */
function complete(catalogue: Catalogue) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w-]*$/);
    const before = context.state.doc.lineAt(context.pos).text.slice(0, context.pos - context.state.doc.lineAt(context.pos).from);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    if (/:\s*[\w-]*$/.test(before)) {
      const options = catalogue.nodes.map((kind) => ({ label: kind.name, type: "keyword", info: kind.doc.trim() }));
      return { from: word.from, options };
    }
    if (/^[\w-]*$/.test(before)) {
      const words = ["flow", "test", "layout", ...catalogue.entities.map((kind) => kind.kind)];
      return { from: word.from, options: words.map((label) => ({ label, type: "keyword" })) };
    }
    return null;
  };
}

/** Files, one of which is shown. */
export class Editor {
  private readonly view: EditorView;
  private readonly states = new Map<string, EditorState>();
  private shown = "";

  constructor(
    host: HTMLElement,
    private readonly catalogue: Catalogue,
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
        autocompletion({ override: [complete(this.catalogue)] }),
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
