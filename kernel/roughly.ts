import type { IsCompleteContent } from "./language/incomplete.js";

interface Open {
  bracket: string;
  line: number;
}

/** Whether code is complete, as far as its brackets and quotes tell: for as long as TypeScript is not there to ask. */
export function roughlyComplete(code: string): IsCompleteContent {
  const open: Open[] = [];
  let line = 0;
  let last = "";
  for (let at = 0; at < code.length; ) {
    const top = open.at(-1)?.bracket;
    const token = next(code, at, top === "`", last);
    at += token.length;
    line += linesIn(token);
    if (top === "`") {
      if (token === "`") open.pop();
      else if (token === "${") open.push({ bracket: token, line });
      last = token;
      continue;
    }
    if (token === "'" || token === '"') return { status: "invalid" };
    if (token === "/*") return incomplete(open);
    if (OPENING.has(token)) open.push({ bracket: token, line });
    else if (CLOSING.has(token)) {
      if (!top || !CLOSING.get(token)!.includes(top)) return { status: "invalid" };
      open.pop();
    }
    if (!/^\s|^\/[/*]/.test(token)) last = token;
  }
  return open.length > 0 || GOES_ON.test(last) ? incomplete(open) : { status: "complete" };
}

/** Comments, strings, names and numbers; a quote or a comment's beginning alone when it does not end. */
const TOKEN =
  /\/\/.*|\/\*[\s\S]*?\*\/|\/\*|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|[\p{ID_Continue}$]+|\s+|=>|\+\+|--|[\s\S]/uy;
const REGULAR_EXPRESSION = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const IN_TEMPLATE = /`|\$\{|(?:[^`\\$]|\\[\s\S]|\$(?!\{))+|[\s\S]/y;
const OPENING = new Set(["(", "[", "{", "`"]);
const CLOSING = new Map([
  [")", ["("]],
  ["]", ["["]],
  ["}", ["{", "${"]],
]);
/** What wants something behind it. */
const GOES_ON = /^(?:=>|[=+\-*%&|^<?:,.~]|const|let|var|return|new|await|typeof)$/;
/** What a division stands behind, and no regular expression. */
const VALUE = /^(?!(?:return|typeof|await|case|of|in)$)(?:[\p{ID_Continue}$]+|[)\]}`]|['"/].*)$/su;

function next(code: string, at: number, inTemplate: boolean, last: string): string {
  const patterns = inTemplate ? [IN_TEMPLATE] : VALUE.test(last) ? [TOKEN] : [REGULAR_EXPRESSION, TOKEN];
  for (const pattern of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(code);
    if (found) return found[0];
  }
  return code[at];
}

const linesIn = (text: string) => text.split("\n").length - 1;

function incomplete(open: Open[]): IsCompleteContent {
  // As TypeScript's own answer counts them.
  const brackets = open.filter(({ bracket }) => bracket !== "`" && bracket !== "${");
  const lines = new Set(brackets.map(({ line }) => line));
  return { status: "incomplete", indent: "  ".repeat(lines.size) };
}
