import { CellkernelError } from "../support/error.js";
import { readText } from "../support/readText.js";

/**
 * Version of what the folders of this project hold. A change of their form makes it one more; where folders of the form
 * before are to be read on, what makes their records of this form belongs into `readRecord`, before the fields are checked.
 */
export const FORMAT = 1;

/** Bytes of a record: the longest text that JavaScript can hold. The names of 20 million cells fit. */
const MOST_RECORD = 2 ** 29 - 25;

/** What each field of a record must be. */
export type Kinds = Record<string, "text" | "number" | "list" | "object" | "texts">;

const IS: Record<Kinds[string], (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  list: Array.isArray,
  texts: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

const EXPECTED: Record<Kinds[string], string> = {
  ...{ text: "a text", number: "a number", list: "a list", texts: "a list of texts", object: "an object" },
};

/**
 * Reads the JSON record of a folder, and checks that it is of this format and has the fields that it needs.
 * @param kinds of the fields that must be there
 * @param remedy what to do where it is of another version or damaged
 */
export function readRecord(path: string, kinds: Kinds, remedy: string): Record<string, unknown> {
  let record: unknown;
  try {
    record = JSON.parse(readText(path, MOST_RECORD));
  } catch (error) {
    throw new CellkernelError("format", `${path} is not JSON (${(error as Error).message}): ${remedy}`, {
      path,
    });
  }
  if (!IS.object(record))
    throw new CellkernelError("format", `${path} should hold one JSON object: ${remedy}`, { path });
  const fields = record as Record<string, unknown>;
  if (fields.format !== FORMAT)
    throw new CellkernelError(
      "format",
      fields.format === undefined
        ? `${path} is of a version before formats were numbered; this version reads format ${FORMAT}: ${remedy}`
        : `${path} is of format ${JSON.stringify(fields.format)}; this version reads format ${FORMAT}: ${remedy}`,
      { path, format: fields.format },
    );
  for (const [name, kind] of Object.entries(kinds))
    if (!IS[kind](fields[name]))
      throw new CellkernelError(
        "format",
        `${path}: "${name}" is ${fields[name] === undefined ? "missing" : JSON.stringify(fields[name]).slice(0, 60)}; expected ${EXPECTED[kind]}: ${remedy}`,
        { path, field: name },
      );
  return fields;
}
