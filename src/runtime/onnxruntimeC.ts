import koffi from "koffi";
import { nativeLibrary } from "./nativeLibrary.js";

/** A pointer into native memory; 0 is null. */
export type Pointer = bigint;

type Native = (...args: unknown[]) => unknown;

// Kinds of arguments, by koffi's names.
const P = "void*";
const OUT = "_Out_ void**";
const TEXT = "const char*";
const SIZE = "size_t";

/**
 * The functions of ONNX Runtime's C API that we call: their place in `OrtApi`, whose order never changes (it only grows
 * at its end), and their arguments. Those that return a status throw its message instead.
 * Source: https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_c_api.h
 */
const CHECKED = {
  CreateEnv: [3, ["int", TEXT, OUT]],
  CreateSessionFromArray: [8, [P, "const uint8_t*", SIZE, P, OUT]],
  CreateSessionOptions: [10, [OUT]],
  EnableProfiling: [14, [P, TEXT]],
  DisableMemPattern: [17, [P]],
  SetSessionLogSeverityLevel: [22, [P, "int"]],
  SetSessionGraphOptimizationLevel: [23, [P, "int"]],
  SetIntraOpNumThreads: [24, [P, "int"]],
  CreateCustomOpDomain: [26, [TEXT, OUT]],
  CustomOpDomain_Add: [27, [P, P]],
  AddCustomOpDomain: [28, [P, P]],
  SessionGetOutputCount: [31, [P, "_Out_ size_t*"]],
  SessionGetOutputName: [37, [P, SIZE, P, OUT]],
  CreateRunOptions: [39, [OUT]],
  CreateTensorWithDataAsOrtValue: [49, [P, P, SIZE, "const int64_t*", SIZE, "int", OUT]],
  GetTensorMutableData: [51, [P, OUT]],
  GetTensorElementType: [60, [P, "_Out_ int*"]],
  GetDimensionsCount: [61, [P, "_Out_ size_t*"]],
  GetDimensions: [62, [P, "_Out_ int64_t*", SIZE]],
  GetTensorTypeAndShape: [65, [P, OUT]],
  CreateMemoryInfo: [68, [TEXT, "int", "int", "int", OUT]],
  AllocatorAlloc: [75, [P, SIZE, OUT]],
  AllocatorFree: [76, [P, P]],
  GetAllocatorWithDefaultOptions: [78, [OUT]],
  KernelInfoGetAttribute_float: [85, [P, TEXT, "_Out_ float*"]],
  KernelInfoGetAttribute_int64: [86, [P, TEXT, "_Out_ int64_t*"]],
  KernelContext_GetInput: [90, [P, SIZE, OUT]],
  KernelContext_GetOutput: [91, [P, SIZE, "const int64_t*", SIZE, OUT]],
  SessionEndProfiling: [110, [P, P, OUT]],
  AddSessionConfigEntry: [130, [P, TEXT, TEXT]],
  CreateAllocator: [131, [P, P, OUT]],
  RunWithBinding: [133, [P, P, P]],
  CreateIoBinding: [134, [P, OUT]],
  BindInput: [136, [P, TEXT, P]],
  BindOutput: [137, [P, TEXT, P]],
  BindOutputToDevice: [138, [P, TEXT, P]],
  GetBoundOutputValues: [140, [P, P, OUT, "_Out_ size_t*"]],
  AddRunConfigEntry: [165, [P, TEXT, TEXT]],
  KernelContext_GetGPUComputeStream: [193, [P, OUT]],
  AppendCuda: [204, [P, P]],
  CreateCUDAProviderOptions: [205, [OUT]],
  UpdateCUDAProviderOptions: [206, [P, "const char**", "const char**", SIZE]],
  AppendExecutionProvider: [216, [P, TEXT, "const char**", "const char**", SIZE]],
} as const satisfies Record<string, readonly [number, readonly string[]]>;

const PLAIN = {
  CreateStatus: [0, [P, ["int", TEXT]]],
  ReleaseMemoryInfo: [94, ["void", [P]]],
  ReleaseSession: [95, ["void", [P]]],
  ReleaseValue: [96, ["void", [P]]],
  ReleaseRunOptions: [97, ["void", [P]]],
  ReleaseTensorTypeAndShapeInfo: [99, ["void", [P]]],
  ReleaseSessionOptions: [100, ["void", [P]]],
  ReleaseCustomOpDomain: [101, ["void", [P]]],
  ReleaseAllocator: [132, ["void", [P]]],
  ReleaseIoBinding: [135, ["void", [P]]],
  ClearBoundInputs: [141, ["void", [P]]],
  ClearBoundOutputs: [142, ["void", [P]]],
  ReleaseCUDAProviderOptions: [208, ["void", [P]]],
} as const satisfies Record<string, readonly [number, readonly [string, readonly string[]]]>;

export type OrtApi = Record<keyof typeof CHECKED | keyof typeof PLAIN, Native>;

/** Version of the API that is asked for: the oldest that has all of these. */
const API_VERSION = 17;
const ENTRIES = 220;

/**
 * ONNX Runtime's C API of a library file.
 * @throws where the file is no ONNX Runtime, or an older one than the API needs
 */
export function loadOnnxruntime(file: string): OrtApi {
  const base = nativeLibrary(file).func("OrtGetApiBase", P, [])();
  const [getApi] = koffi.decode(base, P, 1);
  const table = koffi.call(getApi, koffi.proto(P, ["uint32_t"]), API_VERSION);
  if (!table) throw new Error(`${file} is an ONNX Runtime without version ${API_VERSION} of the C API.`);
  const entries = koffi.decode(table, P, ENTRIES) as unknown[];
  const native = (index: number, result: string, args: readonly string[]): Native =>
    koffi.decode(entries[index], koffi.proto(result, [...args]));
  const messageOf = native(2, TEXT, [P]);
  const releaseStatus = native(93, "void", [P]);
  const checked =
    (call: Native): Native =>
    (...args) => {
      const status = call(...args);
      if (!status) return undefined;
      const message = String(messageOf(status));
      releaseStatus(status);
      throw new Error(message);
    };
  const made: [string, Native][] = [
    ...Object.entries(CHECKED).map(([name, [i, args]]): [string, Native] => [
      name,
      checked(native(i, P, args)),
    ]),
    ...Object.entries(PLAIN).map(([name, [i, [result, args]]]): [string, Native] => [
      name,
      native(i, result, args),
    ]),
  ];
  return Object.fromEntries(made) as OrtApi;
}

/** What a function writes to its last argument. */
export function outOf<T = Pointer>(call: (into: [T]) => unknown, start: T = null as T): T {
  const into: [T] = [start];
  call(into);
  return into[0];
}
