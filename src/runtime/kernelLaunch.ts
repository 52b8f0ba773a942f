import { readFileSync } from "node:fs";
import koffi from "koffi";
import { nativeLibrary } from "./nativeLibrary.js";
import type { Pointer } from "./onnxruntimeC.js";

/** A kernel as `kernels/build.py` describes it. */
interface KernelRecord {
  file: string;
  entry: string;
  threads: number;
  sharedBytes: number;
  blocks: Record<string, number>;
  arguments: { name: string; type: string }[];
}

interface Loaded {
  handle: Pointer;
  record: KernelRecord;
  /** Values of the arguments, 8 bytes each, and where they stand. */
  values: DataView;
  places: BigUint64Array;
}

/** What a kernel is given: pointers as bigint, numbers by the argument's type. */
export type Argument = bigint | number;

const FOLDER = new URL("../../../kernels/", import.meta.url);
/** More shared memory than this a kernel has to ask for. */
const FREE_SHARED = 48 * 1024;
// Of cuda.h: CUdevice_attribute, CUfunction_attribute, CUfunc_cache.
const [CAPABILITY_MAJOR, CAPABILITY_MINOR] = [75, 76];
const MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;
const PREFER_SHARED = 1;

/** The oldest GPUs that the kernels run on, by compute capability. */
const LEAST_CAPABILITY = 8;

/** Whether a GPU of a compute capability is new enough for the kernels. */
export function hasKernelsFor(capability: number): boolean {
  return capability >= LEAST_CAPABILITY;
}

/**
 * The kernels of `kernels/` on the GPU that is current, through NVIDIA's driver alone.
 * Source: https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__EXEC.html
 */
export class Kernels {
  private readonly loaded = new Map<string, Loaded>();
  private readonly driver = nativeLibrary("libcuda.so.1");
  private readonly records: Record<string, KernelRecord>;
  private readonly launchKernel = this.driver.func("cuLaunchKernel", "int", [
    ...["void*", "uint32_t", "uint32_t", "uint32_t", "uint32_t", "uint32_t", "uint32_t", "uint32_t"],
    ...["void*", "void*", "void*"],
  ]);
  private readonly generation: 80 | 90;

  private constructor(major: number, minor: number) {
    this.generation = major === 9 && minor === 0 ? 90 : 80;
    this.records = JSON.parse(readFileSync(new URL("kernels.json", FOLDER), "utf8")).kernels;
  }

  /** @returns undefined where the GPU is too old for them (before compute capability 8.0) */
  static open(): Kernels | undefined {
    const driver = nativeLibrary("libcuda.so.1");
    driver.func("cuInit", "int", ["uint32_t"])(0);
    const attribute = (which: number): number => {
      const value: [number] = [0];
      const get = driver.func("cuDeviceGetAttribute", "int", ["_Out_ int*", "int", "int"]);
      return get(value, which, 0) === 0 ? value[0] : 0;
    };
    const major = attribute(CAPABILITY_MAJOR);
    return hasKernelsFor(major) ? new Kernels(major, attribute(CAPABILITY_MINOR)) : undefined;
  }

  /** Sizes of the blocks that a kernel was compiled for. */
  blocks(name: string): Record<string, number> {
    return this.load(name).record.blocks;
  }

  /** Puts a kernel into a stream. */
  launch(name: string, stream: Pointer, grid: [number, number, number], args: Argument[]): void {
    const { handle, record, values, places } = this.load(name);
    args.forEach((arg, i) => {
      if (typeof arg === "bigint") values.setBigUint64(8 * i, arg, true);
      else if (record.arguments[i].type === "float") values.setFloat32(8 * i, arg, true);
      else values.setInt32(8 * i, arg, true);
    });
    const { threads, sharedBytes } = record;
    const code = this.launchKernel(handle, ...grid, threads, 1, 1, sharedBytes, stream, places, null);
    if (code !== 0) throw new Error(`The kernel ${name} could not be started (CUDA error ${code}).`);
  }

  private load(name: string): Loaded {
    const known = this.loaded.get(name);
    if (known) return known;
    const record = this.records[`${name}-sm${this.generation}`];
    const module: [Pointer] = [0n];
    const handle: [Pointer] = [0n];
    const ptx = Buffer.concat([readFileSync(new URL(`ptx/${record.file}`, FOLDER)), Buffer.alloc(1)]);
    this.call("cuModuleLoadData", ["_Out_ void**", "void*"], module, ptx);
    this.call(
      "cuModuleGetFunction",
      ["_Out_ void**", "void*", "const char*"],
      handle,
      module[0],
      record.entry,
    );
    if (record.sharedBytes > FREE_SHARED) {
      this.call("cuFuncSetCacheConfig", ["void*", "int"], handle[0], PREFER_SHARED);
      const set = ["void*", "int", "int"];
      this.call("cuFuncSetAttribute", set, handle[0], MAX_DYNAMIC_SHARED_SIZE_BYTES, record.sharedBytes);
    }
    const values = new DataView(new ArrayBuffer(8 * record.arguments.length));
    const start = koffi.address(values.buffer);
    const places = BigUint64Array.from(record.arguments, (_, i) => start + BigInt(8 * i));
    const loaded = { handle: handle[0], record, values, places };
    this.loaded.set(name, loaded);
    return loaded;
  }

  private call(name: string, types: string[], ...args: unknown[]): void {
    const code = this.driver.func(name, "int", types)(...args);
    if (code !== 0) throw new Error(`${name} failed (CUDA error ${code}).`);
  }
}
