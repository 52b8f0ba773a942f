import { element } from "../dom.js";

/** Chooses one panel where there is no room for several. */
export class Tabs {
  readonly node = element("div", "tabs");
  readonly #choose: (tab: number) => void;

  constructor(choose: (tab: number) => void) {
    this.#choose = choose;
    this.node.setAttribute("role", "tablist");
    this.node.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** @param titles none where all panels are shown */
  show(titles: readonly string[], chosen: number): void {
    this.node.hidden = titles.length < 2;
    const focused = this.node.contains(document.activeElement);
    const tabs = titles.map((title, t) => {
      const tab = element("button", "tab", title);
      tab.type = "button";
      tab.title = title;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-selected", String(t === chosen));
      tab.tabIndex = t === chosen ? 0 : -1;
      tab.addEventListener("click", () => this.#choose(t));
      return tab;
    });
    this.node.replaceChildren(...tabs);
    if (focused) tabs[chosen]?.focus();
  }

  #walk(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = [...this.node.children];
    const at = tabs.indexOf(event.target as Element);
    if (!by || at < 0) return;
    event.preventDefault();
    this.#choose((at + by + tabs.length) % tabs.length);
  }
}
