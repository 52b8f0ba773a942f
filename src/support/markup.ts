import { printable } from "./printable.js";

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text as HTML and SVG show it, in elements and in attributes. Whatever of a file, a path or a message gets into markup goes
 * through here: a stranger's column name is no element of the page.
 */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
