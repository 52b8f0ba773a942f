// The Vulkan loader, with which the tests try the GPU path on the GPU in software that Chromium brings.
import { capture } from "./run.mjs";

/** Installs it where that is possible; the tests say what is missing where it is not. */
export async function provideVulkan() {
  if (process.platform !== "linux" || process.getuid() !== 0) return;
  const { output } = await capture("ldconfig", ["-p"]);
  if (output.includes("libvulkan.so.1")) return;
  console.log("  the Vulkan loader, for the test of the GPU path …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await capture("apt-get", ["update", "-q"], { env });
  await capture("apt-get", ["install", "-q", "-y", "--no-install-recommends", "libvulkan1"], { env });
}
