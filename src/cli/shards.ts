import type { ShardResult } from "../protocol/shards/runShard.js";
import { annotateShard, embedShard, mapShard } from "../protocol/shards/steps.js";
import { type Flag, flags, fromFlags } from "../settings/flags.js";
import { SHARD } from "../settings/shards.js";
import { type Invocation, text, UsageError } from "./command.js";
import { shareLines } from "./shareLine.js";

/** What makes of a command one for a shard of a plan. */
export const SHARD_FLAGS: Record<string, Flag> = {
  plan: {
    value: "PLAN",
    help: "plan of which a shard is done, in place of the files (cellkernel plan); --out is then the folder for the parts, and only --batch-size and --threads go with it",
  },
  shard: { value: "I", help: "which shard of the plan, from 0" },
};

const STEPS = { annotate: annotateShard, embed: embedShard, map: mapShard };

/** What says that a command is to do a shard of a plan. */
export function isShard({ values }: Invocation): boolean {
  return values.plan !== undefined || values.shard !== undefined;
}

/** Does the shard. @param what is done to the cells: "labelled" */
export function doShard(call: Invocation, step: keyof typeof STEPS, what: string): Promise<ShardResult> {
  const [plan, shard, out] = ["plan", "shard", "out"].map((name) => text(call, name));
  if (plan === undefined)
    throw new UsageError("--plan is missing: the plan that the shard is of (cellkernel plan).");
  if (shard === undefined) throw new UsageError("--shard is missing: the number of the shard, from 0.");
  if (!/^\d+$/.test(shard))
    throw new UsageError(`--shard is "${shard}"; it must be a whole number from 0 on.`);
  if (out === undefined) throw new UsageError("--out is missing: the folder for the parts.");
  const own = ["plan", "shard", "out", "json", ...Object.keys(flags(SHARD))];
  const stray = Object.keys(call.values).find((name) => !own.includes(name));
  if (call.positionals.length > 0 || stray !== undefined)
    throw new UsageError(
      `${stray === undefined ? call.positionals.join(" ") : `--${stray}`} stands in the plan: leave it out here.`,
    );
  return STEPS[step](plan, Number(shard), {
    ...fromFlags(SHARD, call.values),
    out,
    signal: call.signal,
    onProgress: shareLines(call.progress, what),
  });
}

/** The result for people. */
export function shardText({ path, cells, skipped }: ShardResult, what: string): string {
  return skipped
    ? `${path} is there already, whole: nothing was done.`
    : `${cells} cells ${what}. Written to ${path}`;
}

/** @throws where a command without a plan has too few arguments */
export function requireFiles({ positionals }: Invocation, expected: string): void {
  if (positionals.length < 2)
    throw new UsageError(`expected ${expected}, got ${positionals.join(" ") || "none"}.`);
}
