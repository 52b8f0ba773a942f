import { existsSync, readdirSync } from "node:fs";

/**
 * Whether the machine seems to have a GPU. Asking for one where there is none costs seconds and prints the
 * driver's complaints. On macOS and Windows there always is one.
 */
export function seemsToHaveGpu(): boolean {
  if (process.platform !== "linux") return true;
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  const render = existsSync("/dev/dri") && readdirSync("/dev/dri").some((name) => name.startsWith("render"));
  return render || existsSync("/proc/driver/nvidia/version");
}
