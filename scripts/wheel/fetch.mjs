// Packages of binaries for another platform than this machine's, which npm does not install here.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { npm, root } from "../setup/paths.mjs";
import { run } from "../setup/run.mjs";

/**
 * @param {{ folder: string, name: string, version: string }[]} packages
 * @returns {Promise<Map<string, string>>} by folder in the checkout: where it was unpacked
 */
export async function fetchPackages(packages) {
  const found = new Map();
  for (const { folder, name, version } of packages) {
    const place = join(root, "output/wheel/fetched", folder);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const packed = await run(
      `${name}@${version}`,
      npm("pack", `${name}@${version}`, "--loglevel=silent", "--pack-destination", place),
    );
    const archive = join(place, packed.trim().split("\n").at(-1));
    await run(`unpacking ${name}`, ["tar", ["-xzf", archive, "-C", place, "--strip-components=1"]]);
    rmSync(archive);
    found.set(folder, place);
  }
  return found;
}
