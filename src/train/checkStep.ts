import type { Objective } from "../model/objectives.js";
import { usesBatchLabels } from "../model/parameters.js";
import { checkBatch, checkLabels } from "../tokenize/checkBatch.js";
import type { LabelledBatch } from "./engine.js";
import type { TrainerSpec } from "./trainer.js";

/**
 * Refuses batches that cannot be trained on, before anything is computed.
 * @throws an Error that names the cell
 */
export function checkStep(micro: LabelledBatch[], spec: TrainerSpec, objectives: readonly Objective[]): void {
  if (micro.length === 0 || micro.some((m) => m.batch.cells.length === 0))
    throw new Error("A training step got an empty batch.");
  for (const { batch, labels, batchLabels, embedding, masked } of micro) {
    checkLabels(batch, labels, spec.classes, "class");
    if (embedding) continue;
    checkBatch(batch, spec.genes);
    if (usesBatchLabels(spec.args) || objectives.includes("DAB")) {
      if (!batchLabels) throw new Error("The model uses batch labels, and the training step got none.");
      checkLabels(batch, batchLabels, spec.batches!, "batch");
    }
    if (!masked && objectives.some((o) => o === "MLM" || o === "MVC"))
      throw new Error("The objectives MLM and MVC need masked values, and the training step got none.");
  }
}
