import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pythons } from "../runtime/python.js";
import { CellkernelError } from "../support/error.js";
import type { TrackedRun, Tracker } from "./tracker.js";

/** Reads a line of JSON a call; keys and time-outs are the SDK's own, from its variables and files. */
const SCRIPT = `
import json, sys
import wandb
begin = json.loads(sys.stdin.readline())
run = wandb.init(resume="allow", settings=wandb.Settings(silent=True, init_timeout=60), **begin)
for line in sys.stdin:
    call = json.loads(line)
    run.log(call["values"], step=call["step"])
run.finish()
`;

/** Bytes of the SDK's words that are kept for a message. */
const SAID = 2000;

/**
 * Weights & Biases by its Python SDK, in a process of its own: nothing leaves the machine in the mode "offline", whose
 * records (`wandb/` in the working folder) `wandb sync` uploads when it is wanted.
 *
 * @throws where no Python that we know of has the package
 */
export function wandbTracker(mode: "offline" | "online", project = "cellkernel"): Tracker {
  const python = pythons().find(({ folders }) => folders.some((folder) => existsSync(join(folder, "wandb"))));
  if (!python)
    throw new CellkernelError(
      "option",
      "the option wandb needs Weights & Biases' Python package: pip install wandb, in the environment that is active or that the variable PYTHON names (--wandb)",
      { option: "wandb" },
    );
  let child: ChildProcess | undefined;
  let said = "";
  const write = (line: object) => {
    if (child?.exitCode !== null)
      throw new Error(`Weights & Biases ended: ${said.trim().split("\n").at(-1)}`);
    child.stdin!.write(`${JSON.stringify(line)}\n`);
  };
  return {
    begin({ id, name, config }: TrackedRun) {
      child = spawn(python.program, ["-c", SCRIPT], {
        stdio: ["pipe", "ignore", "pipe"],
        // The SDK's reports of its own errors would leave the machine in any mode.
        env: { ...process.env, WANDB_ERROR_REPORTING: "false" },
      });
      // A pipe whose reader has ended; that it has is seen at the next call.
      child.stdin!.on("error", () => {});
      child.stderr!.on("data", (bytes: Buffer) => {
        said = (said + bytes).slice(-SAID);
      });
      write({ id, name, config, mode, project });
    },
    log: (step, values) => write({ step, values }),
    async end() {
      if (!child) return;
      child.stdin!.end();
      if (child.exitCode === null) await once(child, "exit");
      if (child.exitCode !== 0) throw new Error(`Weights & Biases ended: ${said.trim().split("\n").at(-1)}`);
    },
  };
}
