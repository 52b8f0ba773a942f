import type { Device } from "./tensor.js";

/** What to do about each device that did not start. */
const REMEDY: Record<Device, string> = {
  cpu: "Reinstall onnxruntime-node (npm install onnxruntime-node).",
  webgpu: 'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver. Use device: "cpu" without one.',
  cuda: "Install it with: npm install onnxruntime-node --onnxruntime-node-install=cuda12 (Linux x64 with an NVIDIA GPU, CUDA 12 and cuDNN 9).",
};

/** @throws where the name is of no device, as a notebook without types may have it */
export function checkDevice(device: Device): void {
  if (!Object.hasOwn(REMEDY, device))
    throw new Error(
      `The device "${device}" is unknown; there are ${Object.keys(REMEDY).join(", ")} and auto.`,
    );
}

/** The error of a session that could not be opened, with what the user can do. */
export function deviceFault(device: Device, cause: unknown): Error {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new Error(`The device "${device}" could not be started: ${said}\n${REMEDY[device]}`, { cause });
}
