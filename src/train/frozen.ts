import { isAdapter } from "../model/lora.js";
import type { Freeze } from "./plan.js";

const ENCODERS = ["encoder.", "value_encoder."];
/** What answers for the objectives; each is trained where its objective is. */
const DECODERS = ["cls_decoder.", "decoder.", "mvc_decoder.", "grad_reverse_discriminator."];

/** Whether a parameter stays as it was loaded. */
export function isFrozen(freeze: Freeze, parameter: string, layers: number): boolean {
  if (freeze === "nothing") return false;
  if (freeze === "encoders") return ENCODERS.some((prefix) => parameter.startsWith(prefix));
  if (DECODERS.some((prefix) => parameter.startsWith(prefix))) return false;
  if (freeze === "base") return !isAdapter(parameter);
  if (freeze === "backbone") return true;
  const layer = /^transformer_encoder\.layers\.(\d+)\./.exec(parameter);
  return !layer || Number(layer[1]) < layers - freeze.lastLayers;
}
