import type { ModelArgs } from "../model/args.js";
import { usesBatchLabels } from "../model/parameters.js";
import type { CellBatches } from "../preprocess/labels.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { Model, openModel } from "./model.js";

/** The model that was given, or the one that the cells were prepared for. */
export async function requireModel(ready: Prepared, given: Model | string | undefined): Promise<Model> {
  const model = typeof given === "string" ? await openModel(given) : (given ?? ready.model);
  if (!model)
    throw new CellkernelError(
      "nothing",
      'there is no model: prepare the cells for one, preprocess(cells, { model: await openModel("…") }), or give the option model',
    );
  if (model instanceof Model) return model;
  return openModel(model.folder, { ...model.given, vocabulary: model.vocabulary });
}

/** Whether the training of an architecture needs to know each cell's batch. */
export function usesBatches(args: ModelArgs): boolean {
  return usesBatchLabels(args) || args.do_dab === true;
}

/** The batches of the cells, where the architecture needs them. */
export function requireBatches(ready: Prepared, args: ModelArgs): CellBatches | undefined {
  if (!usesBatches(args)) return undefined;
  const { batches } = ready;
  const who = usesBatchLabels(args) ? "the model" : "the option dab";
  if (!batches)
    throw new CellkernelError(
      "nothing",
      `${who} uses batch labels; name their obs column: preprocess(cells, { batch: … })`,
    );
  const missing = batches.codes.indexOf(-1);
  if (missing >= 0)
    throw new CellkernelError(
      "column",
      `cell ${ready.cellNames[missing]} has no value in the batch column ${batches.column}, which ${who} needs`,
      { column: batches.column, cell: ready.cellNames[missing] },
    );
  return batches;
}
