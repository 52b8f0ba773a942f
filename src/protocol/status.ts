import { existsSync } from "node:fs";
import { join } from "node:path";
import { readPlan } from "../store/plan.js";
import { CellkernelError } from "../support/error.js";
import type { PieceOfWork } from "./status/piece.js";
import { shardsOf } from "./status/shards.js";
import { type SettingOfSweep, sweepOf } from "./status/trainings.js";

/** How it stands with work that many processes do. */
export interface Status {
  /** What the pieces are: shards of a plan, or trainings. */
  what: "shards" | "trainings";
  pieces: PieceOfWork[];
  /** Pieces in each state. */
  states: Record<PieceOfWork["state"], number>;
  unit: "cells" | "steps";
  /** Of all pieces together; null where it is not known. */
  done: number | null;
  of: number | null;
  /** What those do that run now; null where none says. */
  perSecond: number | null;
  /** If as many go on running as do now. */
  secondsLeft: number | null;
  /** Of trainings, by setting. */
  sweep?: SettingOfSweep[];
}

/**
 * How it stands with the shards of a plan, or with the trainings of one series or several, by what lies in their folder.
 * @param folder of the parts of a plan, of a series (`finetune --folds … --seeds …`), or of such folders
 * @param plan where it is not the folder's `plan.json`
 * @throws where there is neither
 */
export function status(folder: string, plan = join(folder, "plan.json")): Status {
  if (!existsSync(folder))
    throw new CellkernelError("path", `there is no folder ${folder}`, { path: folder });
  const sweep = sweepOf(folder);
  if (sweep.length === 0 && existsSync(plan)) {
    const of = readPlan(plan);
    return statusOf("shards", shardsOf(folder, of));
  }
  if (sweep.length === 0)
    throw new CellkernelError(
      "path",
      `there is no plan ${plan} of shards (cellkernel plan … --out ${plan}), and ${folder} holds no trainings of folds or seeds (cellkernel finetune … --folds 5 --out ${folder})`,
      { path: folder },
    );
  return {
    ...statusOf(
      "trainings",
      sweep.flatMap(({ pieces }) => pieces),
    ),
    sweep,
  };
}

function statusOf(what: Status["what"], pieces: PieceOfWork[]): Status {
  const states = { done: 0, running: 0, failed: 0, lost: 0, wrong: 0, waiting: 0 };
  for (const { state } of pieces) states[state]++;
  const known = pieces.every(({ of }) => of !== null);
  const of = known ? sum(pieces.map((piece) => piece.of!)) : null;
  const done = known ? sum(pieces.map((piece) => piece.done)) : null;
  const perSecond = sum(pieces.map((piece) => piece.perSecond ?? 0)) || null;
  return {
    ...{ what, pieces, states, unit: what === "shards" ? "cells" : "steps", done, of, perSecond },
    secondsLeft: perSecond !== null && of !== null ? (of - done!) / perSecond : null,
  };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
