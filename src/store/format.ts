import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CellkernelError } from "../support/error.js";
import { plainFile, readText } from "../support/readText.js";

/** Version of what the folders of this project hold. A change of their form makes it one more. */
export const FORMAT = 1;

/** Bytes of a record: the longest text that JavaScript can hold. The names of 20 million cells fit. */
export const MOST_RECORD = 2 ** 29 - 25;

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

/** SHA-256 of a file, in hexadecimal digits. */
async function hashOf(path: string): Promise<string> {
  plainFile(path);
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part);
  return hash.digest("hex");
}

/** The same without letting other work go on in between, for files that were just written. */
export function hashOfNow(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/**
 * Compares files of a folder with the hashes that its record holds.
 * @throws where one is missing or another: the folder is not what was written
 */
export async function checkHashes(
  folder: string,
  hashes: Record<string, unknown>,
  remedy: string,
): Promise<void> {
  for (const [name, expected] of Object.entries(hashes)) {
    const path = join(folder, basename(name));
    if (!existsSync(path))
      throw new CellkernelError("not-whole", `${folder} is not whole: ${name} is missing: ${remedy}`, {
        path,
      });
    if ((await hashOf(path)) !== expected)
      throw new CellkernelError(
        "not-whole",
        `${path} is not the file that was written with this folder: ${remedy}`,
        { path },
      );
  }
}
