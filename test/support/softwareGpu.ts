import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * A GPU without a GPU: SwiftShader, the Vulkan in software that comes with Debian's Chromium, named to a child
 * process by an environment variable.
 * @returns the variable, or what is missing and how to get it
 */
export function softwareGpu(): { env: Record<string, string> } | { missing: string } {
  const icd = [
    "/usr/lib/chromium/vk_swiftshader_icd.json",
    "/usr/lib64/chromium/vk_swiftshader_icd.json",
  ].find(existsSync);
  const missing =
    "SwiftShader and the Vulkan loader are needed to try the GPU path in software: apt-get install chromium libvulkan1";
  if (!icd || !hasVulkanLoader()) return { missing };
  return { env: { VK_ICD_FILENAMES: icd } };
}

function hasVulkanLoader(): boolean {
  try {
    return execFileSync("ldconfig", ["-p"], { encoding: "utf8" }).includes("libvulkan.so.1");
  } catch {
    return false;
  }
}
