import { join } from "node:path";
import { signName } from "../../store/part.js";
import { partStates } from "../../store/partStates.js";
import type { Plan } from "../../store/plan.js";
import { bySign, type PieceOfWork } from "./piece.js";

/**
 * How it stands with the shards of a plan, by what lies in its folder; the parts are not read through.
 * @param kind of the parts
 */
export function shardsOf(folder: string, plan: Plan<object>, kind: string): PieceOfWork[] {
  return partStates(folder, plan, kind, { verify: false }).map(({ shard, state, fault }) => {
    const [start, end] = plan.shards[shard];
    const name = `shard ${shard}`;
    const of = end - start;
    if (state === "done") return { name, state, done: of, of };
    const said = bySign(join(folder, signName(shard, kind)));
    if (said) return { name, ...said };
    if (state === "missing") return { name, state: "waiting", done: 0, of };
    return { name, state: "wrong", done: 0, of, fault };
  });
}
