import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Device } from "../runtime/session.js";
import type { Trial } from "./trial.js";

/** What the child sends. */
export type TrialMessage = { trial: Trial } | { error: string };

/** A driver that hangs is given up. */
const PATIENCE_MS = 5 * 60_000;
const CHILD = fileURLToPath(new URL("./trialChild.js", import.meta.url));

/**
 * The trial in a process of its own, since a driver that is not well may end the process that calls it.
 * @throws an Error that says why the device did not start
 */
export function trialApart(device: Device, signal?: AbortSignal): Promise<Trial> {
  return new Promise((resolve, reject) => {
    // What libraries print on the way is not ours to show; flags of this process are not the child's.
    const child = fork(CHILD, [device], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
      timeout: PATIENCE_MS,
      signal,
    });
    child.on("message", (message: TrialMessage) => {
      if ("trial" in message) resolve(message.trial);
      else reject(new Error(message.error));
    });
    child.on("error", reject);
    child.on("exit", (code, ended) =>
      reject(
        new Error(`The device "${device}" ended the process of its trial (${ended ?? `exit code ${code}`}).`),
      ),
    );
  });
}
