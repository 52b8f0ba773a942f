import { readFileSync } from "node:fs";
import { reliability } from "../../src/evaluate/calibration.js";
import { classificationReport } from "../../src/evaluate/metrics.js";
import type { MimeBundle } from "../../src/host/host.js";
import {
  decodeEmbedding,
  EMBEDDING_MIME,
  type EmbeddingPayload,
  TRAINING_MIME,
} from "../../src/views/contract.js";
import { reportView } from "../../src/views/report.js";

/** Names the cells' table, so that the views share a selection. */
const TABLE = "the demo's cells";

/** The views of the demo, out of the committed notebook's outputs. */
export async function demoViews(): Promise<Record<"embedding" | "evaluation" | "training", MimeBundle>> {
  const { cells } = JSON.parse(readFileSync("notebooks/protocol.ipynb", "utf8")) as {
    cells: { outputs?: { data?: MimeBundle }[] }[];
  };
  const outputs = cells.flatMap(({ outputs = [] }) => outputs.map(({ data = {} }) => data));
  const of = (type: string) => {
    const found = outputs.find((data) => type in data);
    if (!found) throw new Error(`notebooks/protocol.ipynb has no output of ${type}: run "npm run notebook".`);
    return found[type];
  };
  const payload = { ...(of(EMBEDDING_MIME) as EmbeddingPayload), table: { id: TABLE }, view: undefined };
  return {
    embedding: { [EMBEDDING_MIME]: payload },
    evaluation: await evaluationOf(payload),
    training: { [TRAINING_MIME]: of(TRAINING_MIME) },
  };
}

/** The figures of the labels that the embedding shows. */
function evaluationOf(payload: EmbeddingPayload): Promise<MimeBundle> {
  const { panels, rows } = decodeEmbedding(payload);
  const [truth, predicted] = panels.map(({ codes }) => codes);
  const { probabilities = new Float32Array(0), categories = [] } = panels[1];
  const classes = categories.map(({ name }) => name);
  // The label's alone: of the other classes the view doesn't hold them.
  const given = new Float64Array(predicted.length * classes.length);
  predicted.forEach((code, cell) => {
    given[cell * classes.length + code] = probabilities[cell];
  });
  return reportView({
    title: "All cells of the demo",
    notes: ["Those of the training are among them: figures are given of cells that training never saw."],
    ...classificationReport(truth, predicted, classes),
    reliability: reliability(truth, given, classes.length),
    assigned: { table: TABLE, rows, truth, predicted, probabilities },
  });
}
