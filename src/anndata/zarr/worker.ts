import { type MessagePort, workerData } from "node:worker_threads";
import * as zarr from "zarrita";
import type { ChunkReply, ChunkRequest } from "./chunks.js";
import { boundCodecs } from "./codecs.js";
import { readPart } from "./folder.js";

// The module of the worker that `ChunkReader` asks for chunks: zarrita's reading is asynchronous, ours is not.
const { port, signal } = workerData as { port: MessagePort; signal: Int32Array };
boundCodecs();
const arrays = new Map<number, Promise<zarr.Array<zarr.DataType>>>();

port.on("message", async (request: ChunkRequest) => {
  if ("closed" in request) {
    for (const id of request.closed) arrays.delete(id);
    return;
  }
  let reply: ChunkReply;
  const transfer: ArrayBuffer[] = [];
  try {
    const data = await chunk(request);
    reply = { data };
    if (ArrayBuffer.isView(data)) transfer.push(data.buffer as ArrayBuffer);
  } catch (error) {
    reply = absent(error) ? { data: undefined } : { error: messageOf(error) };
  }
  port.postMessage(reply, transfer);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
});

/** Thrown through zarrita, so that it does not fill a chunk that is not there. */
class Absent extends Error {}

function absent(error: unknown): boolean {
  return error instanceof Absent || (error instanceof Error && error.cause instanceof Absent);
}

/** zarrita names the codec and keeps what it complained about as the cause. */
function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

async function chunk({ id, array, coordinates }: Extract<ChunkRequest, { id: number }>) {
  if (array) arrays.set(id, open(array));
  const opened = await arrays.get(id)!;
  const { data, shape, stride } = await opened.getChunk(coordinates);
  const values =
    data instanceof zarr.BoolArray ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data;
  const plain = values as Uint8Array | string[];
  const length = shape.reduce((product, each) => product * each, 1);
  if (plain.length !== length) throw new Error(`it has ${plain.length} elements, expected ${length}`);
  return ordered(plain, shape, stride);
}

type ArrayRequest = NonNullable<Extract<ChunkRequest, { id: number }>["array"]>;

/** The array of one folder, whose metadata were checked before, as the root of a store of its own. */
async function open({ root, folder, version, metadata, asBytes }: ArrayRequest) {
  const described = new TextEncoder().encode(metadata);
  // Elements of several bytes are read as bytes, along a last dimension that the stored names do not have.
  const part = (key: string) => (asBytes ? key.replace(/[./]0$/, "") : key).slice(1);
  const store: zarr.SyncReadable = {
    get(key) {
      if (key === "/zarr.json" || key === "/.zarray")
        return (key === "/zarr.json") === (version === 3) ? described : undefined;
      if (key === "/.zattrs") return undefined;
      return readPart(root, folder, part(key)) ?? missing();
    },
    getRange: (key, range) => readPart(root, folder, part(key), range) ?? missing(),
  };
  return version === 3 ? zarr.open.v3(store, { kind: "array" }) : zarr.open.v2(store, { kind: "array" });
}

function missing(): never {
  throw new Absent();
}

/** The chunk's elements row by row, in memory of their own. */
function ordered(
  data: Uint8Array | string[],
  shape: readonly number[],
  stride: readonly number[],
): Uint8Array | string[] {
  let step = 1;
  const byRows = shape
    .map((length, i) => ({ length, own: stride[i] }))
    .reverse()
    .every(({ length, own }) => {
      const fits = length === 1 || own === step;
      step *= length;
      return fits;
    });
  if (byRows) return Array.isArray(data) || data.byteLength === data.buffer.byteLength ? data : data.slice();
  const out = Array.isArray(data) ? new Array<string>(data.length) : data.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, from = 0; i < data.length; i++) {
    (out as string[])[i] = (data as string[])[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
