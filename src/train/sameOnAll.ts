import { createHash } from "node:crypto";
import type { Communicator } from "../runtime/communicator.js";
import { CellkernelError } from "../support/error.js";

/** Bytes by which a value is told from another's: its text, or its SHA-256 in hexadecimal digits where that is too long. */
const FIELD = 64;

/**
 * That all ranks have the same; asked by all, about the same things in the same order. All come to the same answer.
 * @param things by what they are called; long ones are told apart, and not shown
 * @param remedy what to do where they differ
 * @throws where they differ: which, and on which ranks
 */
export async function requireSame(
  ranks: Communicator,
  things: Readonly<Record<string, string>>,
  remedy: string,
): Promise<void> {
  const names = Object.keys(things);
  const all = await ranks.gather(Buffer.concat(names.map((name) => fieldOf(things[name]))));
  const differences = names.flatMap((name, i) => {
    const fields = all.map((one) => Buffer.from(one.subarray(i * FIELD, (i + 1) * FIELD)));
    const others = fields.flatMap((field, rank) => (field.equals(fields[0]) ? [] : [rank]));
    return others.length > 0 ? [`${name}: ${describe(others, fields)}`] : [];
  });
  if (differences.length > 0)
    throw new CellkernelError(
      "ranks",
      `the processes that train together do not agree (${differences.join("; ")}): ${remedy}`,
      { differences },
    );
}

function fieldOf(text: string): Buffer {
  const bytes = Buffer.from(text);
  const field = Buffer.alloc(FIELD);
  (bytes.length < FIELD ? bytes : Buffer.from(createHash("sha256").update(bytes).digest("hex"))).copy(field);
  return field;
}

/** The value of a field, where it is shorter than a hash. */
function shown(field: Buffer): string | undefined {
  const end = field.indexOf(0);
  return end === -1 ? undefined : field.subarray(0, end).toString();
}

function describe(others: number[], fields: Buffer[]): string {
  const which = others.length === 1 ? `rank ${others[0]}` : `ranks ${others.join(", ")}`;
  const [theirs, first] = [shown(fields[others[0]]), shown(fields[0])];
  if (theirs === undefined || first === undefined)
    return `${which} ${others.length === 1 ? "has" : "have"} others than rank 0`;
  return `${theirs || "none"} on ${which}, ${first || "none"} on rank 0`;
}
