import type { OrtApi, Pointer } from "./onnxruntimeC.js";

/** A tensor in the device's memory. */
export class DeviceTensor {
  constructor(
    private readonly api: OrtApi,
    readonly value: Pointer,
    readonly dims: readonly number[],
  ) {}

  /** Gives its memory back, where it is its own. */
  free(): void {
    this.api.ReleaseValue(this.value);
  }
}

/** One piece of device memory, and tensors that are parts of it. */
export interface Block {
  /** All of it: [rows, row]. */
  whole: DeviceTensor;
  parts: Map<string, DeviceTensor>;
  free(): void;
}
