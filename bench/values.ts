import { type Kind, sampleContents } from "../src/anndata/contents.js";
import { MemoryMatrix } from "../src/anndata/matrices/memory.js";
import { readH5ad } from "../src/index.js";
import { Random } from "../src/support/random.js";

type Row = [gene: number, value: number][];
/** What was done to counts, and what a look at the values should say of it. */
type Case = [name: string, kind: Kind, base: number, make: (cells: Row[]) => Row[]];

const CELLS = 24;
/** Shares of the molecules that are kept, and how many genes are left at the end. */
const DEPTHS = [1, 0.3, 0.1, 0.03];
const GENES = [Number.POSITIVE_INFINITY, 10_000, 2000, 500];

/** Real counts, thinned, treated as programs treat them, with genes dropped: how often what they are is told right. */
export async function bench(): Promise<object> {
  const cells = await readH5ad("test/fixtures/preprocess/counts559.h5ad");
  const columns = cells.nVars;
  const counts: Row[] = [];
  for (const { rows, indptr, indices, data } of cells.X!.blocks({ end: CELLS }))
    for (let row = 0; row < rows; row++) {
      const [start, end] = [indptr[row], indptr[row + 1]];
      counts.push(Array.from(indices.subarray(start, end), (gene, k) => [gene, data[start + k]]));
    }
  cells.close();
  const order = new Random(1).shuffle(Int32Array.from({ length: columns }, (_, gene) => gene));
  const told: Record<string, [right: number, of: number]> = {};
  const all: [right: number, of: number] = [0, 0];
  for (const depth of DEPTHS) {
    const thinned = counts.map((row, cell) => thin(row, depth, new Random(2, cell)));
    for (const [name, kind, base, make] of cases()) {
      const made = make(thinned);
      told[name] ??= [0, 0];
      for (const most of GENES) {
        const kept = new Set(order.subarray(0, most));
        const left = made.map((row) => row.filter(([gene, value]) => kept.has(gene) && value !== 0));
        const found = sampleContents(matrixOf(left, columns));
        const right = found.kind === kind && (found.base ?? Math.E) === base;
        if (!right)
          console.error(`${name}, depth ${depth}, ${most} genes: ${found.kind} ${found.base ?? ""}`);
        for (const tally of [told[name], all]) {
          tally[0] += Number(right);
          tally[1]++;
        }
      }
    }
  }
  return { all, ...told };
}

function cases(): Case[] {
  const none = Math.E;
  const ambient = (value: number, gene: number) => value * (1 - (gene % 13) / 40);
  const perLength = (value: number, gene: number) => value / (300 + ((gene * 7919) % 9973));
  const targets = [undefined, 1e4, 1e6];
  const logged = [Math.E, 2, 10].flatMap((base): Case[] => {
    const log = (digits: number) => (value: number) =>
      Number((Math.log1p(value) / Math.log(base)).toFixed(digits));
    const name = base === Math.E ? "ln" : `log${base}`;
    return [
      [`${name} of counts`, "logged", base, each(log(7))],
      [`${name} of TPM`, "logged", base, (cells) => each(log(7))(normalised(each(perLength)(cells), 1e6))],
      ...targets.flatMap((target) =>
        [7, 3].map((digits): Case => {
          const make = (cells: Row[]) => each(log(digits))(normalised(cells, target));
          return [`${name} of ${target ?? "median"}, ${digits} digits`, "logged", base, make];
        }),
      ),
    ];
  });
  return [
    ["counts", "counts", none, (cells) => cells],
    ["counts, taken back", "counts", none, each((value) => value * (1 - 2e-7))],
    ["presence", "binary", none, each(() => 1)],
    ["ambient removed", "corrected", none, each(ambient)],
    ["reads shared", "corrected", none, each((value, gene) => (gene % 5 === 0 ? value / 3 : value))],
    ...targets.map(
      (to): Case => [`normalised to ${to ?? "median"}`, "normalised", none, (cells) => normalised(cells, to)],
    ),
    ...logged,
  ];
}

const each = (turn: (value: number, gene: number) => number) => (cells: Row[]) =>
  cells.map((row): Row => row.map(([gene, value]) => [gene, turn(value, gene)]));

/** As scanpy's `normalize_total`: to the median of the cells' totals where no target is given. */
function normalised(cells: Row[], to?: number): Row[] {
  const totals = cells.map((row) => row.reduce((sum, [, value]) => sum + value, 0));
  const target = to ?? [...totals].sort((a, b) => a - b)[cells.length >> 1];
  return cells.map((row, i) => row.map(([gene, value]) => [gene, (value * target) / totals[i]]));
}

/** Each molecule is kept with that probability. */
function thin(row: Row, share: number, random: Random): Row {
  const kept = (count: number) => Array.from({ length: count }).filter(() => random.uniform() < share).length;
  return share === 1
    ? row
    : row.map(([gene, count]): Row[number] => [gene, kept(count)]).filter(([, n]) => n > 0);
}

function matrixOf(rows: Row[], columns: number): MemoryMatrix {
  const ends = rows.map(({ length }, i) => rows.slice(0, i).reduce((sum, row) => sum + row.length, length));
  const [genes, values] = [0, 1].map((part) => rows.flatMap((row) => row.map((entry) => entry[part])));
  return new MemoryMatrix(
    "generated",
    columns,
    Float64Array.of(0, ...ends),
    Int32Array.from(genes),
    Float32Array.from(values),
  );
}
