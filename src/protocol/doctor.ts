import { createRequire } from "node:module";
import { devices } from "./doctor/devices.js";
import { type Finding, right } from "./doctor/finding.js";
import { jupyter } from "./doctor/jupyter.js";
import { factsHere, machine } from "./doctor/machine.js";
import { askPython } from "./doctor/python.js";

export type { Finding } from "./doctor/finding.js";

/** How an installation is. */
export interface Diagnosis {
  cellkernel: string;
  findings: Finding[];
}

const require = createRequire(import.meta.url);
const versionOf = (manifest: string) => (require(manifest) as { version: string }).version;

/** Looks at all that Cellkernel needs on this machine; changes nothing. */
export async function doctor(options: { signal?: AbortSignal } = {}): Promise<Diagnosis> {
  const cellkernel = versionOf("../../../package.json");
  const packages = ["onnxruntime-node", "typescript", "zeromq"].map(
    (name) => `${name} ${versionOf(`${name}/package.json`)}`,
  );
  return {
    cellkernel,
    findings: [
      right("Cellkernel", [cellkernel, ...packages].join(", ")),
      ...machine(factsHere()),
      ...jupyter(askPython(), cellkernel),
      ...(await devices(options.signal)),
    ],
  };
}
