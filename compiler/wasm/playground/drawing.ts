// The drawing: the compiler's own picture of a flow, with findings and a call's way marked on it. It stands in a shadow
// root with the picture's own styles.

import type { CallView, Finding, FlowNode } from "flow-wasm";
import { byId, el } from "./dom";
import styles from "./picture.css";

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 0.25;
/** Below this nobody reads a card; what doesn't fit is scrolled to. */
const READABLE = 0.6;
const MOST = 2;

export class Drawing {
  private readonly root: ShadowRoot;
  private readonly box: HTMLElement;
  private readonly own = new CSSStyleSheet();
  private shown = "";
  /** What was chosen: a scale, all of it, or whatever can be read. */
  private scale: number | "all" | "readable" = "readable";

  constructor(private readonly go: (node: string) => void) {
    this.box = byId("picture");
    const host = this.box.appendChild(el("div"));
    this.root = host.attachShadow({ mode: "open" });
    const marks = new CSSStyleSheet();
    marks.replaceSync(styles);
    this.root.adoptedStyleSheets = [this.own, marks];
    byId("zoom-in").addEventListener("click", () => this.zoom(this.scaleNow() * 1.25));
    byId("zoom-out").addEventListener("click", () => this.zoom(this.scaleNow() / 1.25));
    byId("zoom-fit").addEventListener("click", () => this.zoom("all"));
    new ResizeObserver(() => this.size()).observe(this.box);
    this.root.addEventListener("click", (event) => this.open(event.target));
    this.root.addEventListener("keydown", (event) => this.key(event as KeyboardEvent));
  }

  private get svg(): SVGSVGElement | null {
    return this.root.querySelector("svg");
  }

  /** Draws a picture; a node has the focus that it had. */
  draw(picture: string): void {
    if (picture === this.shown) return;
    const held = (this.root.activeElement as SVGElement | null)?.dataset.node;
    this.shown = picture;
    // A style element would be refused, even in a document that nobody sees; a constructed sheet isn't.
    const style = /<style>([^<]*)<\/style>/.exec(picture);
    this.own.replaceSync(style?.[1] ?? "");
    const bare = picture.replace(style?.[0] ?? "", "");
    const parsed = new DOMParser().parseFromString(bare, "image/svg+xml").documentElement;
    const svg = document.importNode(parsed, true);
    this.root.replaceChildren(svg);
    const nodes = this.nodes();
    nodes.forEach((node, n) => {
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", node.querySelector("title")?.textContent ?? "");
      node.tabIndex = n === 0 ? 0 : -1;
    });
    if (held) this.at(held)?.focus();
    this.size();
  }

  /** Shows that there is nothing to draw. */
  empty(...what: Node[]): void {
    this.shown = "";
    this.root.replaceChildren();
    this.box.querySelector(".empty")?.remove();
    if (what.length) this.box.append(el("div", { className: "empty" }, ...what));
  }

  private nodes(): SVGGElement[] {
    return [...this.root.querySelectorAll<SVGGElement>("g[data-node]")];
  }

  private at(name: string): SVGGElement | undefined {
    return this.nodes().find((node) => node.dataset.node === name);
  }

  /** Marks findings and the way of a call. */
  mark(flow: string, findings: Finding[], call: CallView | undefined): void {
    this.root.querySelectorAll(".badge").forEach((badge) => badge.remove());
    const visited = new Set(call?.happened.flatMap((h) => (h.what === "enters" ? [h.node] : [])));
    for (const node of this.nodes()) {
      const name = node.dataset.node ?? "";
      node.classList.toggle("visited", visited.has(name));
      node.classList.toggle("current", call !== undefined && !call.end && call.node === name);
      const own = findings.filter((f) => f.about?.flow === flow && f.about.node === name);
      const title = node.querySelector("title")?.textContent ?? "";
      const words = own.map((f) => `${f.severity}: ${f.message}`);
      node.setAttribute("aria-label", [title, ...words].join(" "));
      if (own.length) this.badge(node, own);
    }
    const current = this.root.querySelector("g.current");
    current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  private badge(node: SVGGElement, findings: Finding[]): void {
    const card = node.querySelector(".card");
    if (!card) return;
    const number = (name: string) => Number(card.getAttribute(name));
    const make = (tag: string, attributes: Record<string, number>) => {
      const made = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
      return made;
    };
    const [x, y] = [number("x") + number("width") - 4, number("y") + 4];
    const badge = document.createElementNS(SVG, "g");
    badge.classList.add("badge");
    badge.classList.toggle("error", findings.some((f) => f.severity === "error"));
    const text = make("text", { x, y: y + 4.3 });
    text.textContent = "!";
    badge.append(make("circle", { cx: x, cy: y, r: 10 }), text);
    node.append(badge);
  }

  private open(target: EventTarget | null): void {
    const node = (target as Element | null)?.closest<SVGGElement>("g[data-node]")?.dataset.node;
    if (node) this.go(node);
  }

  /** Arrow keys go from node to node, Enter to its text. */
  private key(event: KeyboardEvent): void {
    const nodes = this.nodes();
    const at = nodes.indexOf(this.root.activeElement as unknown as SVGGElement);
    if (at < 0) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = step ? nodes[(at + step + nodes.length) % nodes.length] : undefined;
    if (next) {
      nodes.forEach((node) => (node.tabIndex = node === next ? 0 : -1));
      next.focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
      event.preventDefault();
    } else if (event.key === "Enter" || event.key === " ") {
      this.open(event.target);
      event.preventDefault();
    }
  }

  private zoom(scale: number | "all"): void {
    this.scale = scale === "all" ? scale : Math.min(MOST, Math.max(LEAST, scale));
    this.size();
  }

  private scaleNow(): number {
    const view = this.svg?.viewBox.baseVal;
    if (typeof this.scale === "number" || !view) return Number(this.scale) || 1;
    const fit = Math.min(this.box.clientWidth / view.width, this.box.clientHeight / view.height);
    return Math.min(1, this.scale === "all" ? fit : Math.max(READABLE, fit));
  }

  private size(): void {
    const { svg } = this;
    if (!svg || !this.box.clientWidth) return;
    const scale = this.scaleNow();
    svg.setAttribute("width", String(Math.floor(svg.viewBox.baseVal.width * scale)));
    svg.setAttribute("height", String(Math.floor(svg.viewBox.baseVal.height * scale)));
  }
}

/** What a node is called. */
export const called = (node: FlowNode | undefined, name: string): string => node?.label || name;
