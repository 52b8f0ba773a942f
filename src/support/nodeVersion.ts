/** As package.json's `engines` has it: what loads ES modules by `require`. */
export const LEAST_NODE = [20, 19] as const;

/** Why this Node won't do; undefined where it will. npm only warns of an old one. */
export function nodeFault(version = process.versions.node): string | undefined {
  const [major, minor] = version.split(".").map(Number);
  const [least, leastMinor] = LEAST_NODE;
  if (major > least || (major === least && minor >= leastMinor)) return undefined;
  const wanted = LEAST_NODE.join(".");
  return `Cellkernel needs Node ${wanted} or newer; this is ${version} (${process.execPath}). Install Node 24, for instance.`;
}
