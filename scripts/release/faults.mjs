// What keeps a state of the repository from being released under a tag.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} folder the repository's
 * @param {string} tag as `v1.2.3`
 * @returns {string[]} a sentence each, with what to do
 */
export function releaseFaults(folder, tag) {
  const read = (path) => readFileSync(join(folder, path), "utf8");
  const version = /^v(\d+\.\d+\.\d+)$/.exec(tag)?.[1];
  if (!version) return [`A release has a tag such as v1.2.3, not "${tag}": npm run release -- v1.2.3`];
  const { repository, ...manifest } = JSON.parse(read("package.json"));
  const lock = JSON.parse(read("package-lock.json"));
  const citation = (key) => new RegExp(`^${key}: "?(.*?)"?$`, "m").exec(read("CITATION.cff"))?.[1];
  const found = {
    "package.json": manifest.version,
    "extension/package.json": JSON.parse(read("extension/package.json")).version,
    "python/cellkernel/__init__.py": /^__version__ = "(.*)"$/m.exec(
      read("python/cellkernel/__init__.py"),
    )?.[1],
    "package-lock.json": lock.packages[""].version,
    "package-lock.json (extension)": lock.packages.extension.version,
    "CITATION.cff": citation("version"),
  };
  const faults = Object.entries(found)
    .filter(([, other]) => other !== version)
    .map(([path, other]) => `${path} is of version ${other}; the tag says ${version}.`);
  const [, date] =
    new RegExp(`^## ${version} \\((\\d{4}-\\d\\d-\\d\\d)\\)$`, "m").exec(read("CHANGELOG.md")) ?? [];
  if (!date) faults.push(`CHANGELOG.md has no heading "## ${version} (date)", the date as 2026-01-31.`);
  else if (citation("date-released") !== date)
    faults.push(
      `CITATION.cff is of ${citation("date-released")} (date-released); the CHANGELOG says ${date}.`,
    );
  if (repository.url.includes("OWNER"))
    faults.push("package.json: repository.url still says OWNER; put in the address of the repository.");
  return faults;
}
