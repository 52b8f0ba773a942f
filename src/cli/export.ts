import { exportModel } from "../protocol/exportModel.js";
import { loadRun } from "../protocol/run.js";
import { EXPORT } from "../settings/export.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PUBLISHED_RUN } from "../settings/model.js";
import { command, text } from "./command.js";

/** `cellkernel export RUN` */
export const exportCommand = command({
  summary: "writes a fine-tuned model for other programs: safetensors, .pt or a standalone .onnx",
  positionals: "RUN",
  required: 1,
  options: {
    out: { value: "FILE", help: "file to write; default: model.FORMAT in the run's folder" },
    ...flags(PUBLISHED_RUN),
    ...flags(EXPORT),
  },
  async run(call) {
    const run = await loadRun(call.positionals[0], fromFlags(PUBLISHED_RUN, call.values));
    return exportModel(run, text(call, "out"), fromFlags(EXPORT, call.values));
  },
  text: ({ path, holds }) => `${holds}. Written to ${path}`,
});
