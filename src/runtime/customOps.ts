import koffi from "koffi";
import { type OrtApi, outOf, type Pointer } from "./onnxruntimeC.js";

/** Element types of ONNX (TensorProto.DataType) that the operations take and give. */
const TYPE = { float32: 1, int32: 6, float16: 10, any: 0 } as const;
export type CustomType = keyof typeof TYPE;

/** A node's run: where its inputs and outputs lie on the device. */
export interface Call {
  input(i: number): Pointer;
  dims(i: number): number[];
  output(i: number, dims: readonly number[]): Pointer;
  /** The stream that a GPU's work is to go into. */
  readonly stream: Pointer;
  int(name: string): number;
  float(name: string): number;
}

/** An operation of ours. */
export interface CustomOp {
  name: string;
  inputs: CustomType[];
  outputs: CustomType[];
  ints?: string[];
  floats?: string[];
  compute(call: Call): void;
}

interface Attributes {
  ints: Map<string, number>;
  floats: Map<string, number>;
}

/** Version of `OrtCustomOp` that is filled in: the first whose functions may return an error. */
const STRUCT_VERSION = 16n;
const [REQUIRED, FAIL] = [0, 1];

/**
 * Operations of ours in a provider of ONNX Runtime: when a graph comes to such a node, its thread, which is ours, calls
 * back. Kept for as long as sessions that use them.
 * Source: `OrtCustomOp` in https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_c_api.h
 */
export class CustomOps {
  readonly domain: Pointer;
  /** What native code holds pointers to. */
  private readonly kept: unknown[] = [];
  private readonly callbacks: Pointer[] = [];
  private readonly kernels = new Map<bigint, Attributes>();

  constructor(
    private readonly api: OrtApi,
    domain: string,
    private readonly provider: string,
    ops: CustomOp[],
    private readonly describe: (value: Pointer) => { dims: number[] },
  ) {
    this.domain = outOf((o) => api.CreateCustomOpDomain(domain, o));
    for (const op of ops) {
      const struct = this.structOf(op);
      this.kept.push(struct);
      api.CustomOpDomain_Add(this.domain, struct);
    }
  }

  private structOf(op: CustomOp): BigUint64Array {
    const pointer = (result: string, args: string[], f: (...a: never[]) => unknown): Pointer => {
      const callback = koffi.register(f, koffi.pointer(koffi.proto(result, args)));
      this.callbacks.push(callback);
      return callback;
    };
    const text = (value: string): Pointer => {
      const bytes = Buffer.from(`${value}\0`);
      this.kept.push(bytes);
      return koffi.address(bytes);
    };
    const [name, provider] = [text(op.name), text(this.provider)];
    const SELF = "void*";
    const constant = (value: number) => pointer("int", [SELF, "size_t"], () => value);
    const typeOf = (types: CustomType[]) =>
      pointer("int", [SELF, "size_t"], (_: unknown, i: number | bigint) => TYPE[types[Number(i)]]);
    const countOf = (types: CustomType[]) => pointer("size_t", [SELF], () => types.length);
    const create = (_: unknown, __: unknown, info: Pointer, into: Pointer) =>
      this.guarded(() => {
        const id = BigInt(this.kernels.size + 1);
        this.kernels.set(id, this.attributesOf(op, info));
        koffi.encode(into, "void*", id);
      });
    const compute = (kernel: Pointer, context: Pointer) =>
      this.guarded(() => op.compute(this.callOf(this.kernels.get(kernel)!, context)));
    const nothing = pointer("int", [SELF], () => 0);
    return BigUint64Array.of(
      STRUCT_VERSION,
      0n, // CreateKernel: the second version below
      pointer("void*", [SELF], () => name),
      pointer("void*", [SELF], () => provider),
      typeOf(op.inputs),
      countOf(op.inputs),
      typeOf(op.outputs),
      countOf(op.outputs),
      0n, // KernelCompute: likewise
      pointer("void", [SELF], (kernel: Pointer) => this.kernels.delete(kernel)),
      constant(REQUIRED), // GetInputCharacteristic
      constant(REQUIRED), // GetOutputCharacteristic
      constant(0), // GetInputMemoryType: the device's
      nothing, // of variadic inputs and outputs, which there are none of
      nothing,
      nothing,
      nothing,
      pointer("void*", [SELF, "void*", "void*", "void*"], create),
      pointer("void*", ["void*", "void*"], compute),
      ...new Array<bigint>(12).fill(0n), // what later versions have
    );
  }

  /** To be called when no session uses them any more: of callbacks a process has only so many. */
  release(): void {
    this.api.ReleaseCustomOpDomain(this.domain);
    for (const callback of this.callbacks.splice(0)) koffi.unregister(callback);
  }

  /** Null when it went well, else ONNX Runtime's status with the message. */
  private guarded(work: () => void): Pointer | null {
    try {
      work();
      return null;
    } catch (error) {
      return this.api.CreateStatus(FAIL, error instanceof Error ? error.message : String(error)) as Pointer;
    }
  }

  private attributesOf(op: CustomOp, info: Pointer): Attributes {
    const { api } = this;
    return {
      ints: new Map(
        op.ints?.map((name) => [
          name,
          Number(outOf<number>((o) => api.KernelInfoGetAttribute_int64(info, name, o), 0)),
        ]),
      ),
      floats: new Map(
        op.floats?.map((name) => [
          name,
          Number(outOf<number>((o) => api.KernelInfoGetAttribute_float(info, name, o), 0)),
        ]),
      ),
    };
  }

  private callOf({ ints, floats }: Attributes, context: Pointer): Call {
    const { api } = this;
    const value = (i: number) => outOf((o) => api.KernelContext_GetInput(context, i, o));
    const data = (v: Pointer) => outOf((o) => api.GetTensorMutableData(v, o));
    return {
      input: (i) => data(value(i)),
      dims: (i) => this.describe(value(i)).dims,
      output: (i, dims) =>
        data(
          outOf((o) =>
            api.KernelContext_GetOutput(context, i, BigInt64Array.from(dims, BigInt), dims.length, o),
          ),
        ),
      get stream() {
        return outOf((o) => api.KernelContext_GetGPUComputeStream(context, o));
      },
      int: (name) => ints.get(name)!,
      float: (name) => floats.get(name)!,
    };
  }
}
