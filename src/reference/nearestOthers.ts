import { Random } from "../support/random.js";
import { ExactSearch } from "./exactSearch.js";
import type { Neighbours } from "./neighbours.js";

/** Up to so many vectors each is compared with each. */
const EXACT = 20_000;
/** Beyond, with those of so many lists of near ones. */
const PROBES = 16;
/** Vectors a list by which the lists are found, and how often their centres are moved. */
const SAMPLE = 40;
const ROUNDS = 5;

/**
 * The k nearest others of each of many vectors. Above 20,000 they are looked for among those of the 16 nearest of √n lists
 * (k-means; Jégou et al. 2011), so that a few at the border of two lists may be missed. Seeded with a constant.
 * @param vectors Float32 [vectors × width]
 * @param k fewer than the vectors
 */
export async function nearestOthers(
  vectors: Float32Array,
  width: number,
  k: number,
  threads?: number,
): Promise<Neighbours> {
  const search = await ExactSearch.open(vectors, width, threads);
  try {
    const count = vectors.length / width;
    if (count <= EXACT) {
      const found = { k, rows: new Int32Array(count * k), distances: new Float64Array(count * k) };
      withoutSelf(
        await search.nearest(vectors, k + 1),
        Int32Array.from({ length: count }, (_, i) => i),
        found,
      );
      return found;
    }
    return await byLists(search, vectors, width, k);
  } finally {
    await search.release();
  }
}

async function byLists(
  search: ExactSearch,
  vectors: Float32Array,
  width: number,
  k: number,
): Promise<Neighbours> {
  const count = vectors.length / width;
  const centres = await centresOf(search, vectors, width, Math.round(Math.sqrt(count)));
  const lists = centres.length / width;
  const among = search.among(centres);
  const { rows: listOf } = await among.nearest(vectors, 1);
  const { rows: near } = await among.nearest(centres, Math.min(PROBES, lists));
  const members: number[][] = Array.from({ length: lists }, () => []);
  listOf.forEach((list, row) => {
    members[list].push(row);
  });
  const found = { k, rows: new Int32Array(count * k), distances: new Float64Array(count * k) };
  for (let list = 0; list < lists; list++) {
    if (members[list].length === 0) continue;
    let candidates: number[] = [];
    for (let probe = 0; probe < near.length / lists || candidates.length <= k; probe++) {
      const all = probe >= near.length / lists;
      candidates = all
        ? Array.from(listOf.keys())
        : candidates.concat(members[near[list * (near.length / lists) + probe]]);
    }
    // In their order, so that of equally near ones the first is taken.
    candidates.sort((a, b) => a - b);
    const own = Int32Array.from(members[list]);
    const local = await search
      .among(take(vectors, width, candidates))
      .nearest(take(vectors, width, own), k + 1);
    local.rows.forEach((row, at) => {
      local.rows[at] = candidates[row];
    });
    withoutSelf(local, own, found);
  }
  return found;
}

/** Centres of groups of near vectors, by some rounds of k-means over a sample: Float32 [lists × width]. */
async function centresOf(
  search: ExactSearch,
  vectors: Float32Array,
  width: number,
  lists: number,
): Promise<Float32Array> {
  const order = new Random(0).shuffle(Int32Array.from({ length: vectors.length / width }, (_, row) => row));
  const sample = take(vectors, width, order.subarray(0, SAMPLE * lists));
  const centres = sample.slice(0, lists * width);
  for (let round = 0; round < ROUNDS; round++) {
    const { rows } = await search.among(centres).nearest(sample, 1);
    const sums = new Float64Array(centres.length);
    const members = new Int32Array(lists);
    rows.forEach((list, row) => {
      members[list]++;
      for (let j = 0; j < width; j++) sums[list * width + j] += sample[row * width + j];
    });
    // A centre that nothing is near to stays where it is.
    for (let i = 0; i < sums.length; i++) {
      const own = members[Math.floor(i / width)];
      if (own > 0) centres[i] = sums[i] / own;
    }
  }
  return centres;
}

function take(vectors: Float32Array, width: number, rows: ArrayLike<number>): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    taken.set(vectors.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  return taken;
}

/** Puts the neighbours of some vectors in their places, each without itself. */
function withoutSelf(near: Neighbours, own: Int32Array, { k, rows, distances }: Neighbours): void {
  own.forEach((vector, query) => {
    let to = vector * k;
    const end = to + k;
    for (let at = query * near.k; to < end; at++) {
      // Where many are equal, the vector itself may not be among them: then the last is left out.
      if (near.rows[at] === vector) continue;
      rows[to] = near.rows[at];
      distances[to++] = near.distances[at];
    }
  });
}
