import { element } from "../dom.js";
import type { Words } from "../words.js";
import { type Choice, Chooser, type Found } from "./chooser.js";
import type { Mode } from "./gestures.js";
import { type Icon, icon } from "./icons.js";
import { type Entry, menu } from "./menu.js";

/** What the toolbar does. */
export interface ToolbarActions {
  /** Colourings at hand whose names hold what was typed, in small letters. */
  colorings(typed: string): Choice[];
  /** Those that the kernel has; undefined where none answers. */
  elsewhere?: (typed: string) => Promise<Found>;
  mode(mode: Mode): void;
  zoom(factor: number): void;
  fit(): void;
  /** Finds a cell by its name or row; returns whether there is one. */
  find(text: string): Promise<boolean>;
  full(): void;
  /** What the last button offers. */
  menu: readonly Entry[];
}

/** How much a button zooms. */
const ZOOM = 1.5;

/** One row: colour by · pan, lasso, rectangle · − + fit · find a cell · full screen · ⋯ */
export class Toolbar {
  readonly node = element("div", "toolbar");
  readonly #trans: Words;
  readonly #chooser: Chooser;
  readonly #modes = new Map<Mode, HTMLButtonElement>();
  readonly #full: HTMLButtonElement;

  constructor(trans: Words, actions: ToolbarActions) {
    this.#trans = trans;
    this.node.setAttribute("role", "toolbar");
    this.node.setAttribute("aria-label", trans.__("View"));
    const { colorings, elsewhere } = actions;
    const more = (count: number) => trans.__("%1 more: type to find them", count.toLocaleString("en"));
    this.#chooser = new Chooser(trans.__("Colour by"), colorings, more, elsewhere);
    const modes: [Mode, string][] = [
      ["pan", trans.__("Move")],
      ["lasso", trans.__("Lasso: Shift adds, Alt takes away")],
      ["rectangle", trans.__("Rectangle: Shift adds, Alt takes away")],
    ];
    const moving = group(
      ...modes.map(([mode, label]) => {
        const button = this.#button(mode, label, () => actions.mode(mode));
        button.setAttribute("aria-pressed", "false");
        this.#modes.set(mode, button);
        return button;
      }),
    );
    const zooming = group(
      this.#button("less", trans.__("Zoom out"), () => actions.zoom(1 / ZOOM)),
      this.#button("more", trans.__("Zoom in"), () => actions.zoom(ZOOM)),
      this.#button("fit", trans.__("Show all"), actions.fit),
    );
    this.#full = this.#button("full", trans.__("Full screen"), actions.full);
    const rest = group(
      this.#full,
      menu(
        this.#button("menu", trans.__("More"), () => {}),
        actions.menu,
      ),
    );
    this.node.append(this.#chooser.node, moving, zooming, this.#finder(actions.find), rest);
  }

  set mode(mode: Mode) {
    for (const [own, button] of this.#modes) button.setAttribute("aria-pressed", String(own === mode));
  }

  /** What the cells are coloured by. */
  set coloring(title: string) {
    this.#chooser.value = title;
  }

  /** Which panel that is, in words. */
  set aim(words: string) {
    this.#chooser.hint = words;
  }

  set full(full: boolean) {
    this.#full.setAttribute("aria-pressed", String(full));
  }

  #button(sign: Icon, label: string, run: () => void): HTMLButtonElement {
    const button = element("button", "tool");
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.append(icon(sign));
    button.addEventListener("click", run);
    return button;
  }

  #finder(find: (text: string) => Promise<boolean>): HTMLElement {
    const box = element("input", "finder");
    box.type = "search";
    box.placeholder = this.#trans.__("Find a cell");
    box.title = this.#trans.__("By its name or row number");
    box.setAttribute("aria-label", `${box.placeholder}: ${box.title}`);
    box.addEventListener("keydown", async ({ key }) => {
      if (key === "Enter") box.setAttribute("aria-invalid", String(!(await find(box.value.trim()))));
    });
    box.addEventListener("input", () => box.removeAttribute("aria-invalid"));
    return box;
  }
}

function group(...tools: HTMLElement[]): HTMLElement {
  const node = element("div", "tools");
  node.append(...tools);
  return node;
}
