import { element } from "../dom.js";
import { Popup } from "./popup.js";

/** Something to choose. */
export interface Choice {
  label: string;
  /** What it belongs to: choices of a group stand together under its name. */
  group: string;
  choose(): void;
}

/** What is found for what was typed. */
export interface Found {
  choices: Choice[];
  /** How many more there are. */
  more: number;
}

/** Milliseconds after the last letter before what takes a while is asked. */
const REST = 150;

/** A box that takes one of many, found by typing (the combobox of WAI-ARIA's patterns). */
export class Chooser {
  readonly node = element("div", "chooser");
  readonly #box = element("input", "chooser-box");
  readonly #popup: Popup;
  readonly #find: (typed: string) => Choice[];
  readonly #findElsewhere: ((typed: string) => Promise<Found>) | undefined;
  readonly #moreWords: (more: number) => string;
  readonly #id: string;
  #choices: Choice[] = [];
  #active = -1;
  #value = "";
  /** Counts the searches, since an answer may come when it is no longer wanted. */
  #search = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  static #count = 0;

  /**
   * @param find what is at hand for what was typed
   * @param findElsewhere what takes a while to be found
   */
  constructor(
    label: string,
    find: (typed: string) => Choice[],
    moreWords: (more: number) => string,
    findElsewhere?: (typed: string) => Promise<Found>,
  ) {
    this.#find = find;
    this.#findElsewhere = findElsewhere;
    this.#moreWords = moreWords;
    this.#id = `cellkernel-chooser-${Chooser.#count++}`;
    const place = element("div", "chooser-place");
    this.#popup = new Popup(place, "listbox", () => this.#closed());
    this.#popup.node.id = this.#id;
    this.#popup.node.setAttribute("aria-label", label);
    const attributes = { role: "combobox", "aria-controls": this.#id, "aria-expanded": "false" };
    for (const [name, value] of Object.entries(attributes)) this.#box.setAttribute(name, value);
    this.#box.setAttribute("aria-autocomplete", "list");
    this.#box.setAttribute("aria-label", label);
    this.#box.title = label;
    this.#box.autocomplete = "off";
    this.#box.spellcheck = false;
    // The box is named by its label; the words beside it are for the eye.
    const words = element("span", "chooser-label", label);
    words.setAttribute("aria-hidden", "true");
    place.prepend(this.#box);
    this.node.append(words, place);
    // After the browser has put its caret somewhere.
    this.#box.addEventListener("click", () => this.#open());
    this.#box.addEventListener("input", () => this.#look(this.#box.value));
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    // The box keeps the focus while the pointer chooses.
    this.#popup.node.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** What is chosen, by name. */
  set value(value: string) {
    this.#value = value;
    if (!this.#popup.isOpen) this.#box.value = value;
  }

  /** More than the label says, for who rests on it. */
  set hint(words: string) {
    this.node.title = words;
    this.#box.title = words || (this.#box.getAttribute("aria-label") ?? "");
  }

  #open(): void {
    if (this.#popup.isOpen) return;
    this.#popup.open();
    this.#box.setAttribute("aria-expanded", "true");
    this.#box.select();
    this.#look("");
  }

  #closed(): void {
    clearTimeout(this.#timer);
    this.#search++;
    this.#box.value = this.#value;
    this.#box.setAttribute("aria-expanded", "false");
    this.#box.removeAttribute("aria-activedescendant");
  }

  #look(typed: string): void {
    this.#open();
    const wanted = typed.trim();
    const own = this.#find(wanted.toLowerCase());
    this.#list({ choices: own, more: 0 });
    clearTimeout(this.#timer);
    const search = ++this.#search;
    const elsewhere = this.#findElsewhere;
    if (!elsewhere) return;
    this.#timer = setTimeout(async () => {
      // Where nobody answers, what is at hand remains.
      const found = await elsewhere(wanted).catch(() => undefined);
      if (found && search === this.#search)
        this.#list({ choices: [...own, ...found.choices], more: found.more });
    }, REST);
  }

  #list({ choices, more }: Found): void {
    this.#choices = choices;
    const nodes: HTMLElement[] = [];
    choices.forEach(({ label, group }, i) => {
      if (group !== choices[i - 1]?.group) {
        const head = element("div", "group", group);
        head.setAttribute("role", "presentation");
        nodes.push(head);
      }
      const option = element("div", "option", label);
      option.id = `${this.#id}-${i}`;
      option.dir = "auto";
      option.setAttribute("role", "option");
      option.addEventListener("click", () => this.#choose(i));
      nodes.push(option);
    });
    if (more > 0) nodes.push(element("div", "group", this.#moreWords(more)));
    this.#popup.node.replaceChildren(...nodes);
    const chosen = choices.findIndex(({ label }) => label === this.#value);
    this.#activate(Math.max(0, chosen));
  }

  #activate(at: number): void {
    this.#active = at;
    this.#choices.forEach((_, i) => {
      const option = this.#popup.node.querySelector(`#${this.#id}-${i}`);
      option?.setAttribute("aria-selected", String(i === at));
      if (i === at) option?.scrollIntoView({ block: "nearest" });
    });
    this.#box.setAttribute("aria-activedescendant", `${this.#id}-${at}`);
  }

  #choose(at: number): void {
    const choice = this.#choices[at];
    if (!choice) return;
    this.#value = choice.label;
    this.#popup.close();
    choice.choose();
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !this.#popup.isOpen) this.#open();
    else if (step) {
      const count = this.#choices.length;
      if (count > 0) this.#activate((this.#active + step + count) % count);
    } else if (event.key === "Enter" && this.#popup.isOpen) this.#choose(this.#active);
    else if (event.key === "Escape" && this.#popup.isOpen) this.#popup.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
