import { setImmediate } from "node:timers/promises";
import { Session, tensor } from "../runtime/session.js";
import { processors } from "../support/processors.js";
import { ExactSearch } from "./exactSearch.js";
import type { FaissIndex } from "./faissFile.js";
import { insert, type Neighbours } from "./neighbours.js";
import { transformGraph } from "./searchGraph.js";

/** Queries between which other work of the thread goes on. */
const QUERIES = 256;
const VALUES = 256;

/**
 * Nearest neighbours among quantised vectors in inverted lists (Jégou et al. 2011). With a vector's centroid c and what its
 * codes stand for, r, the squared distance of a query q is |q − c|² + (|r|² + 2 c·r) − 2 q·r: the middle is known beforehand for each
 * vector, the last is a sum of numbers that are looked up by its codes. To be released.
 */
export class FaissSearch {
  private constructor(
    private readonly index: FaissIndex,
    private readonly coarse: ExactSearch,
    private readonly transform: Session,
    /** Float32 [vectors]: |r|² + 2 c·r */
    private readonly own: Float32Array,
    /** Uint32 [vectors × parts / 4]: the codes, four at a time. */
    private readonly fours: Uint32Array,
  ) {}

  static async open(index: FaissIndex, threads = processors()): Promise<FaissSearch> {
    const { centroids, width, widthIn } = index;
    return new FaissSearch(
      index,
      await ExactSearch.open(centroids, width, threads),
      await Session.open(transformGraph(widthIn, width), { device: "cpu", threads }),
      ownTerms(index),
      new Uint32Array(index.codes.buffer),
    );
  }

  /**
   * The nearest vectors of each query, as many as `k` or as the lists hold that are looked through.
   * @param queries Float32 [queries × width before the transform]
   * @param probes lists that are looked through
   */
  async nearest(queries: Float32Array, k: number, probes: number, signal?: AbortSignal): Promise<Neighbours> {
    const { widthIn, width, matrix, bias, centroids } = this.index;
    const lists = Math.min(probes, centroids.length / width);
    const count = queries.length / widthIn;
    const found: Neighbours = {
      k,
      rows: new Int32Array(count * k).fill(-1),
      distances: new Float64Array(count * k).fill(Number.POSITIVE_INFINITY),
    };
    for (let first = 0; first < count; first += QUERIES) {
      signal?.throwIfAborted();
      const some = queries.slice(first * widthIn, (first + QUERIES) * widthIn);
      const rows = some.length / widthIn;
      // onnxruntime takes another kernel for a product of a single row, whose sums are rounded in another order.
      const x = rows > 1 ? some : Float32Array.of(...some, ...some);
      const { y } = await this.transform.run({
        x: tensor("float32", x, [x.length / widthIn, widthIn]),
        matrix: tensor("float32", matrix, [width, widthIn]),
        bias: tensor("float32", bias, [width]),
      });
      const turned = (y.data as Float32Array).subarray(0, rows * width);
      const near = await this.coarse.nearest(turned, lists, signal);
      for (let query = 0; query < turned.length / width; query++)
        this.look(turned.subarray(query * width, (query + 1) * width), near, query, found, first + query);
      await setImmediate();
    }
    for (let i = 0; i < found.distances.length; i++)
      found.distances[i] = Math.sqrt(Math.max(0, found.distances[i]));
    return found;
  }

  /** Looks through the lists of the nearest centroids. */
  private look(
    query: Float32Array,
    near: Neighbours,
    from: number,
    { k, rows, distances }: Neighbours,
    to: number,
  ): void {
    const { pointers, ids } = this.index;
    const { own, fours } = this;
    const wide = this.index.parts / 4;
    const table = this.products(query);
    const last = (to + 1) * k - 1;
    for (let probe = 0; probe < near.k; probe++) {
      const list = near.rows[from * near.k + probe];
      const base = near.distances[from * near.k + probe] ** 2;
      const end = pointers[list + 1];
      let worst = distances[last];
      for (let vector = pointers[list]; vector < end; vector++) {
        let distance = base + own[vector];
        for (let at = vector * wide, part = 0, stop = at + wide; at < stop; at++, part += 4 * VALUES) {
          const four = fours[at];
          distance +=
            table[part + (four & 255)] +
            table[part + VALUES + ((four >>> 8) & 255)] +
            (table[part + 2 * VALUES + ((four >>> 16) & 255)] + table[part + 3 * VALUES + (four >>> 24)]);
        }
        if (distance < worst) {
          insert(distances, rows, to * k, k, distance, ids[vector]);
          worst = distances[last];
        }
      }
    }
  }

  /** −2 q·r for each part and each of its values: Float32 [parts × 256]. */
  private products(query: Float32Array): Float32Array {
    const { parts, codebook, width } = this.index;
    const wide = width / parts;
    const table = new Float32Array(parts * VALUES);
    for (let part = 0; part < parts; part++) {
      const own = query.slice(part * wide, (part + 1) * wide);
      for (let i = part * VALUES, at = i * wide; i < (part + 1) * VALUES; i++) {
        let sum = 0;
        for (let j = 0; j < wide; j++) sum += own[j] * codebook[at++];
        table[i] = -2 * sum;
      }
    }
    return table;
  }

  async release(): Promise<void> {
    await this.coarse.release();
    await this.transform.release();
  }
}

/** |r|² + 2 c·r of each vector. */
function ownTerms({ pointers, centroids, codebook, parts, width, codes, ids }: FaissIndex): Float32Array {
  const wide = width / parts;
  const own = new Float32Array(ids.length);
  const table = new Float64Array(parts * VALUES);
  for (let list = 0; list + 1 < pointers.length; list++) {
    if (pointers[list] === pointers[list + 1]) continue;
    for (let i = 0, at = 0; i < table.length; i++) {
      const part = list * width + (i >> 8) * wide;
      let sum = 0;
      for (let j = 0; j < wide; j++, at++) sum += codebook[at] * (codebook[at] + 2 * centroids[part + j]);
      table[i] = sum;
    }
    for (let vector = pointers[list]; vector < pointers[list + 1]; vector++) {
      let sum = 0;
      for (let part = 0; part < parts; part++) sum += table[part * VALUES + codes[vector * parts + part]];
      own[vector] = sum;
    }
  }
  return own;
}
