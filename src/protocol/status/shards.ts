import { join } from "node:path";
import { signName } from "../../store/part.js";
import { partStates } from "../../store/partStates.js";
import type { Plan } from "../../store/plan.js";
import { type PreparationPlan, STEP } from "../rounds/plan.js";
import { bySign, type PieceOfWork } from "./piece.js";

/**
 * How it stands with the shards of a plan, of a preparation in each of its rounds, by what lies in its folder; the parts are not read
 * through.
 */
export function shardsOf(folder: string, plan: Plan<object>): PieceOfWork[] {
  if (plan.step !== STEP) return ofKind(folder, plan, plan.step, (shard) => `shard ${shard}`);
  return (plan as PreparationPlan).decided.rounds.flatMap((kind, i) =>
    ofKind(folder, plan, kind, (shard) => `round ${i + 1}, shard ${shard}`),
  );
}

function ofKind(
  folder: string,
  plan: Plan<object>,
  kind: string,
  nameOf: (shard: number) => string,
): PieceOfWork[] {
  return partStates(folder, plan, kind, { verify: false }).map(({ shard, state, fault }) => {
    const [start, end] = plan.shards[shard];
    const name = nameOf(shard);
    const of = end - start;
    if (state === "done") return { name, state, done: of, of };
    const said = bySign(join(folder, signName(shard, kind)));
    if (said) return { name, ...said };
    if (state === "missing") return { name, state: "waiting", done: 0, of };
    return { name, state: "wrong", done: 0, of, fault };
  });
}
