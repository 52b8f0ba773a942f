import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOf } from "../store/hash.js";
import type { Provenance } from "../store/runParts.js";
import type { Model } from "./model.js";

const require = createRequire(import.meta.url);
const versionOf = (manifest: string) =>
  (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;

/** What is used here and now. */
export const versions = (): Omit<Provenance, "model"> => ({
  cellkernel: versionOf(fileURLToPath(new URL("../../../package.json", import.meta.url))),
  onnxruntime: versionOf(require.resolve("onnxruntime-node/package.json")),
  node: process.versions.node,
  platform: `${process.platform} ${process.arch}`,
});

/** What a run that starts here and now is made with, and from which model. */
export function provenance({ folder, weightsPath }: Model): Provenance {
  return {
    ...versions(),
    model: { folder: resolve(folder), sha256: weightsPath === undefined ? null : hashOf(weightsPath) },
  };
}

/** What of the versions that bear on numbers is another now; undefined where all are the same. */
export function versionsDiffer(before: Provenance): string | undefined {
  const now = versions();
  const other = (["cellkernel", "onnxruntime", "platform"] as const).filter(
    (name) => now[name] !== before[name],
  );
  return other.map((name) => `${name} ${now[name]} (${before[name]} before)`).join(", ") || undefined;
}
