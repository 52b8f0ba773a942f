import { nativeLibrary } from "./nativeLibrary.js";

/** What NVIDIA's driver says of the first GPU; bytes of its memory, of the whole card and of what nobody holds. */
export interface CudaCard {
  name: string;
  total: number;
  free: number;
}

/**
 * Asks NVIDIA's driver, without anything else of CUDA.
 * @returns undefined where there is no driver, or no GPU
 */
export function cudaCard(): CudaCard | undefined {
  try {
    const driver = nativeLibrary("libcuda.so.1");
    const call = (name: string, args: string[], ...given: unknown[]) => {
      const code = driver.func(name, "int", args)(...given);
      if (code !== 0) throw new Error(`${name}: ${code}`);
    };
    const [count, device, context, free, total] = [[0], [0], [null], [0], [0]];
    call("cuInit", ["uint32_t"], 0);
    call("cuDeviceGetCount", ["_Out_ int*"], count);
    if (count[0] === 0) return undefined;
    call("cuDeviceGet", ["_Out_ int*", "int"], device, 0);
    const name = Buffer.alloc(256);
    call("cuDeviceGetName", ["uint8_t*", "int", "int"], name, name.length, device[0]);
    call("cuDevicePrimaryCtxRetain", ["_Out_ void**", "int"], context, device[0]);
    call("cuCtxPushCurrent_v2", ["void*"], context[0]);
    call("cuMemGetInfo_v2", ["_Out_ size_t*", "_Out_ size_t*"], free, total);
    call("cuCtxPopCurrent_v2", ["_Out_ void**"], context);
    call("cuDevicePrimaryCtxRelease_v2", ["int"], device[0]);
    return { name: name.toString("latin1").replace(/\0.*$/s, ""), total: Number(total[0]), free: Number(free[0]) };
  } catch {
    return undefined;
  }
}
