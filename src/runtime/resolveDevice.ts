import type { Device } from "./session.js";

/** What a user may ask for. */
export type DeviceChoice = Device | "auto";

/** The device to use: "auto" is the CPU, which is always there; a GPU is used where it is asked for. */
export function resolveDevice(choice: DeviceChoice): Device {
  return choice === "auto" ? "cpu" : choice;
}
