import koffi from "koffi";
import type * as ort from "onnxruntime-node";
import type { DeviceRuntime } from "./deviceRuntime.js";
import { DeviceTensor } from "./deviceTensor.js";
import { outOf, type Pointer } from "./onnxruntimeC.js";
import type { TypedArray } from "./tensor.js";

/** Where an output goes: new memory of the host or of the device, or a tensor that is there already. */
export type Destination = "host" | "device" | DeviceTensor;

export interface Results {
  host: Record<string, ort.Tensor>;
  device: Record<string, DeviceTensor>;
}

/** A graph on the device. */
export class DeviceSession {
  /** Feeds that are the same in every run. */
  readonly fixed: Record<string, ort.Tensor | DeviceTensor> = {};
  private readonly bound = new Map<string, DeviceTensor>();
  private shrinks = false;

  constructor(
    private readonly runtime: DeviceRuntime,
    readonly session: Pointer,
    private readonly binding: Pointer,
  ) {}

  /** Names of all outputs. */
  get outputs(): string[] {
    const { api, allocator } = this.runtime;
    const count = Number(outOf<number>((o) => api.SessionGetOutputCount(this.session, o), 0));
    return Array.from({ length: count }, (_, i) => {
      const at = outOf((o) => api.SessionGetOutputName(this.session, i, allocator, o));
      const name = koffi.decode(at, "char", -1) as string;
      api.AllocatorFree(allocator, at);
      return name;
    });
  }

  /**
   * Runs the graph; gives what `into` asks for. Tensors that are named in both `feeds` and `into` are written in place,
   * which is for the caller to know safe.
   */
  run(
    feeds: Readonly<Record<string, ort.Tensor | DeviceTensor>>,
    into: Readonly<Record<string, Destination>>,
  ): Results {
    const { runtime, binding, session } = this;
    const { api } = runtime;
    for (const [name, t] of Object.entries({ ...this.fixed, ...feeds })) this.bindInput(name, t);
    api.ClearBoundOutputs(binding);
    const names = Object.keys(into);
    for (const name of names) {
      const to = into[name];
      if (to instanceof DeviceTensor) api.BindOutput(binding, name, to.value);
      else api.BindOutputToDevice(binding, name, runtime.memoryOf(to));
    }
    api.RunWithBinding(session, this.shrinks ? runtime.shrinking : runtime.runOptions, binding);
    this.shrinks = false;
    const count: [number] = [0];
    const array = outOf((o) => api.GetBoundOutputValues(binding, runtime.allocator, o, count));
    const values = koffi.decode(array, "void*", names.length) as Pointer[];
    api.AllocatorFree(runtime.allocator, array);
    const results: Results = { host: {}, device: {} };
    for (const [i, name] of names.entries()) {
      if (into[name] === "device")
        results.device[name] = new DeviceTensor(api, values[i], runtime.describe(values[i]).dims);
      else {
        if (into[name] === "host") {
          results.host[name] = runtime.read(values[i]);
          runtime.traffic.toHost += (results.host[name].data as TypedArray).byteLength;
        }
        api.ReleaseValue(values[i]);
      }
    }
    // The binding would hold on to the outputs' memory until the next run.
    api.ClearBoundOutputs(binding);
    return results;
  }

  private bindInput(name: string, t: ort.Tensor | DeviceTensor): void {
    const { runtime, binding } = this;
    const { api } = runtime;
    if (t instanceof DeviceTensor) {
      if (this.bound.get(name) === t) return;
      api.BindInput(binding, name, t.value);
      this.bound.set(name, t);
      return;
    }
    const value = runtime.hostValue(t);
    runtime.traffic.toDevice += (t.data as TypedArray).byteLength;
    api.BindInput(binding, name, value);
    api.ReleaseValue(value);
    this.bound.delete(name);
  }

  /**
   * At its end, the next run gives back what the arena does not need: after one that has found no memory, the arena may
   * hold nearly all of the device's.
   */
  shrink(): void {
    this.shrinks = true;
  }

  /** Forgets the inputs of the last run, so that their memory can be given back. */
  forget(): void {
    this.runtime.api.ClearBoundInputs(this.binding);
    this.bound.clear();
  }

  release(): void {
    const { api, options, allocator } = this.runtime;
    api.ReleaseIoBinding(this.binding);
    if (options.profile)
      api.AllocatorFree(
        allocator,
        outOf((o) => api.SessionEndProfiling(this.session, allocator, o)),
      );
    api.ReleaseSession(this.session);
  }
}
