import "./telemetry.js";

import * as ort from "onnxruntime-node";
import { DeviceRuntime } from "./deviceRuntime.js";
import type { DeviceSession } from "./deviceSession.js";
import { checkDevice, deviceFault } from "./devices.js";
import type { DeviceTensor } from "./deviceTensor.js";
import type { Device } from "./tensor.js";

export { type Device, type TypedArray, tensor } from "./tensor.js";

export interface SessionOptions {
  device: Device;
  /** Threads of the CPU provider; onnxruntime's choice (one a physical core) when absent. */
  threads?: number;
  /** Writes a trace of every node's time to a file with this prefix. */
  profile?: string;
}

type Tensors = Record<string, ort.Tensor>;

/**
 * A graph ready to run, with tensors of the host's memory. `run` blocks the calling thread until it is done.
 * @throws an Error that says what to install where the device's provider is missing
 */
export abstract class Session {
  static async open(onnx: Uint8Array, options: SessionOptions): Promise<Session> {
    checkDevice(options.device);
    if (options.device === "cpu") return CpuSession.create(onnx, options);
    const runtime = DeviceRuntime.open(options);
    return new OnDevice(runtime, runtime.session(onnx));
  }

  /** Feeds that are the same in every run until they are given anew: they cross to the device once. */
  abstract keep(feeds: Tensors): void;

  /**
   * Runs the graph. Outputs named in `into` are written to the tensors given there (null: to new memory);
   * without `into`, all outputs come in new memory.
   */
  abstract run(feeds: Tensors, into?: Record<string, ort.Tensor | null>): Promise<Tensors>;

  abstract release(): Promise<void>;
}

class CpuSession extends Session {
  private kept: Tensors = {};

  private constructor(
    private readonly inner: ort.InferenceSession,
    private readonly profiled: boolean,
  ) {
    super();
  }

  static async create(onnx: Uint8Array, options: SessionOptions): Promise<CpuSession> {
    try {
      const inner = await ort.InferenceSession.create(onnx, {
        executionProviders: ["cpu"],
        ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
        // A planned arena keeps the first batch's layout: with batches of many lengths it costs memory and time.
        enableMemPattern: false,
        // Threads that wait busily after a run take the time of whatever runs next.
        extra: { session: { force_spinning_stop: "1" } },
        logSeverityLevel: 3,
        ...(options.profile ? { enableProfiling: true, profileFilePrefix: options.profile } : {}),
      });
      return new CpuSession(inner, options.profile !== undefined);
    } catch (error) {
      throw deviceFault("cpu", error);
    }
  }

  override keep(feeds: Tensors): void {
    this.kept = { ...this.kept, ...feeds };
  }

  override async run(feeds: Tensors, into?: Record<string, ort.Tensor | null>): Promise<Tensors> {
    const all = { ...this.kept, ...feeds };
    const results = into ? await this.inner.run(all, into) : await this.inner.run(all);
    return results as Tensors;
  }

  override async release(): Promise<void> {
    if (this.profiled) this.inner.endProfiling();
    await this.inner.release();
  }
}

class OnDevice extends Session {
  private readonly kept = new Map<string, DeviceTensor>();

  constructor(
    private readonly runtime: DeviceRuntime,
    private readonly session: DeviceSession,
  ) {
    super();
  }

  override keep(feeds: Tensors): void {
    for (const [name, t] of Object.entries(feeds)) {
      const there = this.runtime.upload(t);
      this.session.fixed[name] = there;
      this.kept.get(name)?.free();
      this.kept.set(name, there);
    }
  }

  override async run(feeds: Tensors, into?: Record<string, ort.Tensor | null>): Promise<Tensors> {
    const names = into ? Object.keys(into) : this.session.outputs;
    const { host } = this.session.run(feeds, Object.fromEntries(names.map((name) => [name, "host"])));
    for (const name of names) {
      const given = into?.[name];
      if (!given) continue;
      (given.data as Float32Array).set(host[name].data as Float32Array);
      host[name] = given;
    }
    return host;
  }

  override async release(): Promise<void> {
    this.session.forget();
    for (const t of this.kept.values()) t.free();
    this.session.release();
    this.runtime.release();
  }
}
