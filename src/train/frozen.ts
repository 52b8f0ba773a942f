import type { Freeze } from "./plan.js";

const ENCODERS = ["encoder.", "value_encoder."];

/** Whether a parameter stays as it was loaded. */
export function isFrozen(freeze: Freeze, parameter: string): boolean {
  if (freeze === "backbone") return !parameter.startsWith("cls_decoder.");
  return freeze === "encoders" && ENCODERS.some((prefix) => parameter.startsWith(prefix));
}
