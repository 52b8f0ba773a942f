import { fileURLToPath } from "node:url";
import { table } from "arquero";
import { Categorical } from "../anndata/columns.js";
import { H5adWriter } from "../anndata/write/h5ad.js";
import { resolve } from "../settings/setting.js";
import { SIMULATION, type SimulationOptions } from "../settings/simulation.js";
import { Simulation } from "../simulate/counts.js";
import { CellkernelError } from "../support/error.js";
import { Random } from "../support/random.js";
import { Vocabulary } from "../tokenize/vocabulary.js";
import type { PreprocessProgress } from "./preprocessOptions.js";
import { Meter } from "./progress.js";

/** The whole-human vocabulary that comes with the package. */
const VOCABULARY = fileURLToPath(new URL("../../../notebooks/models/small/vocab.json", import.meta.url));
/** Stands in every simulated file. */
const WARNING = "Simulated by cellkernel simulate: no real cells.";

export interface SimulateOptions extends SimulationOptions {
  /** Number of cells. */
  cells: number;
  /** Called as cells are written. */
  onProgress?: (progress: PreprocessProgress) => void;
  /** Ends the work early; nothing is written then. */
  signal?: AbortSignal;
}

/** What was simulated. */
export interface SimulatedFile {
  /** Always: whoever keeps this record knows. */
  simulated: true;
  /** The file. */
  path: string;
  /** Number of cells. */
  cells: number;
  /** Number of genes. */
  genes: number;
  /** Stored counts above zero. */
  nonZeros: number;
  /** Seed of every random choice. */
  seed: number;
}

/**
 * Writes an `.h5ad` file of simulated counts with `obs.cell_type`, `obs.batch` and, in `uns.simulation`, the markers
 * of each type. Any number of cells: they are written as they are made. The file says in its attributes, in `uns` and
 * in the names of cells, types and batches that it is simulated.
 *
 * @throws where an option makes no sense, or the path cannot be written
 * @example
 * const { genes } = await simulate("simulated.h5ad", { cells: 50, genes: 200, types: 3 });
 * (await readH5ad("simulated.h5ad")).nObs; // → 50
 */
export async function simulate(path: string, options: SimulateOptions): Promise<SimulatedFile> {
  const { cells } = options;
  const { genes: nGenes, vocabulary, ...settings } = resolve(SIMULATION, options);
  const { seed } = settings;
  const genes = drawGenes(Vocabulary.fromFile(vocabulary ?? VOCABULARY), nGenes, seed);
  const simulation = new Simulation({ ...settings, cells, genes });
  const types = new Int32Array(cells);
  const batches = new Int32Array(cells);
  let nonZeros = 0;
  const writer = await H5adWriter.create(path, genes.length, "float32", cells * genes.length);
  try {
    const meter = new Meter("simulating", cells, options);
    for (const block of simulation.blocks()) {
      writer.append(block);
      types.set(block.types, block.start);
      batches.set(block.batches, block.start);
      nonZeros += block.data.length;
      await meter.advance(block.rows);
    }
  } catch (error) {
    writer.abandon();
    throw error;
  }
  const markers = simulation.markers.map((own, i) => [
    simulation.typeNames[i],
    own.map((gene) => genes[gene]),
  ]);
  await writer.close({
    obsNames: Array.from({ length: cells }, (_, i) => `simulated_${i + 1}`),
    varNames: genes,
    obs: table({
      cell_type: new Categorical(types, simulation.typeNames, false),
      batch: new Categorical(batches, simulation.batchNames, false),
    }),
    uns: { simulation: { warning: WARNING, seed, markers: Object.fromEntries(markers) } },
    attributes: { simulated: WARNING },
  });
  return { simulated: true, path, cells, genes: genes.length, nonZeros, seed };
}

/** Gene names of the vocabulary at random, in alphabetical order; mitochondrial ones are always among them. */
function drawGenes(vocabulary: Vocabulary, count: number, seed: number): string[] {
  const all = vocabulary.genes().sort();
  if (!Number.isInteger(count) || count < 1 || count > all.length)
    throw new CellkernelError(
      "option",
      `genes is ${count}; ${vocabulary.source} has names for 1 to ${all.length}.`,
      { option: "genes" },
    );
  const mitochondrial = all.filter((name) => name.startsWith("MT-"));
  const others = new Random(seed).shuffle(all.filter((name) => !name.startsWith("MT-")));
  return [...mitochondrial, ...others].slice(0, count).sort();
}
