import type { Objective } from "../model/objectives.js";
import { usesBatchLabels } from "../model/parameters.js";
import { checkBatch, checkLabels } from "../tokenize/checkBatch.js";
import { isTokens, type LabelledBatch } from "./engine.js";
import type { TrainerSpec } from "./trainer.js";

/**
 * Refuses batches that cannot be trained on, before anything is computed.
 * @throws an Error that names the cell
 */
export function checkStep(micro: LabelledBatch[], spec: TrainerSpec, objectives: readonly Objective[]): void {
  if (micro.length === 0 || micro.some((m) => m.labels.length === 0))
    throw new Error("A training step got an empty batch.");
  for (const one of micro) {
    if (objectives.includes("CLS"))
      checkLabels(isTokens(one) ? one.batch : one, one.labels, spec.classes, "class");
    if (!isTokens(one)) continue;
    const { batch, batchLabels, masked } = one;
    checkBatch(batch, spec.genes);
    if (usesBatchLabels(spec.args) || objectives.includes("DAB")) {
      if (!batchLabels) throw new Error("The model uses batch labels, and the training step got none.");
      checkLabels(batch, batchLabels, spec.batches!, "batch");
    }
    if (!masked && objectives.some((o) => o === "MLM" || o === "MVC"))
      throw new Error("The objectives MLM and MVC need masked values, and the training step got none.");
  }
}
