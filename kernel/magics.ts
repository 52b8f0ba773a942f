import type { LanguageClient } from "./language/client.js";

/** What a line at the top of a cell asks for, beginning with `%`, and the options that it takes. */
const MAGICS = {
  /** The rest of the line is code. */
  time: undefined,
  who: [] as string[],
  // As in IPython, where it keeps the question away that we do not ask.
  reset: ["-f"],
  /** The rest of the line is for npm. */
  npm: undefined,
};

export const MAGIC_NAMES = Object.keys(MAGICS) as (keyof typeof MAGICS)[];

/** A cell taken apart. */
export interface Split {
  /** What runs in a shell before the code, in order. */
  commands: { command: string; isNpm: boolean }[];
  magic?: "time" | "who" | "reset";
  code: string;
}

/**
 * Splits a cell into its commands, its magic and its code. Both become blanks, so that what is left keeps
 * its lines and columns.
 *
 * @param isName whether a name means something in code: `!ready` may be either
 * @throws when the magic is unknown, or followed by what it does not take
 */
export function splitCell(cell: string, isName: (name: string) => boolean): Split {
  const commands: Split["commands"] = [];
  let code = cell;
  while (true) {
    const [, indent, sign, rest] = /^(\s*)(%{1,2}|!)(.*)/.exec(code) ?? [];
    const line = `${indent}${sign}${rest}`;
    if (sign === undefined || (sign === "!" && isCode(`!${rest}`, isName))) return { commands, code };
    if (sign === "!") commands.push({ command: rest.trim(), isNpm: false });
    else {
      const [name] = /^\w*/.exec(rest)!;
      const argument = rest.slice(name.length);
      if (name !== "npm") return { commands, ...splitMagic(code, line, name, argument) };
      if (argument.trim() === "") throw new Error("%npm takes a command of npm, such as %npm install NAME");
      commands.push({ command: `npm${argument}`.trim(), isNpm: true });
    }
    code = blanked(line) + code.slice(line.length);
  }
}

function splitMagic(code: string, line: string, name: string, rest: string): Pick<Split, "magic" | "code"> {
  if (!Object.hasOwn(MAGICS, name)) {
    throw new Error(`Unknown magic %${name}; there are ${MAGIC_NAMES.map((each) => `%${each}`).join(", ")}`);
  }
  const magic = name as NonNullable<Split["magic"]>;
  const options = MAGICS[magic];
  const argument = rest.trim();
  if (options && argument && !options.includes(argument)) {
    const takes = options.length > 0 ? `nothing but ${options.join(", ")}` : "nothing";
    throw new Error(`%${name} takes ${takes}, not '${argument}'`);
  }
  const taken = options ? line : line.slice(0, line.length - rest.length);
  return { magic, code: blanked(taken) + code.slice(taken.length) };
}

const blanked = (text: string) => text.replace(/[^\n]/g, " ");

/** Whether a line that begins with `!` negates something, and is no command of the shell. */
function isCode(line: string, isName: (name: string) => boolean): boolean {
  if (/^!\s*[(![{"'`+\-\d]/.test(line)) return true;
  const [, name] = /^!\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(line) ?? [];
  if (name !== undefined && !isName(name) && !OPERATORS.has(name)) return false;
  try {
    new Function(`(async () => {\n${line}\n})`);
    return true;
  } catch (error) {
    // It may go on in the next line.
    return /missing \)|Unexpected token '}'/.test((error as Error).message);
  }
}

const OPERATORS = new Set(["await", "new", "typeof", "this", "true", "false", "null", "void", "function"]);

/** `%who`: the names of the session with their types. */
export async function listNames(language: LanguageClient): Promise<string> {
  const names = await language.who();
  if (names.length === 0) return "No names yet.";
  const width = Math.max(...names.map(([name]) => name.length));
  return names.map(([name, type]) => `${name.padEnd(width)}  ${type}`).join("\n");
}

/** `%time`: how long the rest of the cell took. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
