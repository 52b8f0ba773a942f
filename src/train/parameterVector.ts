import type { Weights } from "../checkpoint/weights.js";
import { ALL } from "../model/names.js";
import { type Slot, slotView } from "../model/slots.js";
import type { DeviceRuntime } from "../runtime/deviceRuntime.js";
import type { Block, DeviceTensor } from "../runtime/deviceTensor.js";
import { tensor } from "../runtime/session.js";

/** Elements of a row of all parameters together. */
const ROW = 512;

/** The parameters' weights in half precision, as the kernels read them; parts of a block. */
export function halfWeights(runtime: DeviceRuntime, slots: Slot[]): Block {
  return runtime.block(new Map(slots.map((s) => [s.input, s.shape])), ROW, "float16");
}

/**
 * One number for each parameter that is trained, on the device: the weights, a moment, or the derivatives. Where tensors
 * can be parts of a block they are, so that the optimiser takes all of them in one piece; else each is by itself.
 */
export class ParameterVector {
  /** By the slot's input. */
  readonly parts: Map<string, DeviceTensor>;
  private readonly block?: Block;

  constructor(
    private readonly runtime: DeviceRuntime,
    private readonly slots: Slot[],
  ) {
    if (runtime.inPlace) {
      this.block = runtime.block(new Map(slots.map((s) => [s.input, s.shape])), ROW);
      // What fills up a part's last row counts in the norm, and has to be zero.
      const { dims } = this.block.whole;
      runtime.write(new Float32Array(elements(dims)), this.block.whole);
      this.parts = this.block.parts;
    } else {
      this.parts = new Map();
    }
  }

  /** What the optimiser's graphs are written for, of these slots. */
  static pieces(runtime: DeviceRuntime, slots: Slot[]): Slot[] {
    if (!runtime.inPlace) return slots;
    const rows = slots.reduce((sum, { shape }) => sum + Math.ceil(elements(shape) / ROW), 0);
    return [{ input: ALL, key: ALL, shape: [rows, ROW], offset: 0 }];
  }

  /** The pieces by the names that the optimiser's graphs have for them. */
  named(prefix: string): Record<string, DeviceTensor> {
    const pieces: [string, DeviceTensor][] = this.block ? [[ALL, this.block.whole]] : [...this.parts];
    return Object.fromEntries(pieces.map(([input, t]) => [prefix + input, t]));
  }

  /** Where a graph is to put its results `prefix` + the slot's input (or "all"): here where it can, else in new memory. */
  destinations(prefix: string, of: "parts" | "pieces"): Record<string, DeviceTensor | "device"> {
    if (this.block && of === "pieces") return this.named(prefix);
    return Object.fromEntries(
      this.slots.map(({ input }) => [prefix + input, this.block ? this.parts.get(input)! : "device"]),
    );
  }

  /** Takes over results that a graph has put in new memory. */
  adopt(prefix: string, results: Record<string, DeviceTensor>): void {
    if (this.block) return;
    for (const { input } of this.slots) {
      this.parts.get(input)?.free();
      this.parts.set(input, results[prefix + input]);
    }
  }

  upload(from: Weights): void {
    for (const slot of this.slots) {
      const data = slotView(slot, from.get(slot.key)!.data);
      const there = this.parts.get(slot.input);
      if (this.block) this.runtime.write(data, there!);
      else {
        there?.free();
        this.parts.set(slot.input, this.runtime.upload(tensor("float32", data, slot.shape)));
      }
    }
  }

  download(into: Weights): void {
    for (const slot of this.slots) {
      const { data } = this.runtime.download(this.parts.get(slot.input)!);
      slotView(slot, into.get(slot.key)!.data).set(data as Float32Array);
    }
  }

  free(): void {
    if (this.block) this.block.free();
    else for (const t of this.parts.values()) t.free();
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
