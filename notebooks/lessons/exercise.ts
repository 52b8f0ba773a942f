import type { Displayable, MimeBundle } from "cellkernel";

/** What is made of an answer: right and why, or wrong and in what. */
export type Verdict = { right: string } | { wrong: string };

/** An exercise of a lesson: the student fills a hole, and the next cell checks it. */
export interface Exercise<Given extends unknown[]> {
  /** What is to be done: said as long as the hole is empty. */
  task: string;
  /** By the data of the lesson, not by figures that were written down: those would differ on another machine. */
  judge(answer: unknown, ...given: Given): Verdict;
  /** Said after the first wrong try, and after the second. */
  hints: readonly [string, string];
  /** Said from the third on. */
  solution(...given: Given): string;
}

/**
 * The check of an exercise. It never throws, whatever it is given, so that a lesson can be run from top to bottom before anything
 * is answered. An answer that is given again counts as one try; a kernel that is restarted knows of none.
 * @returns what the cell shows: ✓ and why, or what is wrong and a hint
 */
export function exercise<Given extends unknown[]>({
  task,
  judge,
  hints,
  solution,
}: Exercise<Given>): (answer: unknown, ...given: Given) => Displayable {
  const tries: unknown[] = [];
  return (answer, ...given) => {
    if (answer === undefined || answer === null) return note("todo", "Not yet.", task);
    try {
      const verdict = judge(answer, ...given);
      if ("right" in verdict) return note("right", "✓ Right.", verdict.right);
      if (!tries.some((earlier) => isSame(earlier, answer))) tries.push(answer);
      const [first, second] = hints;
      const help =
        tries.length === 1
          ? `Hint: ${first}`
          : tries.length === 2
            ? `A stronger hint: ${second}`
            : `A solution: ${solution(...given)}`;
      return note("wrong", "Not yet.", `${verdict.wrong}\n${help}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return note("wrong", "Not yet.", `This could not be checked: ${reason}. ${task}`);
    }
  };
}

/** Whether it is the same answer once more; of lists, the same members. */
function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.join("\n") === other.join("\n");
  return Object.is(one, other);
}

/** Both themes of JupyterLab have enough contrast with these. */
const COLOURS = { right: "#2e9e4f", wrong: "#d9822b", todo: "#8a8a8a" };

function note(kind: keyof typeof COLOURS, head: string, text: string): Displayable {
  const lines = text.split("\n");
  const body = lines.map((line, i) => `${i > 0 ? "<br>" : ""}${marked(line)}`).join("");
  const style = `border-left: 4px solid ${COLOURS[kind]}; padding: 2px 12px; max-width: 46em; line-height: 1.5`;
  const bundle: MimeBundle = {
    "text/html": `<div style="${style}"><strong style="color: ${COLOURS[kind]}">${head}</strong> ${body}</div>`,
    "text/plain": [`${head} ${lines[0]}`, ...lines.slice(1)].join("\n"),
  };
  return { [Symbol.for("Jupyter.mime")]: () => bundle };
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A line as HTML; what stands in backticks is code, what stands between stars has weight. */
function marked(line: string): string {
  const parts = line.replace(/[&<>"]/g, (character) => ENTITIES[character]).split("`");
  const isCode = (i: number) => i % 2 === 1 && i < parts.length - 1;
  return parts
    .map((part, i) => (isCode(i) ? `<code>${part}</code>` : part.replace(/\*(\w+)\*/g, "<em>$1</em>")))
    .join("");
}

/** A number that was given as an answer, or in what it is none. */
export function numberIn(answer: unknown): { value: number } | { wrong: string } {
  if (answer instanceof Promise) return { wrong: "That is a promise: put `await` in front of it." };
  if (typeof answer === "string")
    return { wrong: `"${cut(answer)}" is a text: write a number, without quotation marks.` };
  if (typeof answer !== "number") return { wrong: "A number is expected." };
  if (Number.isNaN(answer))
    return { wrong: "NaN is no number: somewhere a value was missing, or 0 was divided by 0." };
  return { value: answer };
}

/** The check of an answer that is one number. */
export function judgeNumber(
  answer: unknown,
  {
    truth,
    within,
    right,
    wrong,
  }: {
    truth: number;
    /** How far off it may be. */
    within: number;
    right: string;
    /** What is the matter with a wrong number, where that can be told. */
    wrong?: (value: number) => string | undefined;
  },
): Verdict {
  const given = numberIn(answer);
  if ("wrong" in given) return given;
  const { value } = given;
  if (Math.abs(value - truth) <= within) return { right };
  const which = value > truth ? "too large" : "too small";
  return { wrong: wrong?.(value) ?? `${shortly(value)} is ${which}.` };
}

/** A text of one of some names, or in what it is none. */
export function nameIn(
  answer: unknown,
  names: readonly string[],
  what: string,
): { value: string } | { wrong: string } {
  if (typeof answer !== "string") return { wrong: `${what} is expected, as a text in quotation marks.` };
  if (names.includes(answer)) return { value: answer };
  const near = names.find((name) => name.toLowerCase() === answer.trim().toLowerCase());
  return { wrong: `"${cut(answer)}" is not ${what}${near ? `; is "${near}" meant?` : "."}` };
}

/** A figure in a sentence. */
export function shortly(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** A share in a sentence. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

const cut = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
