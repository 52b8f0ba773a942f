import { type NvidiaDriver, nvidiaDriver } from "../runtime/cudaDriver.js";
import { type CudaFiles, cudaFiles, cudaFolders } from "../runtime/cudaFiles.js";
import { whatCudaLacks } from "../runtime/cudaLibraries.js";
import { hasKernelsFor } from "../runtime/kernelLaunch.js";
import type { Device } from "../runtime/session.js";
import { AGREEMENT, distance, type Trial } from "../train/trial.js";
import { trialApart } from "../train/trialApart.js";

export { GPU_CHECK } from "../runtime/devices.js";

/** What a training step on a device showed. */
export interface DeviceReport {
  device: Device;
  /** Why it did not start; the figures are absent then. */
  error?: string;
  loss?: number;
  /** Seconds of a step. */
  seconds?: number;
  /** Relative distances from the CPU, and how many times its speed; absent for the CPU and without it. */
  lossOff?: number;
  gradNormOff?: number;
  speed?: number;
  /** Whether the loss is the CPU's. */
  agrees?: boolean;
}

/** What this machine has for training. */
export interface GpuCheck {
  driver?: NvidiaDriver;
  files: CudaFiles;
  /** Whether the GPU is new enough for the kernels of our own. */
  kernels: boolean;
  /** What keeps CUDA from being used, and what mends it. */
  missing?: { what: string; remedy: string };
  devices: DeviceReport[];
}

/** Looks at what there is for training, and takes a small training step on every device that opens. Throws for nothing. */
export async function gpuCheck(options: {
  signal?: AbortSignal;
  onProgress?: (line: string) => void;
}): Promise<GpuCheck> {
  const driver = nvidiaDriver();
  const files = cudaFiles(cudaFolders());
  const missing = whatCudaLacks(driver, () => files);
  const cpu = await attempt("cpu", options);
  const devices = [reportOf("cpu", cpu)];
  for (const device of missing ? (["webgpu"] as const) : (["cuda", "webgpu"] as const))
    devices.push(reportOf(device, await attempt(device, options), cpu));
  return {
    driver,
    files,
    kernels: driver?.gpu !== undefined && hasKernelsFor(driver.gpu.capability),
    missing: missing && { what: missing.message, remedy: missing.remedy },
    devices,
  };
}

async function attempt(
  device: Device,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (line: string) => void },
): Promise<Trial | Error> {
  onProgress?.(`a training step on ${device}`);
  try {
    return await trialApart(device, signal);
  } catch (error) {
    signal?.throwIfAborted();
    return error as Error;
  }
}

function reportOf(device: Device, tried: Trial | Error, cpu?: Trial | Error): DeviceReport {
  if (tried instanceof Error) return { device, error: tried.message };
  const { loss, seconds } = tried;
  if (!cpu || cpu instanceof Error) return { device, loss, seconds };
  const off = distance(tried, cpu);
  return {
    device,
    loss,
    seconds,
    lossOff: off.loss,
    gradNormOff: off.gradNorm,
    speed: cpu.seconds / seconds,
    agrees: off.loss < AGREEMENT,
  };
}
