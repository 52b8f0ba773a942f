import type { CsrBlock } from "../anndata/matrix.js";
import { CellkernelError } from "../support/error.js";
import { Random } from "../support/random.js";
import { logarithmic, normal, poisson, WeightedIndex } from "./draw.js";

/** How simulated cells are made. */
export interface SimulationOptions {
  cells: number;
  /** Names of the genes. */
  genes: string[];
  /** Number of cell types. Default 8. */
  types?: number;
  /** Number of batches. Default 2. */
  batches?: number;
  /** Genes that each type expresses more than the others. Default 50. */
  markers?: number;
  /** Median counts a cell. Default 4000. */
  librarySize?: number;
  /** Default 0. */
  seed?: number;
}

/** Standard deviation of the logarithm of: expression among genes, marker strength, batch effect, library size. */
const SPREAD = { genes: 2, markers: 0.4, batches: 0.15, library: 0.35 };
/** Markers are expressed about this many times as much. */
const MARKER_FOLD = 12;
/** Gamma–Poisson dispersion at the median library size: variance = mean + dispersion · mean². */
const DISPERSION = 0.5;
/** Each type is this many times as frequent as the one before. */
const RARER = 0.8;
/** Streams of random numbers, beside one for each cell. */
const PROFILE_STREAM = -1;

/**
 * Simulated cells: negative-binomial counts of types with markers, in batches, with log-normal library sizes.
 * A cell depends on the seed and its number alone, so that any run of cells can be made at any time.
 *
 * A negative binomial is a Poisson number of bursts of logarithmically distributed size, so that a cell costs
 * the time of its molecules and not of its genes.
 */
export class Simulation {
  readonly typeNames: string[];
  readonly batchNames: string[];
  /** [types] the marker genes of each. */
  readonly markers: number[][];
  /** Float64 [genes] for each type and batch (type · batches + batch): expected share of a cell's counts. */
  readonly shares: Float64Array[];
  private readonly bursts: WeightedIndex[];
  /** Float64 [genes] for each type and batch: p of the negative binomial. */
  private readonly p: Float64Array[];
  private readonly typeOf: WeightedIndex;
  private readonly librarySize: number;
  private readonly seed: number;

  constructor(private readonly options: SimulationOptions) {
    const { genes, types = 8, batches = 2, markers = 50, librarySize = 4000, seed = 0 } = options;
    check({ cells: options.cells, types, batches, librarySize });
    if (genes.length < types * markers || genes.length === 0)
      throw new CellkernelError(
        "option",
        `${types} types with ${markers} markers each need ${types * markers} genes; there are ${genes.length}.`,
        { option: "markers" },
      );
    this.librarySize = librarySize;
    this.seed = seed;
    this.typeNames = Array.from({ length: types }, (_, i) => `simulated type ${i + 1}`);
    this.batchNames = Array.from({ length: batches }, (_, i) => `simulated batch ${i + 1}`);
    this.typeOf = new WeightedIndex(Float64Array.from({ length: types }, (_, i) => RARER ** i));

    const random = new Random(seed, PROFILE_STREAM);
    const base = Float64Array.from(genes, () => Math.exp(SPREAD.genes * normal(random)));
    const order = random.shuffle(Int32Array.from(genes.keys()));
    this.markers = this.typeNames.map((_, i) =>
      [...order.subarray(i * markers, (i + 1) * markers)].sort((a, b) => a - b),
    );
    const effects = this.batchNames.map(() => base.map(() => Math.exp(SPREAD.batches * normal(random))));
    this.shares = this.markers.flatMap((own) => {
      const folds = own.map(() => MARKER_FOLD * Math.exp(SPREAD.markers * normal(random)));
      return effects.map((effect) => {
        const share = base.map((value, gene) => value * effect[gene]);
        own.forEach((gene, i) => {
          share[gene] *= folds[i];
        });
        const total = share.reduce((sum, value) => sum + value, 0);
        return share.map((value) => value / total);
      });
    });
    this.p = this.shares.map((share) => share.map((value) => 1 - 1 / (1 + DISPERSION * value * librarySize)));
    this.bursts = this.shares.map((share, i) => {
      const p = this.p[i];
      return new WeightedIndex(
        share.map((value, gene) => (value * (1 - p[gene]) * -Math.log1p(-p[gene])) / p[gene]),
      );
    });
  }

  /** Cells in blocks. */
  *blocks(rows = 1000): Iterable<SimulatedBlock> {
    for (let start = 0; start < this.options.cells; start += rows)
      yield this.block(start, Math.min(this.options.cells, start + rows));
  }

  /** Cells `start` to `end`. */
  block(start: number, end: number): SimulatedBlock {
    const columns = this.options.genes.length;
    const tally = new Uint32Array(columns);
    const indptr = new Int32Array(end - start + 1);
    const types = new Int32Array(end - start);
    const batches = new Int32Array(end - start);
    let indices = new Int32Array(1 << 16);
    let data = new Float32Array(1 << 16);
    let at = 0;
    for (let row = 0; row < end - start; row++) {
      const random = new Random(this.seed, start + row);
      types[row] = this.typeOf.draw(random);
      batches[row] = random.below(this.batchNames.length);
      this.tallyCell(types[row] * this.batchNames.length + batches[row], tally, random);
      if (at + columns > indices.length) {
        indices = grown(indices, at + columns);
        data = grown(data, at + columns);
      }
      for (let gene = 0; gene < columns; gene++) {
        if (tally[gene] === 0) continue;
        indices[at] = gene;
        data[at++] = tally[gene];
        tally[gene] = 0;
      }
      indptr[row + 1] = at;
    }
    const cells = {
      start,
      rows: end - start,
      columns,
      indptr,
      indices: indices.slice(0, at),
      data: data.slice(0, at),
    };
    return { ...cells, types, batches };
  }

  /** Adds the counts of one cell to `tally`. */
  private tallyCell(profile: number, tally: Uint32Array, random: Random): void {
    const bursts = this.bursts[profile];
    const p = this.p[profile];
    const library = this.librarySize * Math.exp(SPREAD.library * normal(random));
    for (let left = poisson(bursts.total * library, random); left > 0; left--) {
      const gene = bursts.draw(random);
      tally[gene] += logarithmic(p[gene], random);
    }
  }
}

/** Cells with their type and batch: Int32 [rows] each. */
export interface SimulatedBlock extends CsrBlock {
  types: Int32Array;
  batches: Int32Array;
}

function check(numbers: Record<string, number>): void {
  for (const [name, value] of Object.entries(numbers))
    if (!Number.isInteger(value) || value < 1)
      throw new CellkernelError("option", `${name} is ${value}; it must be a positive integer.`, {
        option: name,
      });
}

function grown<T extends Int32Array | Float32Array>(array: T, least: number): T {
  const larger = new (array.constructor as new (n: number) => T)(Math.max(2 * array.length, least));
  larger.set(array);
  return larger;
}
