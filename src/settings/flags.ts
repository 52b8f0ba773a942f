import { flagOf, type Options, type Setting, type Table } from "./setting.js";

/** An option as the command line's parser and help take it. */
export interface Flag {
  /** What its value is called; absent for a switch. */
  value?: string;
  help: string;
}

/** A value of the command line that its option doesn't take. */
export class FlagError extends Error {}

/** The flags of a table. */
export function flags(table: Table): Record<string, Flag> {
  return Object.fromEntries(
    Object.entries(table).map(([name, setting]) => [
      flagOf(name, setting),
      { value: setting.value, help: setting.help + defaultText(setting) },
    ]),
  );
}

/**
 * The options that were given by flags.
 * @throws FlagError that names the flag, what was given and what was expected
 */
export function fromFlags<T extends Table>(
  table: T,
  values: Record<string, string | true | undefined>,
): Options<T> {
  const options: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const flag = flagOf(name, setting);
    const given = values[flag];
    if (given !== undefined) options[name] = given === true ? true : parsed(flag, given, setting);
  }
  return options as Options<T>;
}

function parsed(flag: string, given: string, setting: Setting<unknown, unknown>): unknown {
  const value = setting.parse(given);
  const expected = setting.words ? `one of ${setting.words.join(", ")}` : setting.fault(value);
  if (value !== undefined && setting.fault(value) === undefined) return value;
  throw new FlagError(
    `--${flag} is "${given}"; it must be ${value === undefined && expected?.includes("number") ? "a number" : expected}.`,
  );
}

/** " (5000)"; nothing where there is no default, or the help says it. */
export function defaultText({ default: value, value: named }: Setting<unknown, unknown>): string {
  return value === undefined || named === undefined ? "" : ` (${value})`;
}
