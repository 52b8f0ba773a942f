import type { AnnData } from "../anndata/anndata.js";
import type { Element } from "../anndata/element.js";
import { CellkernelError } from "../support/error.js";
import type { Run } from "./run.js";
import type { CellLabels } from "./transferGroups.js";

/** What `annotate` wrote of how it was done (`uns["cellkernel"]`). */
export type AnnotationRecord = { readonly [name: string]: Element };

/**
 * The labels that a run gave to a file's cells, from its `obs`.
 * @throws where the file wasn't labelled, or by another run
 */
export function annotatedCells(run: Run, adata: AnnData): { labels: CellLabels; record: AnnotationRecord } {
  const { path, nObs } = adata;
  const has = (name: string) => adata.obs.columnNames().includes(name);
  if (!has("predicted_label") || !has("probability"))
    throw new CellkernelError(
      "column",
      `${path} has no obs columns predicted_label and probability: label it first, annotate(run, ${JSON.stringify(path)}, { out: "labelled.h5ad" })`,
      { column: "predicted_label", path },
    );
  const found = adata.uns.has("cellkernel") ? adata.uns.get("cellkernel") : undefined;
  const record = (found && typeof found === "object" ? found : {}) as AnnotationRecord;
  const by = record.run_id;
  if (typeof by === "string" && by !== run.training.run)
    throw new CellkernelError(
      "other-preparation",
      `${path} was labelled by the run ${String(record.run)} (${by}), not by ${run.name} (${run.training.run}): give the run that labelled it`,
      { path, run: by },
    );
  const column = (name: string) => {
    const values = adata.obs.column(name)!;
    return Array.from({ length: nObs }, (_, row) => values.at(row) as unknown);
  };
  const codeOf = new Map(run.classes.map((name, code) => [name, code]));
  const codes = Int32Array.from(column("predicted_label"), (label) => codeOf.get(String(label)) ?? -1);
  const labels: CellLabels = {
    ...{ names: run.classes, codes },
    probabilities: Float32Array.from(column("probability"), (p) => (p === null ? Number.NaN : Number(p))),
  };
  if (has("assigned_label"))
    labels.unassigned = column("assigned_label").map(
      (label, row) => codes[row] >= 0 && label !== run.classes[codes[row]],
    );
  if (has("consensus_label"))
    labels.disputed = column("consensus_label").map(
      (label, row) => codes[row] >= 0 && label !== null && label !== run.classes[codes[row]],
    );
  if (has("is_unlike")) labels.unlike = column("is_unlike").map((flag) => flag === true);
  return { labels, record };
}
