import type { Device } from "../runtime/session.js";
import { trial } from "./trial.js";
import type { TrialMessage } from "./trialApart.js";

// Started by `trialApart` with the name of a device.
const send = (message: TrialMessage): void => {
  // At once, once it is sent: native threads that go on would keep the process, or crash it at its end.
  process.send!(message, () => process.exit());
};
trial(process.argv[2] as Device).then(
  (result) => send({ trial: result }),
  (error) => send({ error: error instanceof Error ? error.message : String(error) }),
);
