import { openModel } from "../protocol/model.js";
import { type PlannedPreprocess, planPreprocess } from "../protocol/rounds/planPreprocess.js";
import {
  type MergedRound,
  mergePreprocessRound,
  preprocessShard,
} from "../protocol/rounds/preprocessShard.js";
import type { ShardResult } from "../protocol/shards/runShard.js";
import { type Flag, flags, fromFlags } from "../settings/flags.js";
import { MODEL } from "../settings/model.js";
import { PREPARATION } from "../settings/preparation.js";
import { SAMPLES } from "../settings/samples.js";
import { type Invocation, text, UsageError } from "./command.js";
import { CONFIG, configured } from "./config.js";
import { progressLine } from "./progressLine.js";

/** What makes of `preprocess` a step of a round of a plan. */
export const ROUND_FLAGS: Record<string, Flag> = {
  plan: {
    value: "PLAN",
    help: "plan of which a shard of a round is done, in place of the files (cellkernel plan --step preprocess); --out is then the folder for the parts of all rounds, and no other options go with it",
  },
  round: { value: "R", help: "which round of the plan, from 1" },
  shard: { value: "I", help: "which shard of the plan, from 0" },
  merge: { help: "in place of --shard: puts the parts of a round but the last together, for the next" },
};

/** What says that the command is to do a step of a round. */
export function isRound({ values }: Invocation): boolean {
  return Object.keys(ROUND_FLAGS).some((name) => values[name] !== undefined);
}

/** Does a shard of a round, or puts its parts together. */
export async function doRound(call: Invocation): Promise<ShardResult | MergedRound> {
  const given = (name: string, what: string): string => {
    const value = text(call, name);
    if (value === undefined) throw new UsageError(`--${name} is missing: ${what}.`);
    return value;
  };
  const whole = (name: string, what: string): number => {
    const value = given(name, what);
    if (/^\d+$/.test(value)) return Number(value);
    throw new UsageError(`--${name} is "${value}"; it must be a whole number.`);
  };
  const plan = given("plan", "the plan that the round is of (cellkernel plan --step preprocess)");
  const round = whole("round", "which round of the plan, from 1");
  const out = given("out", "the folder for the parts");
  const stray = Object.keys(call.values).find(
    (name) => !["out", "json"].includes(name) && !ROUND_FLAGS[name],
  );
  if (call.positionals.length > 0 || stray !== undefined)
    throw new UsageError(
      `${stray === undefined ? call.positionals.join(" ") : `--${stray}`} stands in the plan: leave it out here.`,
    );
  const options = {
    signal: call.signal,
    onProgress: (progress: Parameters<typeof progressLine>[0]) => call.progress(progressLine(progress)),
  };
  if (!call.values.merge)
    return preprocessShard(plan, round, whole("shard", "its number, from 0, or --merge"), {
      ...options,
      out,
    });
  if (call.values.shard !== undefined)
    throw new UsageError("--merge puts the parts of all shards together: leave --shard out.");
  return mergePreprocessRound(plan, round, out, options);
}

/** The result for people. */
export function roundText(result: ShardResult | MergedRound): string {
  const { path, skipped } = result;
  if (skipped) return `${path} is there already, whole: nothing was done.`;
  return `${"cells" in result ? `${result.cells} cells done. ` : ""}Written to ${path}`;
}

const PLANNED = { ...MODEL, ...PREPARATION, ...SAMPLES };

/** The options of a plan for a preparation. */
export const PREPARATION_FLAGS: Record<string, Flag> = { ...flags(PLANNED), ...CONFIG };

/** Plans a preparation. */
export async function planRounds(call: Invocation, out: string, shards: number): Promise<PlannedPreprocess> {
  refuseStray(call, "preprocess", PREPARATION_FLAGS);
  const [folder, ...files] = call.positionals;
  const { options, notes } = configured(call, PREPARATION, "preparation");
  const model = await openModel(folder, fromFlags(MODEL, call.values));
  const given = { ...options, ...fromFlags(SAMPLES, call.values), model };
  const planned = await planPreprocess(files, { ...given, shards, out });
  return { ...planned, notes: [...notes, ...planned.notes] };
}

/** @throws where an option is none of the step's */
export function refuseStray({ values }: Invocation, step: string, own: Record<string, Flag>): void {
  const stray = Object.keys(values).find(
    (name) => !["out", "shards", "step", "json"].includes(name) && !own[name],
  );
  if (stray) throw new UsageError(`--${stray} is none of the options of ${step}: leave it out.`);
}

/** What is to be done by a plan, for people. */
export function roundsText({ path, cells, shards, rounds, notes }: PlannedPreprocess): string {
  const steps = rounds.flatMap((_, i) => [
    `cellkernel preprocess --plan ${path} --round ${i + 1} --shard I --out DIR`,
    i === rounds.length - 1
      ? `cellkernel merge ${path} DIR --out PREPARED`
      : `cellkernel preprocess --plan ${path} --round ${i + 1} --merge --out DIR`,
  ]);
  return [
    ...notes.map((note) => `- ${note}`),
    `${cells} cells in ${shards.length} shards, I from 0 to ${shards.length - 1}, and ${rounds.length} rounds, one after the other:`,
    ...steps.map((step) => `  ${step}`),
  ].join("\n");
}
