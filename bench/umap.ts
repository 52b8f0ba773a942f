import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Random } from "../src/support/random.js";
import { measure, medianOf } from "./measure.js";

const FOLDER = "output/bench";
const PYTHON = ".venv-peers/bin/python";
const PEER = "bench/peers/umap_learn.py";
const OURS = fileURLToPath(new URL("./umapOurs.js", import.meta.url));
const COLUMNS = 50;
const NEIGHBOURS = 10;
/** Cells whose neighbourhoods are looked at. */
const LOOKED = 300;

/**
 * Cells on a plane, ours against umap-learn (principal components by scikit-learn), turn by turn: seconds without loading and
 * compilation, processor seconds, and trustworthiness of 300 cells' neighbourhoods among all.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { cells: { type: "string", default: "20000" }, runs: { type: "string", default: "3" } },
  });
  const [cells, runs] = [Number(values.cells), Number(values.runs)];
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}/umap-${cells}.f32`;
  const points = drawCells(cells);
  writeFileSync(path, points);
  const seen: Record<"ours" | "peer", { seconds: number; cpu: number; trustworthiness: number }[]> = {
    ours: [],
    peer: [],
  };
  const ranks = ranksOf(points, COLUMNS);
  for (let run = 0; run < runs; run++)
    for (const [who, program, script] of [
      ["ours", process.execPath, OURS],
      ["peer", PYTHON, PEER],
    ] as const) {
      const out = `${FOLDER}/umap-${who}.f32`;
      const { report } = await measure(program, [script, path, String(COLUMNS), out, String(run)]);
      const plane = new Float32Array(Uint8Array.from(readFileSync(out)).buffer);
      const one = {
        seconds: report.seconds as number,
        cpu: report.cpu as number,
        trustworthiness: trusted(ranks, plane),
      };
      seen[who].push(one);
      console.error(`${who}: ${JSON.stringify(one)}`);
    }
  const summary = (own: typeof seen.ours) =>
    Object.fromEntries(
      (["seconds", "cpu", "trustworthiness"] as const).map((name) => [
        name,
        Number(medianOf(own.map((one) => one[name])).toPrecision(4)),
      ]),
    );
  return { bench: "umap", cells, runs, ours: summary(seen.ours), peer: summary(seen.peer) };
}

/** Cells of 20 types in groups, some of them along a line between two: Float32 [cells × COLUMNS]. */
function drawCells(cells: number): Float32Array {
  const random = new Random(1);
  const normal = () => Math.sqrt(-2 * Math.log(random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const types = Array.from({ length: 20 }, (_, t) => {
    const group = Math.floor(t / 4);
    const centre = new Random(2, group);
    const own = new Random(3, t);
    return Float64Array.from(
      { length: COLUMNS },
      (_, j) => ((centre.uniform() - 0.5) * 30 + (own.uniform() - 0.5) * 12) / Math.sqrt(1 + j / 3),
    );
  });
  const points = new Float32Array(cells * COLUMNS);
  for (let cell = 0; cell < cells; cell++) {
    const type = random.below(types.length);
    const other = type % 4 === 0 ? type + 1 : type;
    const along = random.uniform();
    for (let j = 0; j < COLUMNS; j++)
      points[cell * COLUMNS + j] =
        types[type][j] * (1 - along) + types[other][j] * along + normal() / Math.sqrt(1 + j / 8);
  }
  return points;
}

/** Which cells are looked at, and the rank of all others by distance from each of them. */
function ranksOf(points: Float32Array, columns: number): { cell: number; rank: Uint32Array }[] {
  const cells = points.length / columns;
  return Array.from({ length: Math.min(LOOKED, cells) }, (_, i) => {
    const cell = Math.floor((i * cells) / Math.min(LOOKED, cells));
    const rank = new Uint32Array(cells);
    orderFrom(points, columns, cell).forEach((other, place) => {
      rank[other] = place;
    });
    return { cell, rank };
  });
}

function orderFrom(points: Float32Array, columns: number, cell: number): Uint32Array {
  const squared = new Float64Array(points.length / columns);
  for (let other = 0; other < squared.length; other++)
    for (let j = 0; j < columns; j++)
      squared[other] += (points[other * columns + j] - points[cell * columns + j]) ** 2;
  squared[cell] = -1;
  return Uint32Array.from(squared.keys()).sort((a, b) => squared[a] - squared[b]);
}

/** Trustworthiness (see `trustworthiness`) of the looked-at cells. */
function trusted(ranks: { cell: number; rank: Uint32Array }[], plane: Float32Array): number {
  const cells = plane.length / 2;
  const k = NEIGHBOURS;
  let penalty = 0;
  for (const { cell, rank } of ranks) {
    const near = orderFrom(plane, 2, cell);
    for (let n = 1; n <= k; n++) penalty += Math.max(0, rank[near[n]] - k);
  }
  return 1 - (penalty * 2) / (ranks.length * k * (2 * cells - 3 * k - 1));
}
