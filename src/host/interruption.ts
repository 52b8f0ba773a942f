import { host } from "./host.js";

/** Aborted when the caller's signal is or, in a notebook, when the user interrupts the running cell. */
export function interruption(signal?: AbortSignal): AbortSignal | undefined {
  const cell = host()?.signal;
  return signal && cell ? AbortSignal.any([signal, cell]) : (signal ?? cell);
}
