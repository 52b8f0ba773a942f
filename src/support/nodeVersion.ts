/** As package.json's `engines` has it: these load ES modules by `require`. npm only warns of others. */
export const NODES = "20.19 or a newer 20, or 22.12 or newer";

/** Whether Cellkernel runs on a Node of this version. */
export function isSuitable(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
}

/** Why this Node won't do; undefined where it will. */
export function nodeFault(version = process.versions.node): string | undefined {
  if (isSuitable(version)) return undefined;
  return `Cellkernel needs Node ${NODES}; this is ${version} (${process.execPath}). Install Node 24, for instance.`;
}
