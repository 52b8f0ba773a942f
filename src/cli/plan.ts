import { planShards } from "../protocol/shards/planShards.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PUBLISHED_RUN } from "../settings/model.js";
import { PLANNED, SHARDS } from "../settings/shards.js";
import { command, text, UsageError } from "./command.js";

/** `cellkernel plan RUN|MODEL|INDEX FILE… --shards N --out PLAN` */
export const planCommand = command({
  summary: "cuts the cells of files into shards, to be labelled, embedded or mapped on many machines",
  positionals: "RUN|MODEL|INDEX FILE…",
  required: 2,
  options: {
    out: { value: "PLAN", help: "plan to write, .json (needed)" },
    ...flags(SHARDS),
    model: {
      value: "DIR",
      help: "of an index: the model or run that it was made with; default: where it was then",
    },
    ...flags(PUBLISHED_RUN),
    ...flags(PLANNED),
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the plan to write.");
    const sharding = fromFlags(SHARDS, call.values);
    if (sharding.shards === undefined)
      throw new UsageError("--shards is missing: how many shards the cells are cut into.");
    const [folder, ...files] = call.positionals;
    return planShards(folder, files, {
      ...fromFlags(PUBLISHED_RUN, call.values),
      ...fromFlags(PLANNED, call.values),
      ...{ ...sharding, out, model: text(call, "model"), signal: call.signal },
    });
  },
  text: ({ path, step, cells, shards, notes }) =>
    [
      ...notes.map((note) => `- ${note}`),
      `${cells} cells in ${shards.length} shards: cellkernel ${step} --plan ${path} --shard I --out DIR, I from 0 to ${shards.length - 1}; ` +
        `then cellkernel merge ${path} DIR --out FILE`,
    ].join("\n"),
});
