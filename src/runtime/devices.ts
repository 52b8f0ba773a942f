import { CellkernelError } from "../support/error.js";
import type { Device } from "./tensor.js";

/** How our commands are called: those of a wheel stand on the search path of its environment, those of npm in the project. */
export const COMMAND = process.env.CELLKERNEL_PYTHON ? "cellkernel" : "npx cellkernel";

/** The commands that a message may name. */
export const GPU_INSTALL = `${COMMAND} gpu install`;
export const GPU_CHECK = `${COMMAND} gpu check`;

/** What to do about each device that did not start. */
const REMEDY: Record<Device, string> = {
  cpu: "Reinstall onnxruntime-node (npm install onnxruntime-node).",
  webgpu: 'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver. Use device: "cpu" without one.',
  cuda: `To see what is there and what is missing: ${GPU_CHECK}`,
};

/** Something that a device needs is not there; with what the user can do. */
export class MissingPart extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** @throws where the name is of no device, as a notebook without types may have it */
export function checkDevice(device: Device): void {
  if (!Object.hasOwn(REMEDY, device))
    throw new CellkernelError(
      "option",
      `The device "${device}" is unknown; there are ${Object.keys(REMEDY).join(", ")} and auto.`,
      { option: "device" },
    );
}

/** The error of a session that could not be opened, with what the user can do. */
export function deviceFault(device: Device, cause: unknown): Error {
  const said = cause instanceof Error ? cause.message : String(cause);
  const remedy = cause instanceof MissingPart ? cause.remedy : REMEDY[device];
  const message = `The device "${device}" could not be started: ${said}\n${remedy}`;
  return Object.assign(new CellkernelError("device", message, { device }), { cause });
}
