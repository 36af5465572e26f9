// A simulated call: whoever sits at the page is the caller and everybody who is called.

import type { Call, CallView, Choice, Flow, Project } from "flow-wasm";
import { button, byId, el, say } from "./dom";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** Answers as people say them; others are shown as the machine says them. */
const WORDS: Record<string, string> = {
  done: "Listen to the end",
  timeout: "Press nothing",
  "ring answered": "Answer the phone, talk, hang up",
  "ring no_answer": "Let it ring",
  "ring busy": "Be busy",
  "ring declined": "Decline the call",
  "ring unavailable": "No phone is on",
  "voicemail done": "Leave a message",
  "voicemail full": "The mailbox is full",
  "voicemail failed": "It can't be recorded",
  "chance yes": "Draw yes",
  "chance no": "Draw no",
};

/** What begins an answer with several digits. */
const COLLECTED = "collected digits ";

const plain = (text: string) => text.replaceAll("_", " ");
const words = (answer: string) => WORDS[answer] ?? plain(answer);

/** `1:02.5` for 62,500 ms. */
function clock(ms: number): string {
  const seconds = (ms % 60_000) / 1000;
  return `${Math.floor(ms / 60_000)}:${seconds.toFixed(1).padStart(4, "0")}`;
}

export class Phone {
  private call: Call | undefined;
  private now: CallView | undefined;
  private problem = "";
  /** Digits that were pressed and not sent yet, where several are asked for. */
  private digits = "";
  private readonly scene = { number: "", from: "+61411111111", at: "2026-03-02T10:00" };

  constructor(
    private readonly project: () => Project,
    private readonly flows: () => Flow[],
    private readonly changed: () => void,
  ) {
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** The call as it is; nothing without one. */
  get view(): CallView | undefined {
    return this.now;
  }

  /** Forgets the call. */
  reset(): void {
    this.call?.free();
    this.call = undefined;
    this.now = undefined;
    this.problem = "";
  }

  private start(): void {
    this.reset();
    try {
      this.call = this.project().call({ ...this.scene, at: this.scene.at.replace("T", " ") });
      this.now = this.call.view();
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this.after();
  }

  private answer(answer: string): void {
    this.digits = "";
    try {
      this.now = this.call?.answer(answer);
      this.problem = "";
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this.after();
  }

  private after(): void {
    const focus = (document.activeElement as HTMLElement | null)?.dataset.answer;
    this.show();
    this.changed();
    const panel = byId("call");
    const same = focus && panel.querySelector<HTMLButtonElement>(`[data-answer="${CSS.escape(focus)}"]:enabled`);
    const next = same || panel.querySelector<HTMLButtonElement>(".now button, #dial");
    next?.focus({ preventScroll: true });
    say(this.problem || this.headline());
  }

  /** Keys of a keyboard are keys of the pad while the call is looked at. */
  private key(event: KeyboardEvent): void {
    const target = event.composedPath()[0] as Element;
    const writing = target.matches?.("input, select, textarea, .cm-content");
    if (writing || event.ctrlKey || event.altKey || event.metaKey || !KEYS.includes(event.key)) return;
    if (byId("call").offsetParent === null) return;
    if (this.takes(event.key)) {
      this.press(event.key);
      event.preventDefault();
    }
  }

  /** Whether several digits are asked for. */
  private get collects(): boolean {
    return this.choices().some(({ answer }) => answer.startsWith(COLLECTED));
  }

  private takes(key: string): boolean {
    return this.choices().some(({ answer }) => answer === `key ${key}`) || (this.collects && /\d/.test(key));
  }

  private press(key: string): void {
    if (this.collects) {
      this.digits += key;
      this.after();
    } else {
      this.answer(`key ${key}`);
    }
  }

  private choices(): Choice[] {
    return this.now?.question?.choices ?? [];
  }

  private headline(): string {
    const { question, end } = this.now ?? {};
    if (end) return end === "caller_gone" ? "You hung up." : `The call is over: ${plain(end)}.`;
    if (!question) return "";
    if (question.hears) return `You hear: “${question.hears}”`;
    return plain(question.text.replace(/ (\d+)000ms$/, " for $1 s").replaceAll('"', ""));
  }

  /** Draws the panel anew. */
  show(): void {
    const panel = byId("call");
    const numbers = this.flows().flatMap((flow) => flow.numbers);
    if (!numbers.includes(this.scene.number)) this.scene.number = numbers[0] ?? "";
    if (!numbers.length) {
      panel.replaceChildren(this.noNumber());
      return;
    }
    panel.replaceChildren(this.dial(numbers), this.now ? this.talk() : this.noCall());
  }

  private noNumber(): HTMLElement {
    return el(
      "div",
      { className: "empty" },
      el("h3", {}, "Nobody can call yet"),
      el("p", {}, "A call comes in at an entry, which has a number:"),
      el("pre", {}, 'flow main {\n  entry in: inbound_number "+61299998888" -> bye\n  bye: hangup\n}\ninbound_number "+61299998888"'),
    );
  }

  private noCall(): HTMLElement {
    return el(
      "div",
      { className: "empty" },
      this.problem ? el("p", { className: "tag", role: "alert" }, this.problem) : el("h3", {}, "Call the flow"),
      el("p", {}, "You are the caller and everybody who is called: press keys, answer the phones, leave messages. The same program runs here that would take real calls."),
      el("p", { className: "soft" }, "Change the time to see what callers get at night. While a call is on, the keys of your keyboard are the phone's."),
    );
  }

  private dial(numbers: string[]): HTMLElement {
    const { scene } = this;
    const number = el("select", {}, ...numbers.map((n) => el("option", { value: n, selected: n === scene.number }, n)));
    number.addEventListener("change", () => (scene.number = number.value));
    const from = el("input", { value: scene.from, inputMode: "tel", size: 14, autocomplete: "off" });
    from.addEventListener("input", () => (scene.from = from.value));
    const at = el("input", { type: "datetime-local", value: scene.at });
    at.addEventListener("input", () => (scene.at = at.value || scene.at));
    const call = button(this.now ? "Call again" : "Call", () => this.start(), { className: "main", id: "dial" });
    return el(
      "div",
      { className: "dial" },
      el("label", {}, "Number", number),
      el("label", {}, "Caller", from),
      el("label", {}, "When", at),
      call,
    );
  }

  private talk(): HTMLElement {
    const choices = this.choices();
    const pad = KEYS.map((key) =>
      button(key, () => this.press(key), {
        disabled: !this.takes(key),
        data: { answer: `key ${key}` },
        aria: { label: key === "*" ? "star" : key === "#" ? "hash" : key },
      }),
    );
    const others = choices.filter(({ answer }) => !answer.startsWith("key ") && !answer.startsWith(COLLECTED));
    const buttons = others.map(({ answer }) => button(words(answer), () => this.answer(answer), { data: { answer } }));
    if (this.digits) buttons.unshift(button(`Enter ${this.digits}`, () => this.answer(COLLECTED + this.digits), { className: "main" }));
    if (!this.now?.end) buttons.push(button("Hang up", () => this.answer("hung_up"), { className: "end" }));
    const now = el("div", { className: "now" }, el("strong", {}, this.headline()));
    if (this.problem) now.append(el("p", { role: "alert" }, this.problem));
    if (!this.now?.end) now.append(el("div", { className: "row" }, ...buttons));
    const story = el("div", { className: "story" }, now, this.log());
    return el("div", { className: "talk" }, el("div", { className: "pad", role: "group", aria: { label: "Key pad" } }, ...pad), story);
  }

  private log(): HTMLElement {
    const { flow, happened } = this.now ?? { flow: "", happened: [] };
    const nodes = this.flows().find(({ key }) => key === flow)?.nodes ?? [];
    const label = (name: string) => nodes.find((node) => node.name === name)?.label || name;
    // What needs nobody's decision is no news.
    let silent = false;
    const lines = happened.map((h): [string, string] => {
      if (h.what === "asks") silent = /^(answer|local_time|set_caller_id)\b/.test(h.text);
      else if (h.what !== "answers") silent = false;
      if (silent) return ["", ""];
      switch (h.what) {
        case "enters":
          return ["enters", label(h.node)];
        case "leaves":
          return ["leaves", `→ ${plain(h.exit)}`];
        case "answers":
          return ["answers", h.text === "start" ? "" : words(h.text)];
        case "asks":
          return ["asks", plain(h.text)];
        case "ends":
          return ["enters", `The call ends: ${plain(h.text)}`];
      }
    });
    const items = lines.flatMap(([className, text], n) =>
      text ? [el("li", { className }, el("time", {}, clock(happened[n]?.at_ms ?? 0)), el("span", {}, text))] : [],
    );
    return el("ol", { className: "log", aria: { label: "What happened, the last first" } }, ...items.reverse());
  }
}
