import { existsSync, readdirSync } from "node:fs";

/**
 * Whether WebGPU may find a GPU. Asking for one where there is none costs seconds and prints the driver's complaints.
 * On macOS and Windows there always is one; on Linux it needs a device to render with, or a Vulkan that is named.
 */
export function mayHaveWebgpu(): boolean {
  if (process.platform !== "linux") return true;
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  return existsSync("/dev/dri") && readdirSync("/dev/dri").some((name) => name.startsWith("render"));
}
