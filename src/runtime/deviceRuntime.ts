import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import koffi from "koffi";
import type * as ort from "onnxruntime-node";
import { Graph } from "../graph/graph.js";
import { KERNEL_DOMAIN } from "../graph/kernels.js";
import { encodeOnnx } from "../graph/onnx.js";
import { findCuda, loadLibraries } from "./cudaLibraries.js";
import { type CustomOp, CustomOps } from "./customOps.js";
import { DeviceSession } from "./deviceSession.js";
import { deviceFault } from "./devices.js";
import { type Block, DeviceTensor } from "./deviceTensor.js";
import { Kernels } from "./kernelLaunch.js";
import { kernelOps } from "./kernelOps.js";
import { loadOnnxruntime, type OrtApi, outOf, type Pointer } from "./onnxruntimeC.js";
import { type Device, type TypedArray, tensor } from "./tensor.js";

export interface DeviceOptions {
  device: Device;
  /** Threads of the CPU provider. */
  threads?: number;
  /** Products of float32 in TensorFloat-32, 10 bits of mantissa, on CUDA; yes when absent, as in PyTorch's AMP recipes. */
  tf32?: boolean;
  /** Writes a trace of every node's time to files with this prefix. */
  profile?: string;
  /** The operations of `graph/kernels.ts`; on CUDA, when absent, those of the kernels that fit the GPU. */
  operations?: CustomOp[];
}

/** ONNX's element types (TensorProto.DataType) that cross the bus. */
const ELEMENT = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
type Crossing = keyof typeof ELEMENT;
const NAME_OF = new Map<number, Crossing>(Object.entries(ELEMENT).map(([name, n]) => [n, name as Crossing]));
const ARRAY_OF = {
  float32: Float32Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
} as const;

/** Names of the devices' memories in ONNX Runtime. */
const MEMORY: Record<Device, string> = { cpu: "Cpu", webgpu: "WebGPU_Buf", cuda: "Cuda" };
/** Names of the devices' providers. */
const PROVIDER: Record<Device, string> = {
  cpu: "CPUExecutionProvider",
  webgpu: "WebGpuExecutionProvider",
  cuda: "CUDAExecutionProvider",
};
/** OrtAllocatorType: a device's own; an arena. OrtMemType: default. */
const [DEVICE_ALLOCATOR, ARENA_ALLOCATOR, MEMORY_DEFAULT] = [0, 1, 0];
/** ORT_LOGGING_LEVEL_FATAL: errors come as exceptions. */
const FATAL_ONLY = 4;
const ALL_OPTIMIZATIONS = 99;

/**
 * ONNX Runtime by its C API, so that tensors can stay in the device's memory from run to run. (Its JavaScript API
 * takes and gives tensors of the host on CUDA.) Each call blocks its thread until the device is done.
 */
export class DeviceRuntime {
  /** Operations of our own, where the device has kernels for them. */
  private readonly customOps?: CustomOps;
  /** Whether an output may be written over an input of the same run, and tensors may be parts of a block. */
  readonly inPlace: boolean;
  /** Options of a run that gives back, when it ends, what its session's arena then has to spare. */
  readonly shrinking: Pointer;
  /** Bytes that have crossed between the host's memory and the device's. */
  readonly traffic = { toDevice: 0, toHost: 0 };
  private readonly movers = new Map<number, DeviceSession>();

  private constructor(
    readonly api: OrtApi,
    readonly options: DeviceOptions,
    private readonly env: Pointer,
    readonly runOptions: Pointer,
    readonly allocator: Pointer,
    private readonly host: Pointer,
    private readonly memory: Pointer,
  ) {
    this.inPlace = options.device !== "webgpu";
    this.shrinking = outOf((o) => api.CreateRunOptions(o));
    if (options.device === "cuda")
      api.AddRunConfigEntry(this.shrinking, "memory.enable_memory_arena_shrinkage", "gpu:0");
    const ops = options.operations ?? (options.device === "cuda" ? cudaOperations() : undefined);
    if (ops)
      this.customOps = new CustomOps(api, KERNEL_DOMAIN, PROVIDER[options.device], ops, (value) =>
        this.describe(value),
      );
  }

  /** Whether graphs may use the operations of `graph/kernels.ts`. */
  get hasKernels(): boolean {
    return this.customOps !== undefined;
  }

  /** @throws an Error that says what to install where the device can't be used */
  static open(options: DeviceOptions): DeviceRuntime {
    try {
      const api = loadOnnxruntime(coreFor(options.device));
      const arena = options.device === "cpu" ? ARENA_ALLOCATOR : DEVICE_ALLOCATOR;
      const info = (name: string, kind: number) =>
        outOf((o) => api.CreateMemoryInfo(name, kind, 0, MEMORY_DEFAULT, o));
      const runtime = new DeviceRuntime(
        api,
        options,
        outOf((o) => api.CreateEnv(FATAL_ONLY, "cellkernel", o)),
        outOf((o) => api.CreateRunOptions(o)),
        outOf((o) => api.GetAllocatorWithDefaultOptions(o)),
        info(MEMORY.cpu, ARENA_ALLOCATOR),
        info(MEMORY[options.device], arena),
      );
      runtime.mover(1);
      return runtime;
    } catch (error) {
      throw deviceFault(options.device, error);
    }
  }

  /** A graph ready to run on the device. */
  session(onnx: Uint8Array): DeviceSession {
    const { api, options, env } = this;
    const settings = outOf((o) => api.CreateSessionOptions(o));
    try {
      api.DisableMemPattern(settings);
      api.SetSessionLogSeverityLevel(settings, FATAL_ONLY);
      api.SetSessionGraphOptimizationLevel(settings, ALL_OPTIMIZATIONS);
      api.AddSessionConfigEntry(settings, "session.force_spinning_stop", "1");
      if (options.threads) api.SetIntraOpNumThreads(settings, options.threads);
      if (options.profile) api.EnableProfiling(settings, options.profile);
      if (this.customOps) api.AddCustomOpDomain(settings, this.customOps.domain);
      if (options.device === "cuda") this.appendCuda(settings);
      if (options.device === "webgpu") api.AppendExecutionProvider(settings, "WebGPU", [], [], 0);
      const session = outOf((o) => api.CreateSessionFromArray(env, onnx, onnx.length, settings, o));
      return new DeviceSession(
        this,
        session,
        outOf((o) => api.CreateIoBinding(session, o)),
      );
    } finally {
      api.ReleaseSessionOptions(settings);
    }
  }

  private appendCuda(settings: Pointer): void {
    const { api } = this;
    const cuda = outOf((o) => api.CreateCUDAProviderOptions(o));
    // Grown by what is asked for, not to the next power of two: the card's memory is what limits the batch.
    const values = {
      arena_extend_strategy: "kSameAsRequested",
      use_tf32: this.options.tf32 === false ? "0" : "1",
    };
    api.UpdateCUDAProviderOptions(
      cuda,
      Object.keys(values),
      Object.values(values),
      Object.keys(values).length,
    );
    api.AppendCuda(settings, cuda);
    api.ReleaseCUDAProviderOptions(cuda);
  }

  /** A copy in the device's memory. */
  upload(source: ort.Tensor): DeviceTensor {
    return this.mover(source.dims.length).run({ x: source }, { y: "device" }).device.y;
  }

  /** Copies into a tensor that is in the device's memory; only where `inPlace`. */
  write(source: Float32Array, target: DeviceTensor): void {
    this.mover(target.dims.length).run({ x: tensor("float32", source, target.dims) }, { y: target });
  }

  /** A copy in the host's memory. */
  download(source: DeviceTensor): ort.Tensor {
    return this.mover(source.dims.length).run({ x: source }, { y: "host" }).host.y;
  }

  /** Device memory for tensors side by side, each from a new row of `row` elements on; only where `inPlace`. */
  block(
    shapes: ReadonlyMap<string, readonly number[]>,
    row: number,
    type: "float32" | "float16" = "float32",
  ): Block {
    const { api, memory } = this;
    const size = ARRAY_OF[type].BYTES_PER_ELEMENT;
    const starts = new Map<string, number>();
    let length = 0;
    for (const [name, dims] of shapes) {
      starts.set(name, length);
      length += Math.ceil(elements(dims) / row) * row;
    }
    const allocator = outOf((o) => api.CreateAllocator(this.mover(1).session, memory, o));
    const start = outOf((o) => api.AllocatorAlloc(allocator, length * size, o));
    const part = (offset: number, dims: readonly number[]) =>
      new DeviceTensor(api, this.valueAt(start + BigInt(offset * size), memory, type, dims), dims);
    const whole = part(0, [length / row, row]);
    const parts = new Map([...shapes].map(([name, dims]) => [name, part(starts.get(name)!, dims)]));
    return {
      whole,
      parts,
      free() {
        for (const t of [whole, ...parts.values()]) t.free();
        api.AllocatorFree(allocator, start);
        api.ReleaseAllocator(allocator);
      },
    };
  }

  /** A value over the host's memory of `source`, to be released by the caller. */
  hostValue(source: ort.Tensor): Pointer {
    const data = source.data as TypedArray;
    return this.valueAt(data, this.host, source.type as Crossing, source.dims, data.byteLength);
  }

  private valueAt(
    at: Pointer | TypedArray,
    memory: Pointer,
    type: Crossing,
    dims: readonly number[],
    bytes = elements(dims) * ARRAY_OF[type].BYTES_PER_ELEMENT,
  ): Pointer {
    const shape = BigInt64Array.from(dims, BigInt);
    return outOf((o) =>
      this.api.CreateTensorWithDataAsOrtValue(memory, at, bytes, shape, dims.length, ELEMENT[type], o),
    );
  }

  /** Where new outputs of a kind are to be made. */
  memoryOf(destination: "host" | "device"): Pointer {
    return destination === "host" ? this.host : this.memory;
  }

  /** The shape of a value. */
  describe(value: Pointer): { type: Crossing; dims: number[] } {
    const { api } = this;
    const info = outOf((o) => api.GetTensorTypeAndShape(value, o));
    const type = NAME_OF.get(outOf<number>((o) => api.GetTensorElementType(info, o), 0))!;
    const rank = Number(outOf<number>((o) => api.GetDimensionsCount(info, o), 0));
    const dims = new BigInt64Array(rank);
    if (rank > 0) api.GetDimensions(info, dims, rank);
    api.ReleaseTensorTypeAndShapeInfo(info);
    return { type, dims: Array.from(dims, Number) };
  }

  /** A copy of a value of the host. */
  read(value: Pointer): ort.Tensor {
    const { type, dims } = this.describe(value);
    const Typed = ARRAY_OF[type];
    const length = elements(dims);
    const at = outOf((o) => this.api.GetTensorMutableData(value, o));
    const data =
      length === 0 ? new Typed(0) : new Typed(koffi.view(at, length * Typed.BYTES_PER_ELEMENT)).slice();
    return tensor(type, data as TypedArray, dims);
  }

  /** What copies tensors of a rank from memory to memory. */
  private mover(rank: number): DeviceSession {
    const known = this.movers.get(rank);
    if (known) return known;
    const g = new Graph();
    const dims = Array.from({ length: rank }, (_, i) => `d${i}`);
    const x = g.input("x", "float32", dims);
    // Not Identity, which onnxruntime may take out: x · 1 is x to the bit.
    g.output("y", g.node("Mul", [x, g.input("one", "float32", [])], "float32", dims));
    const session = this.session(encodeOnnx(g));
    session.fixed.one = tensor("float32", Float32Array.of(1), []);
    this.movers.set(rank, session);
    return session;
  }

  /** Last of all: the sessions' operations go with it. */
  release(): void {
    for (const session of this.movers.values()) session.release();
    this.movers.clear();
    this.customOps?.release();
    for (const options of [this.runOptions, this.shrinking]) this.api.ReleaseRunOptions(options);
    for (const memory of [this.host, this.memory]) this.api.ReleaseMemoryInfo(memory);
  }
}

/** Whether graphs on a device may use the operations of `graph/kernels.ts`. */
export function hasKernels(device: Device): boolean {
  return device === "cuda" && Kernels.open() !== undefined;
}

/** The operations, where there are kernels for the GPU. */
function cudaOperations(): CustomOp[] | undefined {
  const kernels = Kernels.open();
  return kernels && kernelOps(kernels);
}

/** The library of a device: onnxruntime-node's own, or for CUDA that of the user's Python. */
function coreFor(device: Device): string {
  if (device === "cuda") {
    const { core, libraries } = findCuda();
    loadLibraries(libraries);
    return core;
  }
  const home = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const folder = join(home, "bin", "napi-v6", process.platform, process.arch);
  const file = readdirSync(folder).find((name) => /^(lib)?onnxruntime\.(so|dll|\d[\d.]*\.dylib)/.test(name));
  if (!file)
    throw new Error(`onnxruntime-node has no library for ${process.platform} ${process.arch} in ${folder}.`);
  return join(folder, file);
}

function elements(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}
