import { setImmediate } from "node:timers/promises";
import { Session, tensor } from "../runtime/session.js";
import { processors } from "../support/processors.js";
import { insert, type Neighbours } from "./neighbours.js";
import { searchGraph } from "./searchGraph.js";

/** Queries and vectors of one matrix product: its result, 16 MiB, stays in a processor's cache in good part. */
const QUERIES = 512;
const VECTORS = 8192;
/** So many more are taken than are asked for, that rounding in the product loses none. */
const SPARE = 16;

/**
 * Exact nearest neighbours among any number of vectors, by matrix products (Johnson et al. 2019, 3.1): the product finds
 * somewhat more than the nearest, whose distances are then taken as such, in float64. To be released.
 */
export class ExactSearch {
  private constructor(
    private readonly session: Session,
    /** [vectors × width], row by row. */
    private readonly vectors: Float32Array,
    private readonly width: number,
    private readonly norms: Float32Array,
  ) {}

  /** @param vectors [vectors × width], row by row: they are not copied */
  static async open(vectors: Float32Array, width: number, threads = processors()): Promise<ExactSearch> {
    const session = await Session.open(searchGraph(width), { device: "cpu", threads });
    return new ExactSearch(session, vectors, width, normsOf(vectors, width));
  }

  /** The same search among other vectors of that width; released with this one. */
  among(vectors: Float32Array): ExactSearch {
    return new ExactSearch(this.session, vectors, this.width, normsOf(vectors, this.width));
  }

  /**
   * The `k` nearest of each query; of equally near ones the first. Other work of the thread goes on in between.
   * @param queries [queries × width], row by row
   * @param k at most as many as there are vectors
   */
  async nearest(queries: Float32Array, k: number, signal?: AbortSignal): Promise<Neighbours> {
    const count = queries.length / this.width;
    const found = {
      k,
      rows: new Int32Array(count * k),
      distances: new Float64Array(count * k).fill(Number.POSITIVE_INFINITY),
    };
    for (let first = 0; first < count; first += QUERIES) {
      const some = queries.subarray(first * this.width, (first + QUERIES) * this.width);
      await this.some(some, first, found, signal);
    }
    for (let i = 0; i < found.distances.length; i++) found.distances[i] = Math.sqrt(found.distances[i]);
    return found;
  }

  private async some(
    queries: Float32Array,
    first: number,
    { k, rows, distances }: Neighbours,
    signal?: AbortSignal,
  ): Promise<void> {
    const { width, vectors, norms } = this;
    const count = queries.length / width;
    const wanted = Math.min(k + SPARE, norms.length);
    const scores = new Float64Array(count * wanted).fill(Number.POSITIVE_INFINITY);
    const places = new Int32Array(count * wanted);
    for (let start = 0; start < norms.length; start += VECTORS) {
      signal?.throwIfAborted();
      const own = norms.subarray(start, start + VECTORS);
      const here = Math.min(wanted, own.length);
      const out = await this.session.run({
        queries: tensor("float32", queries, [count, width]),
        vectors: tensor("float32", vectors.subarray(start * width, (start + own.length) * width), [
          own.length,
          width,
        ]),
        norms: tensor("float32", own, [own.length]),
        count: tensor("int64", BigInt64Array.of(BigInt(here)), [1]),
      });
      const near = out.scores.data as Float32Array;
      const which = out.places.data as BigInt64Array;
      for (let query = 0; query < count; query++) {
        const from = query * wanted;
        for (let at = query * here; at < (query + 1) * here; at++) {
          if (!(near[at] < scores[from + wanted - 1])) break;
          insert(scores, places, from, wanted, near[at], start + Number(which[at]));
        }
      }
      await setImmediate();
    }
    for (let query = 0; query < count; query++) {
      // In the vectors' order, so that of equally near ones the first stays.
      const near = places.slice(query * wanted, (query + 1) * wanted).sort();
      for (const row of near) {
        let squared = 0;
        for (let j = 0, a = row * width, b = query * width; j < width; j++, a++, b++)
          squared += (vectors[a] - queries[b]) ** 2;
        insert(distances, rows, (first + query) * k, k, squared, row);
      }
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** |x|² of each row. */
function normsOf(vectors: Float32Array, width: number): Float32Array {
  const norms = new Float32Array(vectors.length / width);
  for (let row = 0; row < norms.length; row++) {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at++) sum += vectors[at] * vectors[at];
    norms[row] = sum;
  }
  return norms;
}
