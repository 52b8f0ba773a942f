import { nativeLibrary } from "./nativeLibrary.js";

/** NVIDIA's driver, in its own words. */
export interface NvidiaDriver {
  /** The newest CUDA that it serves: "13.0". */
  cuda: string;
  /** The first GPU; absent where the driver sees none. */
  gpu?: NvidiaGpu;
  /** CUDA's number of what keeps it from seeing one. */
  error?: number;
}

export interface NvidiaGpu {
  name: string;
  /** Bytes of its memory. */
  memory: number;
  /** CUDA's number of its generation: 9 for Hopper, 7.5 for Turing. */
  capability: number;
}

/** The first GPU, with bytes of its memory, of the whole card and of what nobody holds. */
export interface CudaCard {
  name: string;
  total: number;
  free: number;
}

// Of cuda.h: CUdevice_attribute, CUresult.
const [CAPABILITY_MAJOR, CAPABILITY_MINOR] = [75, 76];
const NO_DEVICE = 100;

/** A call to the driver that came back with an error. */
class DriverError extends Error {
  constructor(
    name: string,
    readonly code: number,
  ) {
    super(`${name}: ${code}`);
  }
}

type DriverCall = (name: string, types: string[], ...given: unknown[]) => void;

/**
 * Asks NVIDIA's driver, without anything else of CUDA and without a context on the GPU.
 * Source: https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html
 * @returns undefined where there is no driver
 */
export function nvidiaDriver(): NvidiaDriver | undefined {
  try {
    const call = loadDriver();
    const version = [0];
    call("cuDriverGetVersion", ["_Out_ int*"], version);
    const cuda = `${Math.floor(version[0] / 1000)}.${Math.floor((version[0] % 1000) / 10)}`;
    try {
      return { cuda, gpu: firstGpu(call) };
    } catch (error) {
      return { cuda, error: error instanceof DriverError ? error.code : undefined };
    }
  } catch {
    return undefined;
  }
}

/**
 * Asks how much memory is free, which needs a context on the GPU for a moment.
 * @returns undefined where there is no driver, or no GPU
 */
export function cudaCard(): CudaCard | undefined {
  try {
    const call = loadDriver();
    const [context, free, total] = [[null], [0], [0]];
    const { name, handle } = firstDevice(call);
    call("cuDevicePrimaryCtxRetain", ["_Out_ void**", "int"], context, handle);
    call("cuCtxPushCurrent_v2", ["void*"], context[0]);
    call("cuMemGetInfo_v2", ["_Out_ size_t*", "_Out_ size_t*"], free, total);
    call("cuCtxPopCurrent_v2", ["_Out_ void**"], context);
    call("cuDevicePrimaryCtxRelease_v2", ["int"], handle);
    return { name, total: Number(total[0]), free: Number(free[0]) };
  } catch {
    return undefined;
  }
}

function firstGpu(call: DriverCall): NvidiaGpu {
  const { name, handle } = firstDevice(call);
  const [memory, major, minor] = [[0], [0], [0]];
  const attribute = ["_Out_ int*", "int", "int"];
  call("cuDeviceTotalMem_v2", ["_Out_ size_t*", "int"], memory, handle);
  call("cuDeviceGetAttribute", attribute, major, CAPABILITY_MAJOR, handle);
  call("cuDeviceGetAttribute", attribute, minor, CAPABILITY_MINOR, handle);
  return { name, memory: Number(memory[0]), capability: major[0] + minor[0] / 10 };
}

function firstDevice(call: DriverCall): { name: string; handle: number } {
  const [count, device] = [[0], [0]];
  call("cuInit", ["uint32_t"], 0);
  call("cuDeviceGetCount", ["_Out_ int*"], count);
  if (count[0] === 0) throw new DriverError("cuDeviceGetCount", NO_DEVICE);
  call("cuDeviceGet", ["_Out_ int*", "int"], device, 0);
  const name = Buffer.alloc(256);
  call("cuDeviceGetName", ["uint8_t*", "int", "int"], name, name.length, device[0]);
  return { name: name.toString("latin1").replace(/\0.*$/s, ""), handle: device[0] };
}

function loadDriver(): DriverCall {
  const driver = nativeLibrary("libcuda.so.1");
  return (name, types, ...given) => {
    const code = driver.func(name, "int", types)(...given);
    if (code !== 0) throw new DriverError(name, code);
  };
}
