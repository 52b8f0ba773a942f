import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Spot } from "./camera.js";
import { icon } from "./icons.js";

/** Pixels between a pointer and what is told of it. */
const APART = 14;

/** Where a box stands beside a spot: to its right and below, else to its left, else above; always inside. */
export function beside(
  { left, top }: Spot,
  box: { width: number; height: number },
  room: { width: number; height: number },
): Spot {
  const along = (at: number, size: number, end: number) =>
    at + APART + size <= end ? at + APART : Math.max(0, Math.min(at - APART - size, end - size));
  return { left: along(left, box.width, room.width), top: along(top, box.height, room.height) };
}

/** What is told of a cell: it follows the pointer, or stays where it was pinned until it is closed. */
export class Card {
  readonly node = element("div", "card");
  readonly #room: HTMLElement;
  readonly #close: HTMLButtonElement;
  readonly #content = element("div", "card-content");
  #pinned = false;

  /** @param room what the card never leaves, so that it moves nothing */
  constructor(room: HTMLElement, trans: Words, closed: () => void) {
    this.#room = room;
    this.#close = element("button", "card-close");
    this.#close.type = "button";
    this.#close.setAttribute("aria-label", trans.__("Close"));
    this.#close.append(icon("close"));
    this.#close.addEventListener("click", closed);
    this.node.append(this.#content, this.#close);
    this.node.hidden = true;
    room.append(this.node);
  }

  get pinned(): boolean {
    return this.#pinned;
  }

  /** @param at in the room */
  show(content: readonly Node[], at: Spot, pinned: boolean): void {
    this.#pinned = pinned;
    this.#content.replaceChildren(...content);
    this.#close.hidden = !pinned;
    this.node.classList.toggle("cellkernel-pinned", pinned);
    // A pinned card is read out; one that follows the pointer would never fall silent.
    if (pinned) this.node.setAttribute("role", "status");
    else this.node.removeAttribute("role");
    this.node.hidden = false;
    this.move(at);
  }

  /** @param at in the room */
  move(at: Spot): void {
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const place = beside(
      at,
      { width, height },
      { width: this.#room.clientWidth, height: this.#room.clientHeight },
    );
    this.node.style.translate = `${Math.round(place.left)}px ${Math.round(place.top)}px`;
  }

  hide(): void {
    this.#pinned = false;
    this.node.hidden = true;
  }
}
