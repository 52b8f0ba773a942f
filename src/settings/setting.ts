import { CellkernelError } from "../support/error.js";

/** Where the published protocol's YAML file has an option. */
export interface YamlPlace {
  /** Its section. */
  section: "task_info" | "preprocess" | "model_parameters" | "task_configs";
  /** Its key there. */
  key: string;
}

/**
 * One option of a step, said once: its flag, its key in the published file, its type and check, its default, its help.
 * `T` is what a user gives.
 */
export interface Setting<T, D = T | undefined> {
  /** Flag of the command line; the name in small letters and dashes when absent. */
  flag?: string;
  /** Where the published file has it; absent where it has not. */
  yaml?: YamlPlace;
  /** What the value is called in the help; absent for a switch. */
  value?: string;
  /** One line. A default that is no plain value is said here. */
  help: string;
  /** What it is in. */
  unit?: string;
  /** The words that it can be, where these are few. */
  words?: readonly string[];
  /** What holds where nothing is given; absent where the step works it out. */
  default: D;
  /** How the published file writes a value, and what is meant by what it has; where that is not the value itself. */
  file?: { write(value: T): unknown; read(given: unknown): unknown };
  /** Takes up what is written on a command line or in a file. Undefined: it is no such value. */
  parse(text: string): T | undefined;
  /** What a value must be, or undefined where this one is right. */
  fault(value: unknown): string | undefined;
}

/** The options of a step, by their names in TypeScript. */
// biome-ignore lint/suspicious/noExplicitAny: each setting has a type of its own, which inference keeps.
export type Table = Record<string, Setting<any, any>>;

/** What a user may give: every option of a table, each of its type, none needed. */
export type Options<T extends Table> = {
  -readonly [K in keyof T]?: T[K] extends Setting<infer V, infer _D> ? V : never;
};

/** Options after checks, with the defaults that the table knows. */
export type Resolved<T extends Table> = {
  -readonly [K in keyof T]: T[K] extends Setting<infer V, infer D>
    ? undefined extends D
      ? V | undefined
      : V
    : never;
};

type About<T, D> = Pick<Setting<T, D>, "flag" | "yaml" | "help" | "unit">;

/** A whole number. */
export function whole<D extends number | undefined = undefined>(
  about: About<number, D> & { least?: number; most?: number; default?: D },
): Setting<number, D> {
  const { least = 1, most = Number.POSITIVE_INFINITY } = about;
  const expected = `a whole number of at least ${least}${Number.isFinite(most) ? `, at most ${most}` : ""}`;
  return {
    ...{ value: "N", ...about, default: about.default as D, parse: readNumber },
    fault: (value) =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most
        ? undefined
        : expected,
  };
}

/** A number above `above`, at most `most`; with `least`, from that on and below `below`. */
export function real<D extends number | undefined = undefined>(
  about: About<number, D> & { above?: number; most?: number; least?: number; below?: number; default?: D },
): Setting<number, D> {
  const { above, most, least, below } = about;
  const expected =
    least !== undefined
      ? `a number from ${least}${most !== undefined ? ` to ${most}` : below === undefined ? " on" : ` to below ${below}`}`
      : `a number above ${above ?? 0}${most === undefined ? "" : `, at most ${most}`}${below === undefined ? "" : `, below ${below}`}`;
  const right = (x: unknown) =>
    typeof x === "number" &&
    Number.isFinite(x) &&
    (least === undefined ? x > (above ?? 0) : x >= least) &&
    (most === undefined || x <= most) &&
    (below === undefined || x < below);
  return {
    ...{ value: "X", ...about, default: about.default as D, parse: readNumber },
    fault: (value) => (right(value) ? undefined : expected),
  };
}

/** One of a few words. */
export function choice<const W extends string, D extends W | undefined = undefined>(
  words: readonly W[],
  about: About<W, D> & { default?: D; value?: string },
): Setting<W, D> {
  const expected = words.map((word) => `"${word}"`).join(", ");
  return {
    ...{ value: "NAME", words, ...about, default: about.default as D },
    parse: (text) => words.find((word) => word === text),
    fault: (value) => (words.includes(value as W) ? undefined : expected),
  };
}

/** Any text that is not empty. */
export function text(about: About<string, undefined> & { value: string }): Setting<string, undefined> {
  return {
    ...{ ...about, default: undefined },
    parse: (given) => given,
    fault: (value) => (typeof value === "string" && value !== "" ? undefined : "a text that is not empty"),
  };
}

/** Several names; with commas between them on a command line. */
export function names(about: About<string[], undefined> & { value: string }): Setting<string[], undefined> {
  return {
    ...{ ...about, default: undefined },
    parse: (given) => given.split(",").map((name) => name.trim()),
    fault: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((name) => typeof name === "string" && name !== "")
        ? undefined
        : "names, none of them empty",
  };
}

/** Several of a few words; with commas between them on a command line. */
export function choices<const W extends string>(
  words: readonly W[],
  about: About<W[], undefined> & { value: string },
): Setting<W[], undefined> {
  const expected = `one or more of ${words.join(", ")}, each once`;
  return {
    ...{ ...about, default: undefined },
    parse: (given) => given.split(",").map((word) => word.trim() as W),
    fault: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((word) => words.includes(word))
        ? undefined
        : expected,
  };
}

/** Several whole numbers from 0 on, each once; with commas between them on a command line. */
export function wholes(about: About<number[], undefined> & { value: string }): Setting<number[], undefined> {
  return {
    ...{ ...about, default: undefined },
    parse: (given) => given.split(",").map((one) => readNumber(one) ?? Number.NaN),
    fault: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((one) => Number.isInteger(one) && one >= 0)
        ? undefined
        : "whole numbers from 0 on, each once",
  };
}

/** On or off: a switch where it is off, a word where it is on unless one says otherwise. */
export function toggle(about: About<boolean, boolean> & { default?: boolean }): Setting<boolean, boolean> {
  const on = about.default === true;
  return {
    ...{ ...about, default: on, value: on ? "true|false" : undefined },
    parse: (given) => (/^true$/i.test(given) ? true : /^false$/i.test(given) ? false : undefined),
    fault: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  };
}

/** On, off, or what the step finds best where nothing is said. */
export function onOff(about: About<boolean, undefined>): Setting<boolean, undefined> {
  return {
    ...{ value: "on|off", words: ["on", "off"], ...about, default: undefined },
    parse: (given) => ({ on: true, true: true, off: false, false: false })[given],
    fault: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  };
}

/** The flag of an option, without its dashes. */
export function flagOf(name: string, setting: { flag?: string }): string {
  return setting.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Checks options and fills in the defaults that the table knows. What is no option of the table is left out.
 * @throws where a value is none that the option takes; names the option, what was given, what was expected, the flag
 */
export function resolve<T extends Table>(table: T, options: Options<T>): Resolved<T> {
  const resolved = Object.entries(table).map(([name, setting]) => {
    const given = (options as Record<string, unknown>)[name];
    if (given === undefined || given === null) return [name, setting.default];
    const expected = setting.fault(given);
    if (expected !== undefined)
      throw new CellkernelError(
        "option",
        `the option ${name} is ${shown(given)}; expected ${expected} (--${flagOf(name, setting)})`,
        { option: name },
      );
    return [name, given];
  });
  return Object.fromEntries(resolved) as Resolved<T>;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function readNumber(text: string): number | undefined {
  const parsed = Number(text);
  return text.trim() === "" || Number.isNaN(parsed) ? undefined : parsed;
}
