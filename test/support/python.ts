import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const PYTHON = ".venv-test/bin/python";

/**
 * Runs a Python script of the tests, with the reference implementations at hand, and returns what it
 * prints. Python is only in the tests: nothing that a user runs needs it.
 */
export function python(script: string, ...args: string[]): string {
  if (!existsSync(PYTHON)) {
    throw new Error(`${PYTHON} is missing: run "npm run setup", which makes it from requirements/test.txt.`);
  }
  return execFileSync(PYTHON, [script, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
