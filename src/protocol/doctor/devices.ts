import { nvidiaDriver } from "../../runtime/cudaDriver.js";
import { cudaFiles, cudaFolders } from "../../runtime/cudaFiles.js";
import { whatCudaLacks } from "../../runtime/cudaLibraries.js";
import { GPU_CHECK } from "../../runtime/devices.js";
import { mayHaveWebgpu } from "../../runtime/hardware.js";
import { trialApart } from "../../train/trialApart.js";
import { type Finding, note, right, wrong } from "./finding.js";

/** A training step on the CPU, and what there is for a GPU. `gpu check` tries that too, which takes longer. */
export async function devices(signal?: AbortSignal): Promise<Finding[]> {
  return [await cpu(signal), cuda(), webgpu()];
}

async function cpu(signal?: AbortSignal): Promise<Finding> {
  const part = "device cpu";
  try {
    const { seconds } = await trialApart("cpu", signal);
    return right(part, `a training step takes ${(seconds * 1000).toFixed(0)} ms`);
  } catch (error) {
    signal?.throwIfAborted();
    return wrong(part, (error as Error).message, "Install Cellkernel anew.");
  }
}

function cuda(): Finding {
  const part = "device cuda";
  const driver = nvidiaDriver();
  if (!driver?.gpu) return note(part, "no NVIDIA GPU");
  const lacks = whatCudaLacks(driver, () => cudaFiles(cudaFolders()));
  const { name } = driver.gpu;
  return lacks
    ? note(part, `${name}, not used yet: ${lacks.message}`, lacks.remedy)
    : right(part, `${name}; to try it: ${GPU_CHECK}`);
}

function webgpu(): Finding {
  const part = "device webgpu";
  return mayHaveWebgpu() ? right(part, `there may be a GPU; to try it: ${GPU_CHECK}`) : note(part, "no GPU");
}
