import { escapeText } from "../src/support/markup.js";

/** Tags that a table is made of, with no attribute but the side that its text keeps to. */
const TAG =
  /^<(\/?)(table|thead|tbody|tfoot|tr|th|td|caption|colgroup|col|p|b|i|em|strong|small|code|div|span|br)((?:\s[^<>]*)?)>$/i;
const ALIGNED = /\bstyle\s*=\s*(["'])\s*(text-align\s*:\s*(?:left|right|center))\s*;?\s*\1/i;

/**
 * What a library drew of a table, with all else than a table made into text: libraries write names of columns, which come
 * from files, as they are.
 */
export function tableMarkup(html: string): string {
  // Split at tags, which then stand at the odd places.
  return html
    .split(/(<[^<>]*>)/)
    .map((part, i) => (i % 2 === 1 ? tag(part) : text(part)))
    .join("");
}

function tag(source: string): string {
  const [, end, name, attributes] = TAG.exec(source) ?? [];
  if (name === undefined) return escapeText(source);
  const aligned = end ? undefined : ALIGNED.exec(attributes)?.[2];
  return `<${end}${name.toLowerCase()}${aligned ? ` style="${aligned}"` : ""}>`;
}

/** What is escaped already stays as it is. */
function text(source: string): string {
  return source
    .split(/(&(?:[a-z]+|#\d+|#x[\da-f]+);)/i)
    .map((part, i) => (i % 2 === 1 ? part : escapeText(part)))
    .join("");
}
