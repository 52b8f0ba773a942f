/** A text that takes the place of what stands from `start` to `end`. */
export type Edit = [start: number, end: number, text: string];

/** What was compiled, as the user wrote it, and what makes JavaScript of it. */
interface Original {
  code: string;
  /** In order, none within another. */
  edits: Edit[];
}

/** Functions of the latest cells and files; older ones show what they were compiled to. */
const KEPT = 2000;
const originals = new Map<number, Original>();
let count = 0;

/** A number for what is to be compiled, by which its functions find their own text again. */
export const newOriginal = (): number => ++count;

export function rememberOriginal(id: number, original: Original): void {
  originals.set(id, original);
  originals.delete(id - KEPT);
}

/** Where a function or class that was compiled says which part of which original it was. */
const MARK = /\/\*@(\d+):(\d+)-(\d+)\*\//g;

/**
 * A function's text goes to other places than this one: into a page, a worker, another program. So it is what
 * the user wrote, without the types, and not what we have made of it.
 */
export function showOriginals(): void {
  const native = Function.prototype.toString;
  const shown = {
    toString(this: unknown): string {
      const text = native.call(this === shown ? native : this);
      return text.includes("/*@") ? (originalOf(text) ?? text) : text;
    },
  }.toString;
  Object.defineProperty(Function.prototype, "toString", {
    value: shown,
    writable: true,
    configurable: true,
  });
}

function originalOf(text: string): string | undefined {
  // Those of functions inside of it lie within its own.
  const marks = [...text.matchAll(MARK)].map((mark) => mark.slice(1).map(Number));
  const original = originals.get(marks[0]?.[0]);
  if (!original) return undefined;
  const start = Math.min(...marks.map(([, from]) => from));
  const end = Math.max(...marks.map(([, , to]) => to));
  const out: string[] = [];
  let at = start;
  for (const [from, to, replacement] of original.edits) {
    if (from < start || to > end) continue;
    out.push(original.code.slice(at, from), replacement);
    at = to;
  }
  return [...out, original.code.slice(at, end)].join("");
}
