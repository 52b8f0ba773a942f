import { existsSync } from "node:fs";
import { writeFileAtomically } from "../support/atomic.js";
import { CellkernelError } from "../support/error.js";
import { type Fingerprint, fingerprintOf } from "./fingerprint.js";
import { FORMAT, type Kinds, readRecord } from "./format.js";
import { hashOfJson } from "./hash.js";

/** One of the files or folders whose cells, one below the other, a plan is for. */
export interface PlannedFile {
  /** Its absolute path. */
  path: string;
  /** Where a folder holds several matrices: what the names of this one's files begin with. */
  prefix?: string;
  /** What its cells are told from those of the others by. */
  label: string;
  /** Number of its cells. */
  cells: number;
  /** By which its content is recognised. */
  fingerprint: Fingerprint;
}

/** What all shards of a job must agree on: everything that is decided by looking at the whole. */
export interface Plan<Decided extends object = Record<string, unknown>> {
  /** SHA-256 of all else. */
  id: string;
  /** What is done to the cells, for instance "annotate": who reads it knows what `decided` holds. */
  step: string;
  /** Version of Cellkernel that made it. */
  version: string;
  /** The cells' files, in the order of their rows. */
  files: PlannedFile[];
  /** First row of each shard and the one after its last, among the rows of all files. */
  shards: [start: number, end: number][];
  /** What the step decided for the whole, in plain JSON. */
  decided: Decided;
}

const REMEDY = "make the plan again (cellkernel plan)";

/**
 * Row ranges of as many shards, as even as they can be.
 * @param multiple every shard but the last has a multiple of that many rows
 * @throws where there would be shards without a cell
 */
export function shardRows(cells: number, shards: number, multiple = 1): [number, number][] {
  const units = Math.ceil(cells / multiple);
  if (!Number.isInteger(shards) || shards < 1 || shards > units)
    throw new CellkernelError(
      "option",
      `the option shards is ${shards}; expected a whole number from 1 to ${units}, for ${cells} cells (--shards)`,
      { option: "shards" },
    );
  const border = (i: number) => Math.min(cells, Math.floor((units * i) / shards) * multiple);
  return Array.from({ length: shards }, (_, i) => [border(i), border(i + 1)]);
}

/** Gives a plan its id. */
export function withId<D extends object>(plan: Omit<Plan<D>, "id">): Plan<D> {
  // As it comes back from the file: what JSON has no word for is not there.
  const settled = JSON.parse(JSON.stringify(plan)) as Omit<Plan<D>, "id">;
  return { ...settled, id: idOf(settled) };
}

function idOf({ step, version, files, shards, decided }: Omit<Plan<object>, "id">): string {
  return hashOfJson([FORMAT, step, version, files, shards, decided]);
}

/** Writes a plan to a JSON file, whole or not at all. */
export function writePlan<D extends object>(path: string, plan: Plan<D>): void {
  writeFileAtomically(path, `${JSON.stringify({ format: FORMAT, ...plan })}\n`);
}

/**
 * Reads what `writePlan` wrote.
 * @param steps those that the caller can do; any where nothing is said
 * @throws where it is missing, of another format, of another step, or not as it was written
 */
export function readPlan<D extends object>(path: string, steps?: readonly string[]): Plan<D> {
  if (!existsSync(path))
    throw new CellkernelError("path", `there is no plan ${path}: ${REMEDY}`, { path, option: "plan" });
  const kinds: Kinds = {
    ...{ id: "text", step: "text", version: "text", files: "list", shards: "list", decided: "object" },
  };
  const { format, ...plan } = readRecord(path, kinds, REMEDY) as unknown as Plan<D> & { format: number };
  if (idOf(plan) !== plan.id)
    throw new CellkernelError("not-whole", `${path} is not as it was written: ${REMEDY}`, { path });
  if (steps && !steps.includes(plan.step))
    throw new CellkernelError("option", `${path} is a plan for ${plan.step}, not for ${steps.join(" or ")}`, {
      path,
      option: "plan",
    });
  return plan;
}

/** @throws where another version of Cellkernel made it: the parts of two versions might not fit together */
export function requireVersion(plan: Plan<object>, version: string): void {
  if (plan.version === version) return;
  throw new CellkernelError(
    "other-preparation",
    `the plan was made by Cellkernel ${plan.version}, and this is ${version}: use that one for all shards, or ${REMEDY}`,
    { planned: plan.version, version },
  );
}

/** @throws where files are others than they were when the plan was made, by what `fingerprintOf` sees */
export function requireSameFiles(files: readonly Pick<PlannedFile, "path" | "fingerprint">[]): void {
  for (const { path, fingerprint } of files) {
    const { bytes, sha256 } = fingerprintOf(path);
    if (sha256 === fingerprint.sha256) continue;
    throw new CellkernelError(
      "other-preparation",
      `${path} is another file than when the plan was made (${fingerprint.bytes} bytes then, ${bytes} now${bytes === fingerprint.bytes ? ", with another content" : ""}): ${REMEDY}`,
      { path },
    );
  }
}

/** @throws where there is no shard of that number */
export function rowsOfShard({ shards }: Pick<Plan<object>, "shards">, shard: number): [number, number] {
  const rows = Number.isInteger(shard) ? shards[shard] : undefined;
  if (rows) return rows;
  throw new CellkernelError(
    "option",
    `there is no shard ${shard}: the plan has shards 0 to ${shards.length - 1} (--shard)`,
    { option: "shard", shard },
  );
}
