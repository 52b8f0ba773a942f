import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../package.js";

/** Packages that cells can import wherever the notebook lies: this one and, of what it brings, what has a plain name. */
export function ownPackages(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  return ["cellkernel", ...Object.keys(dependencies)].filter((name) => !name.startsWith("@"));
}

/** What is written of a package's name, when `code` ends where one is due; undefined when it does not. */
export function unfinishedPackage(code: string): string | undefined {
  return /\b(?:from|import|require)\s*\(?\s*["']((?:[\w@][\w@./-]*)?)$/.exec(code)?.[1];
}
