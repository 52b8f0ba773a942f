import { join } from "node:path";
import { QcAccumulator } from "../../preprocess/qc.js";
import type { HighlyVariableGenes } from "../../preprocess/ranking.js";
import { type StateArrays, stateUnder, withPrefix } from "../../preprocess/state.js";
import type { GeneFindings } from "../../preprocess/statistics.js";
import { type PartPlan, partName, writePart } from "../../store/part.js";
import { type Part, readPart } from "../../store/partReader.js";
import { isPartDone } from "../../store/partStates.js";
import { CellkernelError } from "../../support/error.js";
import type { Found } from "../tokenizerFor.js";
import type { SightAfterAll } from "./countAgain.js";
import type { Basis } from "./countShard.js";
import { asState } from "./parts.js";
import type { PreparationPlan } from "./plan.js";
import type { Sight } from "./shard.js";

/** What a round of all shards came to, kept beside their parts. */
type Outcome = "kept" | "chosen";

/** It is a part of all cells. */
function ofAll({ id, shards }: PreparationPlan): PartPlan {
  return { id, shards: [[0, shards[shards.length - 1][1]]] };
}

/** Whether it is there already. */
export function isThere(plan: PreparationPlan, folder: string, outcome: Outcome): boolean {
  return isPartDone(folder, ofAll(plan), outcome, 0);
}

function read(plan: PreparationPlan, folder: string, outcome: Outcome, round: string): Part {
  const path = join(folder, partName(0, outcome));
  if (isThere(plan, folder, outcome)) return readPart(path, ofAll(plan));
  throw new CellkernelError(
    "not-whole",
    `${path} is missing: put the parts of round ${round} together first (cellkernel preprocess --plan PLAN --round ${round} --merge --out ${folder})`,
    { path },
  );
}

/** Writes which genes a filter left. */
export function writeKept(
  plan: PreparationPlan,
  folder: string,
  qc: QcAccumulator,
  { sight, keptGenes }: Required<Basis>,
): string {
  const arrays = { ...withPrefix("qc.", qc.state()), keptGenes };
  return writePart(folder, ofAll(plan), 0, { kind: "kept", meta: { sight }, arrays });
}

/** What the round of genes came to. */
export function readKept(plan: PreparationPlan, folder: string): Required<Basis> & { qc: StateArrays } {
  const { meta, arrays } = read(plan, folder, "kept", "1");
  const state = asState(arrays);
  return { sight: meta.sight, keptGenes: state.keptGenes as Uint8Array, qc: stateUnder("qc.", state) };
}

/** Writes what was found about the genes. */
export function writeChosen(
  plan: PreparationPlan,
  folder: string,
  qc: QcAccumulator,
  { keptGenes, outside, variable }: GeneFindings,
  { taken, counted }: Pick<SightAfterAll, "taken" | "counted">,
): string {
  const { flavor, ...arrays } = variable ?? { flavor: undefined };
  const defined = Object.fromEntries(Object.entries(arrays).filter(([, array]) => array !== undefined));
  return writePart(folder, ofAll(plan), 0, {
    kind: "chosen",
    meta: { taken, counted, outside, flavor },
    arrays: {
      ...withPrefix("qc.", qc.state()),
      ...{ keptGenes, ...withPrefix("variable.", defined as StateArrays) },
    },
  });
}

/** By what all shards were counted in the end, where it is known: the plan's sight does not always serve. */
export function countedBy(plan: PreparationPlan, folder: string): Sight | undefined {
  if (!isThere(plan, folder, "chosen")) return undefined;
  return readPart(join(folder, partName(0, "chosen")), ofAll(plan)).meta.counted;
}

/** What the counting of all shards came to. */
export function readChosen(plan: PreparationPlan, folder: string): Found {
  const round = String(plan.decided.rounds.indexOf("statistics") + 1);
  const { meta, arrays } = read(plan, folder, "chosen", round);
  const state = asState(arrays);
  const qc = new QcAccumulator(0, plan.decided.genes.names);
  qc.merge(stateUnder("qc.", state));
  const variable = { flavor: meta.flavor, ...stateUnder("variable.", state) };
  return {
    ...{ range: qc.range, qc: qc.metrics(), outside: meta.outside, keptGenes: state.keptGenes as Uint8Array },
    variable: meta.flavor === undefined ? undefined : (variable as unknown as HighlyVariableGenes),
    taken: meta.taken,
  };
}
