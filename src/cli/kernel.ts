import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * `cellkernel kernel install …`: hands over to the kernel's own command, in a process of its own,
 * because the library does not depend on the kernel.
 *
 * @param args what follows `cellkernel kernel`
 * @returns the exit code
 */
export function kernel(args: string[]): number {
  const program = fileURLToPath(new URL("../../kernel/install.js", import.meta.url));
  return spawnSync(process.execPath, [program, ...args], { stdio: "inherit" }).status ?? 1;
}
