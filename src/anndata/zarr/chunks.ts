import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { TypedArray } from "../hdf5/decode.js";

/** What the worker is asked: a chunk of an array (which it is told of the first time), or to forget arrays. */
export type ChunkRequest =
  | { id: number; array?: DescribedArray; coordinates: number[] }
  | { closed: readonly number[] };

/** An array as the worker opens it. */
export interface DescribedArray {
  /** Real path of the store. */
  root: string;
  /** Folder of the array. */
  folder: string;
  version: 2 | 3;
  /** Contents of `zarr.json` or `.zarray`. */
  metadata: string;
  /** Whether elements are read as bytes, along a last dimension that the names of stored chunks do not have. */
  asBytes: boolean;
}

/** The elements row by row; nothing where the chunk was not stored. */
export type ChunkReply = { data: TypedArray | string[] | undefined } | { error: string };

/** A chunk that takes longer is not waited for. */
const LONGEST_MS = 120_000;

interface Connection {
  worker: Worker;
  port: MessagePort;
  signal: Int32Array;
}

let connection: Connection | undefined;
let ids = 0;

function connected(): Connection {
  if (connection) return connection;
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  // Flags of the main thread, such as --input-type, would break a worker.
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { port: port2, signal },
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  connection = { worker, port: port1, signal };
  return connection;
}

/**
 * Chunks of arrays, one after the other and at once: zarrita, which unpacks them, is asynchronous and all that reads
 * matrices is not, so a worker does it while this thread waits.
 */
export class ChunkReader {
  private readonly known = new Set<number>();

  /** A number for an array, by which it is asked for. */
  newId(): number {
    return ++ids;
  }

  /** @throws with what zarrita complains about */
  read(id: number, array: DescribedArray, coordinates: number[]): TypedArray | string[] | undefined {
    const { port, signal, worker } = connected();
    const request: ChunkRequest = this.known.has(id) ? { id, coordinates } : { id, array, coordinates };
    this.known.add(id);
    Atomics.store(signal, 0, 0);
    port.postMessage(request);
    if (Atomics.wait(signal, 0, 0, LONGEST_MS) === "timed-out") {
      connection = undefined;
      this.known.clear();
      void worker.terminate();
      throw new Error(`it was not unpacked within ${LONGEST_MS / 1000} s`);
    }
    const { message } = receiveMessageOnPort(port) as { message: ChunkReply };
    if ("error" in message) throw new Error(message.error);
    return message.data;
  }

  close(): void {
    if (this.known.size > 0) connection?.port.postMessage({ closed: [...this.known] } satisfies ChunkRequest);
    this.known.clear();
  }
}
