import { nvidiaDriver } from "../runtime/cudaDriver.js";
import { cudaFiles, cudaFolders } from "../runtime/cudaFiles.js";
import { whatCudaLacks } from "../runtime/cudaLibraries.js";
import { GPU_CHECK } from "../runtime/devices.js";
import { mayHaveWebgpu } from "../runtime/hardware.js";
import type { DeviceChoice } from "../runtime/resolveDevice.js";
import type { Device } from "../runtime/session.js";
import { AGREEMENT, distance, trial } from "./trial.js";

export interface ChosenDevice {
  device: Device;
  /** One sentence for the user. */
  why: string;
}

/** What there is to try. */
export interface Candidates {
  devices: Device[];
  /** Why CUDA is not among them although there is an NVIDIA GPU, and what to do. */
  lack?: string;
}

/** A GPU has to be this much faster than the CPU on the trial, else it is one in software, or too small to pay. */
const WORTHWHILE = 1.5;

/**
 * The device to train on. "auto" is the best that really works: each GPU provider is tried with a small training
 * step, whose loss must be the CPU's and whose time must be shorter.
 *
 * @param there what there is to try; what this machine has when absent
 */
export async function chooseDevice(choice: DeviceChoice, there = candidates): Promise<ChosenDevice> {
  if (choice !== "auto") return { device: choice, why: `Trains on the device asked for (${choice}).` };
  const { devices, lack } = there();
  const say = (what: string, reasons: string[] = []) =>
    [`Trains on ${[what, reasons.join(", ")].filter(Boolean).join(": ")}.`, lack].filter(Boolean).join(" ");
  if (devices.length === 0) return { device: "cpu", why: say("the CPU", lack ? [] : ["no GPU was found"]) };
  const cpu = await trial("cpu");
  const refused: string[] = [];
  for (const device of devices) {
    try {
      const gpu = await trial(device);
      if (!(distance(gpu, cpu).loss < AGREEMENT)) refused.push(`${device} gave another loss`);
      else if (gpu.seconds * WORTHWHILE > cpu.seconds) refused.push(`${device} was no faster than the CPU`);
      else {
        const speed = (cpu.seconds / gpu.seconds).toFixed(1);
        return { device, why: say(device, [`${speed} times the CPU's speed on a trial`]) };
      }
    } catch {
      refused.push(`${device} did not start (${GPU_CHECK} says why)`);
    }
  }
  return { device: "cpu", why: say("the CPU", refused) };
}

/** The GPU devices of this machine, without opening any. */
function candidates(): Candidates {
  const driver = nvidiaDriver();
  const missing = whatCudaLacks(driver, () => cudaFiles(cudaFolders()));
  const devices: Device[] = [];
  if (!missing) devices.push("cuda");
  if (mayHaveWebgpu()) devices.push("webgpu");
  const lack = missing && driver?.gpu && `The ${driver.gpu.name}: ${missing.message} ${missing.remedy}`;
  return { devices, lack: lack || undefined };
}
