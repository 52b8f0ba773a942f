import type { AnnData } from "../anndata/anndata.js";
import { withView } from "../host/displayable.js";
import type { Within } from "../preprocess/cellLimits.js";
import { withinLimits } from "../preprocess/cellLimits.js";
import { gatherStatistics, type Pass } from "../preprocess/statistics.js";
import type { Prepared } from "../store/prepared.js";
import { assemblePrepared, type Counted } from "./assemblePrepared.js";
import { type Decision, decidePreparation } from "./decidePreparation.js";
import { preparedView } from "./preparedViews.js";
import type { PreprocessOptions } from "./preprocessOptions.js";
import { passesOver } from "./progress.js";
import { tokenizerFor } from "./tokenizerFor.js";
import {
  refuseUnknown,
  serves,
  statisticsOptions,
  takenAfterAll,
  takenAtSight,
  type ValuesTaken,
} from "./valuesTaken.js";

/**
 * Makes cells ready for the model, in the order of the published protocol: genes of the vocabulary, filters,
 * normalisation, logarithm, highly variable genes, bins. Reads the matrix twice by blocks of rows (docs/preprocess.md
 * says when once more) and never holds it.
 *
 * @throws on what it cannot mend (no such column, no gene in the vocabulary, values that are no expression), with
 *   the remedy
 * @example
 * const ready = await preprocess(cells, { cellType: "bulk_labels", model, nHvg: 64 });
 * ready.labels?.classes.length; // → 10
 * ready.notes; // what was decided, and what to look at
 */
export async function preprocess(cells: AnnData, options: PreprocessOptions = {}): Promise<Prepared> {
  const decision = await decidePreparation(cells, options);
  const { genes, settings } = decision;
  const counted = await count(decision, passesOver(genes.matrix, options));
  const tokenizer = tokenizerFor(genes, counted, counted.keptCells, settings);
  await passesOver(genes.checked, options)("tokens", (block) => tokenizer.add(block, counted.keptCells));
  return withView(assemblePrepared(decision, counted, tokenizer.store(), tokenizer.addedKeys), preparedView);
}

/** Goes over the matrix, and once more in the rare case that the whole of it is not what a part looked like. */
async function count(decision: Decision, pass: Pass): Promise<Counted> {
  const { settings, source } = decision;
  const gather = (taken: ValuesTaken) =>
    gatherStatistics(
      statisticsOptions(
        { ...decision, cells: decision.cells.nObs },
        taken,
        settings,
        limitsOf(decision, taken),
      ),
      pass,
    );
  const sight = takenAtSight(source.contents.kind, settings.values);
  const statistics = await gather(sight);
  const taken = takenAfterAll(sight, statistics.range, settings.values);
  return { ...(serves(sight, taken, settings) ? statistics : await gather(taken)), taken };
}

function limitsOf({ cells, genes, name, settings }: Decision, { counts }: ValuesTaken): Within | undefined {
  const { within, unknown } = withinLimits(cells, genes.names, counts, settings);
  refuseUnknown(unknown, name);
  return within;
}
