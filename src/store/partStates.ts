import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CellkernelError } from "../support/error.js";
import { type PartPlan, partName } from "./part.js";
import { PartReader } from "./partReader.js";

/** How it stands with the part of a shard. */
export interface PartState {
  shard: number;
  /** `doubled`: several files claim to be it. */
  state: "done" | "missing" | "damaged" | "foreign" | "doubled";
  /** Where it is, or should be. */
  path: string;
  /** When it was finished, in milliseconds since 1970, where it is there. */
  finished?: number;
  /** What is wrong with it. */
  fault?: string;
}

const PART = /^part\..*\.safetensors$/;

/**
 * How it stands with each shard's part in a folder.
 * @param kind of the parts, see `PartContents`
 * @param options.only the one shard that is asked for
 * @param options.verify reads all of every part and compares its hash; else only what its header claims is looked at
 */
export function partStates(
  folder: string,
  plan: PartPlan,
  kind: string,
  { verify = true, only }: { verify?: boolean; only?: number } = {},
): PartState[] {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there && !there.isDirectory())
    throw new CellkernelError("path", `${folder} is a file; expected the folder for the parts (--out)`, {
      path: folder,
    });
  const names = there ? readdirSync(folder).filter((name) => PART.test(name)) : [];
  const claims = new Map<number, string[]>();
  for (const name of names) {
    const shard = claimed(join(folder, name), plan, kind);
    if (shard !== undefined) claims.set(shard, [...(claims.get(shard) ?? []), name]);
  }
  const wanted = only === undefined ? [...plan.shards.keys()] : [only];
  return wanted.map((shard) => {
    const own = partName(shard, kind);
    const claiming = claims.get(shard) ?? [];
    const others = claiming.filter((name) => name !== own);
    const path = join(folder, own);
    if (others.length > 0) {
      const several = [...(claiming.includes(own) ? [own] : []), ...others];
      const fault =
        several.length > 1
          ? `${several.join(" and ")} are both part ${shard}: remove one`
          : `${others[0]} holds part ${shard}, whose name is ${own}: rename it${names.includes(own) ? ", in place of what has that name now" : ""}`;
      return { shard, state: several.length > 1 ? "doubled" : "foreign", path, fault };
    }
    return stateOf(path, shard, plan, kind, verify);
  });
}

/** The shard that a file says it is the part of, where it is one of the plan. */
function claimed(path: string, plan: PartPlan, kind: string): number | undefined {
  try {
    const reader = PartReader.open(path);
    reader.close();
    return reader.planId === plan.id && reader.kind === kind ? reader.shard : undefined;
  } catch {
    return undefined;
  }
}

function stateOf(path: string, shard: number, plan: PartPlan, kind: string, verify: boolean): PartState {
  if (!existsSync(path)) return { shard, state: "missing", path, fault: `${path} is missing` };
  const finished = statSync(path).mtimeMs;
  try {
    const reader = PartReader.open(path);
    try {
      const strange =
        reader.foreign(plan, kind) ?? (reader.shard === shard ? undefined : `is part ${reader.shard}`);
      if (strange !== undefined)
        return { shard, state: "foreign", path, finished, fault: `${path} ${strange}` };
      if (verify) reader.verify();
      return { shard, state: "done", path, finished };
    } finally {
      reader.close();
    }
  } catch (error) {
    return { shard, state: "damaged", path, finished, fault: (error as Error).message };
  }
}

/**
 * The paths of all parts, in the order of the shards.
 * @throws where one is missing, doubled, damaged or foreign: names each
 */
export function requireParts(folder: string, plan: PartPlan, kind: string): string[] {
  const states = partStates(folder, plan, kind);
  const faults = states.flatMap(({ fault }) => fault ?? []);
  if (faults.length === 0) return states.map(({ path }) => path);
  const more = faults.length > 8 ? `; and ${faults.length - 8} more` : "";
  throw new CellkernelError(
    "not-whole",
    `${folder} does not hold all ${plan.shards.length} parts of the plan: ${faults.slice(0, 8).join("; ")}${more}`,
    { path: folder, shards: states.flatMap(({ shard, state }) => (state === "done" ? [] : [shard])) },
  );
}

/**
 * Whether a shard's part is there and whole, so that nothing is to be done.
 * @throws where another file stands in its place, or claims to be it
 */
export function isPartDone(folder: string, plan: PartPlan, kind: string, shard: number): boolean {
  const [{ state, path, fault }] = partStates(folder, plan, kind, { only: shard });
  if (state === "foreign" || state === "doubled")
    throw new CellkernelError("other-preparation", `${fault}: give another folder, or remove that file`, {
      path,
    });
  return state === "done";
}
