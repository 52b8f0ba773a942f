import { copyWorkflow } from "../protocol/workflow.js";
import { command } from "./command.js";

/** `cellkernel workflow DIR` */
export const workflowCommand = command({
  summary: "writes the Snakemake workflow for clusters into a folder, with a config.yaml to be filled in",
  positionals: "DIR",
  required: 1,
  options: {},
  run: async ({ positionals: [folder] }) => ({ out: folder, written: copyWorkflow(folder) }),
  text: ({ out, written }) =>
    `Written into ${out}: ${written.join(", ")}. Say in config.yaml what is to be done; then, in that folder, snakemake -n says what would be.`,
});
