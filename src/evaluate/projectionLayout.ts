import { type Curve, forcesOf, placeOf } from "./projectionForces.js";
import type { FuzzyGraph } from "./projectionGraph.js";

/** A layout in memory that threads share. */
export interface Layout {
  cells: number;
  epochs: number;
  threads: number;
  seed: number;
  curve: Curve;
  pointers: Int32Array;
  ends: Int32Array;
  /** Float32 [edges]: epochs from one draw of an edge to the next, and the epoch of that. */
  every: Float32Array;
  due: Float32Array;
  /** Float32 [cells × 2]: the plane, and where the cells of a part move to. */
  places: Float32Array;
  moved: Float32Array;
  /** Threads that wait, and how often all have met. */
  meeting: Int32Array;
}

/**
 * Parts into which cells fall: those of a part move at once, by where all stand before, so that the layout does not depend on who
 * computes it.
 */
const PARTS = 8;
/** Other cells from which one moves away for each edge drawn. */
const NEGATIVE = 5;
/** No coordinate moves further at once. */
const MOST = 4;
/** Looks at whether the others are there before a thread sleeps. */
const LOOKS = 2000;

/**
 * Makes a layout ready. Edges too weak to be drawn in the given epochs are left out.
 * @param start Float64 [cells × 2]: where cells stand at first
 */
export function newLayout(
  graph: FuzzyGraph,
  start: Float64Array,
  options: { epochs: number; threads: number; seed: number; curve: Curve },
): Layout {
  const cells = graph.pointers.length - 1;
  const most = graph.weights.reduce((a, b) => Math.max(a, b), 0);
  const pointers = shared(Int32Array, cells + 1);
  const kept = graph.weights.reduce((sum, w) => sum + (w * options.epochs >= most ? 1 : 0), 0);
  const [ends, every, due] = [
    shared(Int32Array, kept),
    shared(Float32Array, kept),
    shared(Float32Array, kept),
  ];
  let edge = 0;
  for (let cell = 0; cell < cells; cell++) {
    for (let at = graph.pointers[cell]; at < graph.pointers[cell + 1]; at++) {
      if (graph.weights[at] * options.epochs < most) continue;
      ends[edge] = graph.ends[at];
      every[edge] = most / graph.weights[at];
      due[edge] = every[edge];
      edge++;
    }
    pointers[cell + 1] = edge;
  }
  const [places, moved] = [shared(Float32Array, 2 * cells), shared(Float32Array, 2 * cells)];
  places.set(start);
  return { cells, ...options, pointers, ends, every, due, places, moved, meeting: shared(Int32Array, 2) };
}

/**
 * One thread's part of UMAP's layout by stochastic gradient descent (McInnes et al. 2018, algorithm 5), by umap-learn's schedule. A
 * cell's draws go by seed, epoch and cell. An edge, which stands with both of its ends, moves either end twice.
 */
export function layOut(layout: Layout, thread: number): void {
  const { cells, epochs, threads, seed, pointers, ends, every, due, places, moved, meeting } = layout;
  const { attraction, repulsion } = forcesOf(layout.curve);
  const scale = cells / 2 ** 32;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const alpha = 1 - epoch / epochs;
    for (let part = 0; part < PARTS; part++) {
      // Cells of a file often stand by type: a part has some of each.
      const count = Math.ceil((cells - part) / PARTS);
      const [from, end] = [
        Math.floor((count * thread) / threads),
        Math.floor((count * (thread + 1)) / threads),
      ];
      for (let i = from; i < end; i++) {
        const cell = part + i * PARTS;
        let x = places[2 * cell];
        let y = places[2 * cell + 1];
        let random = stream(seed, epoch, cell);
        for (let edge = pointers[cell]; edge < pointers[cell + 1]; edge++) {
          if (due[edge] > epoch) continue;
          due[edge] += every[edge];
          const other = 2 * ends[edge];
          const ox = places[other];
          const oy = places[other + 1];
          for (let time = 0; time < 2; time++) {
            const dx = ox - x;
            const dy = oy - y;
            const force = attraction[placeOf(dx * dx + dy * dy)];
            x += alpha * clipped(force * dx);
            y += alpha * clipped(force * dy);
          }
          for (let n = 0; n < NEGATIVE; n++) {
            // xorshift32 of Marsaglia (2003).
            random ^= random << 13;
            random ^= random >>> 17;
            random ^= random << 5;
            const away = Math.floor((random >>> 0) * scale);
            if (away === cell) continue;
            const dx = x - places[2 * away];
            const dy = y - places[2 * away + 1];
            const force = repulsion[placeOf(dx * dx + dy * dy)];
            x += alpha * clipped(force * dx);
            y += alpha * clipped(force * dy);
          }
        }
        moved[2 * cell] = x;
        moved[2 * cell + 1] = y;
      }
      meet(meeting, threads);
      for (let i = from; i < end; i++) {
        const at = 2 * (part + i * PARTS);
        places[at] = moved[at];
        places[at + 1] = moved[at + 1];
      }
      meet(meeting, threads);
    }
  }
}

function clipped(step: number): number {
  return step > MOST ? MOST : Math.max(step, -MOST);
}

/** Start of a cell's random numbers in an epoch, not 0: the finaliser of MurmurHash3. */
function stream(seed: number, epoch: number, cell: number): number {
  let h = Math.imul(cell, 0x9e3779b9) ^ Math.imul(epoch + 1, 0x85ebca6b) ^ Math.imul(seed + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 1;
}

/** Waits until all threads are here. */
function meet(meeting: Int32Array, threads: number): void {
  if (threads === 1) return;
  const met = Atomics.load(meeting, 1);
  if (Atomics.add(meeting, 0, 1) === threads - 1) {
    Atomics.store(meeting, 0, 0);
    Atomics.add(meeting, 1, 1);
    Atomics.notify(meeting, 1);
    return;
  }
  for (let look = 0; look < LOOKS; look++) if (Atomics.load(meeting, 1) !== met) return;
  while (Atomics.load(meeting, 1) === met) Atomics.wait(meeting, 1, met);
}

function shared<T>(
  Type: { new (buffer: SharedArrayBuffer): T; BYTES_PER_ELEMENT: number },
  length: number,
): T {
  return new Type(new SharedArrayBuffer(length * Type.BYTES_PER_ELEMENT));
}
