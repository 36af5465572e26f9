// Making elements. Text is never markup.

type Props<T> = Partial<Omit<T, "style" | "dataset">> & { aria?: Record<string, string>; data?: Record<string, string> };

/** An element with its properties and what is in it. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const { aria, data, ...rest } = props;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(aria ?? {})) element.setAttribute(`aria-${name}`, value);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

/** A button that does something. */
export function button(text: string, act: () => void, props: Props<HTMLButtonElement> = {}): HTMLButtonElement {
  const made = el("button", { type: "button", ...props }, text);
  made.addEventListener("click", act);
  return made;
}

/** The element of an id in the page. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** Says something to who listens to the page rather than looks at it. */
export function say(text: string): void {
  byId("said").textContent = text;
}

/** Arrow keys between the tabs of a list; the chosen one is the one that Tab comes to. */
export function tabs(list: HTMLElement, choose: (tab: HTMLElement) => void): void {
  const all = () => [...list.querySelectorAll<HTMLElement>('[role="tab"]')].filter((tab) => tab.offsetParent !== null);
  list.addEventListener("click", (event) => {
    const tab = (event.target as Element).closest<HTMLElement>('[role="tab"]');
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const shown = all();
    const at = shown.indexOf(document.activeElement as HTMLElement);
    if (!step || at < 0) return;
    const next = shown[(at + step + shown.length) % shown.length];
    if (next) {
      choose(next);
      (list.querySelector<HTMLElement>(`[id="${next.id}"]`) ?? next).focus();
    }
    event.preventDefault();
  });
}

/** Marks the chosen tab of a list. */
export function select(list: HTMLElement, chosen: (tab: HTMLElement) => boolean): void {
  for (const tab of list.querySelectorAll<HTMLElement>('[role="tab"]')) {
    const is = chosen(tab);
    tab.setAttribute("aria-selected", String(is));
    tab.tabIndex = is ? 0 : -1;
  }
}
