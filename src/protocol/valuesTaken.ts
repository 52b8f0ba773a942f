import type { Kind } from "../anndata/contents.js";
import { limitsSet, type Within } from "../preprocess/cellLimits.js";
import type { CellBatches } from "../preprocess/labels.js";
import type { ValueRange } from "../preprocess/qc.js";
import type { StatisticsOptions } from "../preprocess/statistics.js";
import type { PreparationSettings } from "../settings/preparation.js";
import { CellkernelError } from "../support/error.js";
import type { Genes } from "./genes.js";

/** No logarithm of anything measured is larger: what a sample did not show. */
const MOST_LOGGED = 30;

/** What the values of a matrix are taken for. */
export interface ValuesTaken {
  counts: boolean;
  logged: boolean;
}

/** As a sample looks, or as was said. */
export function takenAtSight(kind: Kind, values: PreparationSettings["values"]): ValuesTaken {
  const logged = values === undefined ? kind === "logged" : values === "logged";
  return { logged, counts: !logged && (kind === "counts" || kind === "binary") };
}

/** As the whole matrix turned out to be. */
export function takenAfterAll(
  sight: ValuesTaken,
  range: ValueRange,
  values: PreparationSettings["values"],
): ValuesTaken {
  const logged = sight.logged && (values !== undefined || range.max <= MOST_LOGGED);
  return { logged, counts: range.integers && !logged };
}

/** Whether statistics that were gathered of values taken for one thing serve where they are another. */
export function serves(gathered: ValuesTaken, taken: ValuesTaken, settings: PreparationSettings): boolean {
  if (settings.nHvg === 0 && limitsSet(settings).length === 0) return true;
  return gathered.counts === taken.counts && gathered.logged === taken.logged;
}

/** The cells that statistics are gathered of: those of a file, or some of them. */
export interface CountedCells {
  /** The matrix's name in messages. */
  name: string;
  cells: number;
  genes: Pick<Genes, "names" | "ids">;
  /** The codes are of these cells, the names those of the whole file. */
  batches?: Pick<CellBatches, "codes" | "names">;
}

/** What statistics are gathered of values that are taken for something. */
export function statisticsOptions(
  { name, cells, genes, batches }: CountedCells,
  { counts, logged }: ValuesTaken,
  settings: PreparationSettings,
  within: Within | undefined,
): StatisticsOptions {
  const { minCells, filterGeneByCounts, filterCellByCounts, nHvg, hvgFlavor } = settings;
  const flavor = hvgFlavor === "seurat_v3" && !counts ? "cell_ranger" : hvgFlavor;
  return {
    ...{ name, cells, within, minCells, filterGeneByCounts, filterCellByCounts },
    geneNames: genes.names,
    known: Uint8Array.from(genes.ids, (id) => (id >= 0 ? 1 : 0)),
    batches: batches?.codes,
    nBatches: batches?.names.length ?? 1,
    targetSum: settings.normalizeTotal,
    variable: nHvg === 0 ? undefined : { flavor, nTopGenes: nHvg },
    logged: logged || !settings.doNorm,
  };
}

/** @throws where limits are set on figures that the file does not have */
export function refuseUnknown(limits: readonly string[], name: string): void {
  if (limits.length === 0) return;
  const [option] = limits;
  throw new CellkernelError(
    "option",
    `${name} holds no counts, and obs has no column that says what ${limits.join(", ")} ${limits.length === 1 ? "limits" : "limit"}: expected n_genes_by_counts, total_counts or pct_counts_mt (or as Seurat calls them); leave the limit out, or add the column`,
    { option },
  );
}
