import assert from "node:assert/strict";
import { test } from "node:test";
import { isOutOfMemory, memoryIsFull } from "../../src/train/outOfMemory.js";

const card = (free: number) => () => ({ name: "NVIDIA H200", total: 150e9, free });

// As onnxruntime's arena, CUDA and cuBLAS have said it on a full card.
const ARENA = "Failed to allocate memory for requested buffer of size 1181528064";
const CUDA = "CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size);";
const CUBLAS =
  "CUBLAS failure 3: the resource allocation failed ; GPU=0 ; expr=cublasCreate(&cublas_handle_);";
const OTHER = "CUBLAS failure 14: an internal operation failed ; GPU=0 ; expr=cublasGemmEx(…)";

test("a full memory is known by what is said of it, or by how little is free", () => {
  for (const said of [ARENA, CUDA, CUBLAS]) assert.ok(isOutOfMemory(new Error(said), card(50e9)), said);
  assert.ok(isOutOfMemory(new Error(OTHER), card(0.1e9)));
  assert.ok(!isOutOfMemory(new Error(OTHER), card(50e9)));
  assert.ok(!isOutOfMemory(new Error("Invalid rank for input: genes"), card(0.1e9)));
});

test("a memory that is full is told with what to do; other errors stay", () => {
  const told = memoryIsFull(new Error(ARENA)) as Error & { code: string };
  assert.equal(told.code, "memory");
  assert.match(told.message, /does not fit in the memory.*maxSeqLen.*device: "cpu"/s);
  const other = new Error("Invalid rank for input: genes");
  assert.equal(memoryIsFull(other), other);
});
