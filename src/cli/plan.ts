import { type PlannedShards, planShards } from "../protocol/shards/planShards.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PUBLISHED_RUN } from "../settings/model.js";
import { PLANNED, SHARDS } from "../settings/shards.js";
import { command, text, UsageError } from "./command.js";
import { PREPARATION_FLAGS, planRounds, refuseStray, roundsText } from "./rounds.js";

const OWN = {
  model: {
    value: "DIR",
    help: "of an index: the model or run that it was made with; default: where it was then",
  },
  ...flags(PUBLISHED_RUN),
  ...flags(PLANNED),
};
const SHARDING = flags(SHARDS);

/** `cellkernel plan RUN|MODEL|INDEX FILE… --shards N --out PLAN` */
export const planCommand = command({
  summary:
    "cuts the cells of files into shards, to be labelled, embedded, mapped or prepared on many machines",
  positionals: "RUN|MODEL|INDEX FILE…",
  required: 2,
  options: {
    out: { value: "PLAN", help: "plan to write, .json (needed)" },
    ...SHARDING,
    step: { ...SHARDING.step, help: `${SHARDING.step.help}; preprocess: cells are prepared for the model` },
    ...PREPARATION_FLAGS,
    ...OWN,
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the plan to write.");
    const { shards } = fromFlags({ shards: SHARDS.shards }, call.values);
    if (shards === undefined)
      throw new UsageError("--shards is missing: how many shards the cells are cut into.");
    if (call.values.step === "preprocess") return planRounds(call, out, shards);
    const sharding = fromFlags(SHARDS, call.values);
    refuseStray(call, sharding.step ?? "annotate, embed and map", OWN);
    const [folder, ...files] = call.positionals;
    return planShards(folder, files, {
      ...fromFlags(PUBLISHED_RUN, call.values),
      ...fromFlags(PLANNED, call.values),
      ...{ ...sharding, out, model: text(call, "model"), signal: call.signal },
    });
  },
  text: (planned) => ("rounds" in planned ? roundsText(planned) : shardsText(planned)),
});

function shardsText({ path, step, cells, shards, notes }: PlannedShards): string {
  return [
    ...notes.map((note) => `- ${note}`),
    `${cells} cells in ${shards.length} shards: cellkernel ${step} --plan ${path} --shard I --out DIR, I from 0 to ${shards.length - 1}; ` +
      `then cellkernel merge ${path} DIR --out FILE`,
  ].join("\n");
}
