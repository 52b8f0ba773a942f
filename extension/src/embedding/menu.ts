import { element } from "../dom.js";
import { Popup } from "./popup.js";

/** An entry of a menu; with `checked`, one that is on or off. */
export interface Entry {
  label: string;
  run(): void;
  checked?: () => boolean;
}

/** A button that opens a menu: arrows walk through it, Escape gives the button back. */
export function menu(button: HTMLButtonElement, entries: readonly Entry[]): HTMLElement {
  const around = element("div", "menu-place");
  around.append(button);
  const popup = new Popup(around, "menu", () => button.setAttribute("aria-expanded", "false"));
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  const items = entries.map(({ label, run, checked }) => {
    const item = element("button", "menu-item", label);
    item.type = "button";
    item.tabIndex = -1;
    item.setAttribute("role", checked ? "menuitemcheckbox" : "menuitem");
    item.addEventListener("click", () => {
      popup.close();
      button.focus();
      run();
    });
    return item;
  });
  popup.node.append(...items);

  const open = () => {
    entries.forEach(({ checked }, i) => {
      if (checked) items[i].setAttribute("aria-checked", String(checked()));
    });
    popup.open();
    button.setAttribute("aria-expanded", "true");
    items[0].focus();
  };
  button.addEventListener("click", () => (popup.isOpen ? popup.close() : open()));
  around.addEventListener("keydown", (event) => {
    if (!popup.isOpen) {
      if (event.key === "ArrowDown") open();
      return;
    }
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length].focus();
    else if (event.key === "Escape") {
      popup.close();
      button.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return around;
}
