import type { EmbeddingPayload } from "../../../src/views/contract.js";
import { element, onThemeChange } from "../dom.js";
import { type Bundle, instead } from "../instead.js";
import { onPreference } from "../preferences.js";
import type { Words } from "../words.js";
import type { Ask } from "./ask.js";
import { type Act, Board } from "./board.js";
import { decode, type Embedding } from "./decode.js";
import { undrawn } from "./describe.js";
import type { Room } from "./layout.js";
import { onGraphicsLost } from "./points/index.js";
import { type State, stateOf } from "./state.js";

/** A view's line to the kernel that made it. */
export interface Kernel {
  ask: Ask;
  /** Begins as soon as the view stands in a notebook; may be called again and again. */
  connect(): void;
  dispose(): void;
}

/** What a view needs of the page that it stands in. */
export interface Page {
  trans: Words;
  /** Puts code where the reader can run it, and says so; where it is left out, the clipboard takes it. */
  useCode?(code: string): string | undefined;
  /** Left out where there are no kernels. */
  kernelOf?(view: string): Kernel;
}

/**
 * Shows an embedding: panels side by side whose cameras, pointers and selections are one, the classes, the cell under the
 * pointer. Where it can't, the bundle's picture and a sentence.
 */
export class EmbeddingView {
  readonly #host: HTMLElement;
  readonly #page: Page;
  #bundle: Bundle = {};
  #embedding: Embedding | undefined;
  #state: State | undefined;
  #board: Board | undefined;
  #kernel: Kernel | undefined;
  #attached = false;
  #endings: (() => void)[] = [];
  readonly #resized = new ResizeObserver(() => this.#fit());
  readonly #windowResized = () => this.#fit();

  /** @param host an element of the page, which the view fills */
  constructor(host: HTMLElement, page: Page) {
    this.#host = host;
    this.#page = page;
    host.classList.add("cellkernel-view", "cellkernel-embedding");
    host.addEventListener("fullscreenchange", () => {
      if (this.#board) this.#board.full = this.#full;
      this.#fit();
    });
  }

  /**
   * Takes up what is to be shown.
   * @param bundle the same in other forms: what is shown where the payload can't be
   */
  show(payload: unknown, bundle: Bundle): void {
    this.#bundle = bundle;
    this.#clear();
    this.#embedding = undefined;
    this.#kernel?.dispose();
    this.#kernel = undefined;
    try {
      this.#embedding = decode(payload as EmbeddingPayload);
      this.#state = stateOf(this.#embedding, payload as EmbeddingPayload);
    } catch {
      this.#showInstead(this.#page.trans.__("The data of this embedding are damaged; this is its picture."));
      return;
    }
    const { view } = this.#embedding;
    if (view !== undefined) this.#kernel = this.#page.kernelOf?.(view);
    if (!this.#attached) return;
    this.#build();
    // The output gets its place in the notebook after this.
    setTimeout(() => this.#kernel?.connect());
  }

  /** Takes up other forms of what is shown already. */
  keep(bundle: Bundle): void {
    this.#bundle = bundle;
  }

  /** The host has come into the page. Canvases take their colours from it, so they are drawn in it only. */
  attach(): void {
    this.#attached = true;
    if (!this.#board) this.#build();
    else {
      this.#board.retheme();
      this.#fit();
    }
    this.#kernel?.connect();
    this.#resized.observe(this.#host);
    window.addEventListener("resize", this.#windowResized);
    this.#endings = [
      onThemeChange(() => this.#board?.retheme()),
      onPreference(() => this.#board?.retheme()),
      onGraphicsLost(() => this.#loseGraphics()),
    ];
  }

  /** The host leaves the page, and may come back: a windowed notebook takes out what is out of sight. */
  detach(): void {
    this.#attached = false;
    for (const end of this.#endings) end();
    this.#endings = [];
    this.#resized.disconnect();
    window.removeEventListener("resize", this.#windowResized);
  }

  dispose(): void {
    this.detach();
    this.#kernel?.dispose();
    this.#clear();
  }

  /** Does what a command asks for, where cells are shown. */
  async act(act: Act): Promise<void> {
    await this.#board?.act(act);
  }

  /** Draws anew, for instance when the host is seen again. */
  redraw(): void {
    this.#board?.redraw();
  }

  #clear(): void {
    this.#board?.destroy();
    this.#board = undefined;
    this.#host.replaceChildren();
  }

  #showInstead(why: string, again?: () => void): void {
    const remedy = again && { label: this.#page.trans.__("Redraw"), run: again };
    this.#host.replaceChildren(instead(this.#bundle, why, remedy));
  }

  #loseGraphics(): void {
    if (!this.#board) return;
    this.#clear();
    const why = this.#page.trans.__("The browser has lost its graphics; this is the view's picture.");
    this.#showInstead(why, () => this.#build());
  }

  #build(): void {
    const [embedding, state] = [this.#embedding, this.#state];
    if (!embedding || !state) return;
    const { trans } = this.#page;
    this.#clear();
    if (embedding.placed.length === 0) {
      this.#showInstead(undrawn(embedding, trans) ?? trans.__("There are no cells to draw."));
      return;
    }
    if (embedding.title) {
      const title = element("div", "title", embedding.title);
      title.dir = "auto";
      this.#host.append(title);
    }
    this.#board = new Board(embedding, state, {
      trans,
      selection: state.selection,
      ask: this.#kernel?.ask,
      useCode: (code) => this.#useCode(code),
      full: () => this.#toggleFull(),
      release: () => this.#release(),
    });
    this.#host.append(this.#board.node);
    this.#board.start(this.#room);
  }

  get #room(): Room {
    const { paddingLeft, paddingRight } = getComputedStyle(this.#host);
    const padding = Number.parseFloat(paddingLeft) + Number.parseFloat(paddingRight);
    return { width: this.#host.clientWidth - padding, windowHeight: window.innerHeight, full: this.#full };
  }

  #fit(): void {
    if (this.#host.clientWidth > 0) this.#board?.fit(this.#room);
  }

  get #full(): boolean {
    return document.fullscreenElement === this.#host;
  }

  #toggleFull(): void {
    if (this.#full) document.exitFullscreen();
    else this.#host.requestFullscreen();
  }

  async #useCode(code: string): Promise<string> {
    const done = this.#page.useCode?.(code);
    if (done !== undefined) return done;
    await navigator.clipboard.writeText(code);
    return this.#page.trans.__("Copied.");
  }

  /** The focus goes to what is around and takes it, a notebook's cell for instance. */
  #release(): void {
    const around = this.#host.parentElement?.closest<HTMLElement>("[tabindex]");
    if (around) around.focus({ preventScroll: true });
    else (document.activeElement as HTMLElement | null)?.blur();
  }
}
