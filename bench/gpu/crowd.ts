import { cudaCard } from "../../src/runtime/cudaDriver.js";
import { nativeLibrary } from "../../src/runtime/nativeLibrary.js";

/** Takes the GPU's memory but for `left` bytes, as another user of the card would. @returns what gives it back */
export function crowd(left: number): () => void {
  const driver = nativeLibrary("libcuda.so.1");
  const call = (name: string, types: string[], ...given: unknown[]) => {
    const code = driver.func(name, "int", types)(...given);
    if (code !== 0) throw new Error(`${name}: ${code}`);
  };
  const [context, held] = [[null], [0n]];
  call("cuInit", ["uint32_t"], 0);
  call("cuDevicePrimaryCtxRetain", ["_Out_ void**", "int"], context, 0);
  const within = (run: () => void) => {
    call("cuCtxPushCurrent_v2", ["void*"], context[0]);
    run();
    call("cuCtxPopCurrent_v2", ["_Out_ void**"], [null]);
  };
  const free = cudaCard()!.free;
  within(() => call("cuMemAlloc_v2", ["_Out_ uint64_t*", "size_t"], held, Math.floor(free - left)));
  return () => {
    within(() => call("cuMemFree_v2", ["uint64_t"], held[0]));
    call("cuDevicePrimaryCtxRelease_v2", ["int"], 0);
  };
}
