import * as ort from "onnxruntime-node";
import { checkDevice, deviceFault } from "./devices.js";

/** Where a graph runs. */
export type Device = "cpu" | "webgpu" | "cuda";

export interface SessionOptions {
  device: Device;
  /** Threads of the CPU provider; onnxruntime's choice (one a physical core) when absent. */
  threads?: number;
  /** Writes a trace of every node's time to a file with this prefix. */
  profile?: string;
}

export type TypedArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;

/** A tensor over memory of ours: fed as it is, and written into when given as an output. */
export function tensor(type: ort.Tensor.Type, data: TypedArray, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor(type, data as never, dims);
}

/**
 * A graph ready to run. `run` blocks the calling thread until it is done.
 * @throws an Error that says what to install where the device's provider is missing
 */
export class Session {
  private constructor(
    private readonly inner: ort.InferenceSession,
    private readonly profiled: boolean,
  ) {}

  static async open(onnx: Uint8Array, options: SessionOptions): Promise<Session> {
    checkDevice(options.device);
    try {
      const inner = await ort.InferenceSession.create(onnx, {
        executionProviders: [options.device],
        ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
        // A planned arena keeps the first batch's layout: with batches of many lengths it costs memory and time.
        enableMemPattern: false,
        // Threads that wait busily after a run take the time of whatever runs next.
        extra: { session: { force_spinning_stop: "1" } },
        logSeverityLevel: 3,
        ...(options.profile ? { enableProfiling: true, profileFilePrefix: options.profile } : {}),
      });
      return new Session(inner, options.profile !== undefined);
    } catch (error) {
      throw deviceFault(options.device, error);
    }
  }

  /**
   * Runs the graph. Outputs named in `into` are written to the tensors given there (null: to new memory);
   * without `into`, all outputs come in new memory.
   */
  async run(
    feeds: Record<string, ort.Tensor>,
    into?: Record<string, ort.Tensor | null>,
  ): Promise<Record<string, ort.Tensor>> {
    const results = into ? await this.inner.run(feeds, into) : await this.inner.run(feeds);
    return results as Record<string, ort.Tensor>;
  }

  async release(): Promise<void> {
    if (this.profiled) this.inner.endProfiling();
    await this.inner.release();
  }
}
