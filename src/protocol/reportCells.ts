import { shown } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { CellkernelError } from "../support/error.js";
import { tableView } from "../views/table.js";
import type { AssignedCells, CategoryPanel, EmbeddingPanel } from "../views/types.js";
import type { Part } from "./evaluate.js";
import { CellsFile, type CellsInput } from "./explore/cellsFile.js";
import { CellTable } from "./explore/cellTable.js";
import { Replay } from "./replay.js";
import type { ReportParts } from "./report.js";

/** Names of what a model says of cells, as they are asked for. */
export const RESULTS = ["truth", "prediction", "probability", "margin", "split"] as const;

/** Names the table of a report's cells to pages: the same cells are the same table, whatever says something of them. */
export function tableIdOf({ ready }: Pick<ReportParts, "ready">): string {
  return `cells ${ready.source.content}`;
}

/** The report's cells as a table whose further columns come from their file. */
export function reportTable(parts: ReportParts, given?: CellsInput): CellTable {
  const { run, ready, labelled, from } = parts;
  const file =
    given === undefined && from
      ? new CellsFile(from.cells, from.reading)
      : new CellsFile(given ?? ready.source.path);
  const known = parts.truth.some((code) => code >= 0);
  const all: Record<(typeof RESULTS)[number], () => EmbeddingPanel> = {
    truth: () => truthPanel(parts),
    prediction: () => predictionPanel(parts),
    probability: () => ({ title: "Probability", values: labelled.probabilities, range: [0, 1] }),
    margin: () => ({ title: "Margin", values: labelled.margins, range: [0, 1] }),
    split: () => splitPanel(parts.parts),
  };
  const names = RESULTS.filter((name) => name !== "truth" || known);
  return new CellTable({
    id: tableIdOf(parts),
    names: ready.cellNames,
    rows: ready.rows,
    results: new Map(names.map((name) => [name, all[name]])),
    obs: ready.obs,
    file,
    genes: (cells) => {
      const matrix = ready.source.matrix;
      return Replay.of(run, cells, { ...from?.reading, matrix, fewGenes: true }).allGenes;
    },
    remedy: "Give the cells: report.explore({ cells })",
  });
}

export function truthPanel({ run, truth }: Pick<ReportParts, "run" | "truth">): CategoryPanel {
  return { title: "Truth", categories: run.classes, codes: truth };
}

/** Predicted classes that no cell truly has are shown as one, `others`, where the truth is known. */
export function predictionPanel({ run, truth, labelled }: ReportParts): CategoryPanel {
  const present = new Set(truth.filter((code) => code >= 0));
  const others = run.classes.length;
  const codes = labelled.codes.map((code) => (present.size === 0 || present.has(code) ? code : others));
  return {
    title: "Prediction",
    categories: codes.includes(others) ? [...run.classes, "others"] : run.classes,
    codes,
    probabilities: labelled.probabilities,
  };
}

function splitPanel(parts: readonly Part[]): CategoryPanel {
  const order: Part[] = ["train", "validation", "test", "none"];
  const categories = order.filter((part) => parts.includes(part));
  return { title: "Split", categories, codes: parts.map((part) => categories.indexOf(part)) };
}

/** The evaluated cells one by one. */
export function assignedOf(parts: ReportParts): AssignedCells {
  const { ready, truth, labelled, evaluated } = parts;
  return {
    table: tableIdOf(parts),
    rows: evaluated.map((cell) => ready.rows[cell]),
    truth: evaluated.map((cell) => truth[cell]),
    predicted: evaluated.map((cell) => labelled.codes[cell]),
    probabilities: Array.from(evaluated, (cell) => labelled.probabilities[cell]),
  };
}

/** Which mistakes are meant. */
export interface MistakesOptions {
  /** Of cells that truly are of this class. */
  truth?: string;
  /** Of cells that were taken for this class. */
  prediction?: string;
  /** Least probability of the wrong label, 0 … 1. */
  minProbability?: number;
}

/** Cells that were labelled wrongly, the surest first. */
export interface Mistakes {
  /** [mistakes] rows of the file, from 0. */
  rows: number[];
  names: string[];
  truth: string[];
  prediction: string[];
  probability: number[];
  /** In words. */
  what: string;
}

/** @throws where a class is none of the run's */
export function mistakesOf(
  { run, ready, truth, labelled, evaluated }: ReportParts,
  { truth: ofTruth, prediction, minProbability = 0 }: MistakesOptions,
): Mistakes {
  const codeOf = (option: string, name: string | undefined) => {
    if (name === undefined) return undefined;
    const code = run.classes.indexOf(name);
    if (code < 0)
      throw new CellkernelError(
        "option",
        `the run has no class ${JSON.stringify(name)}; it has ${run.classes.map((own) => JSON.stringify(own)).join(", ")}`,
        { option, label: name },
      );
    return code;
  };
  const [wanted, taken] = [codeOf("truth", ofTruth), codeOf("prediction", prediction)];
  const cells = Array.from(evaluated)
    .filter((cell) => labelled.codes[cell] !== truth[cell])
    .filter((cell) => wanted === undefined || truth[cell] === wanted)
    .filter((cell) => taken === undefined || labelled.codes[cell] === taken)
    .filter((cell) => labelled.probabilities[cell] >= minProbability)
    .sort((a, b) => labelled.probabilities[b] - labelled.probabilities[a] || a - b);
  const said = [
    "mistakes",
    ...(ofTruth === undefined ? [] : [`true ${ofTruth}`]),
    ...(prediction === undefined ? [] : [`taken for ${prediction}`]),
    ...(minProbability > 0 ? [`at a probability from ${minProbability}`] : []),
  ];
  return {
    rows: cells.map((cell) => ready.rows[cell]),
    names: cells.map((cell) => ready.cellNames[cell]),
    truth: cells.map((cell) => run.classes[truth[cell]]),
    prediction: cells.map((cell) => run.classes[labelled.codes[cell]]),
    probability: cells.map((cell) => labelled.probabilities[cell]),
    what: said.join(", "),
  };
}

/** Most mistakes that a table lists. */
const LISTED = 100;

/** What a notebook shows of mistakes. */
export function mistakesView({ names, truth, prediction, probability, what }: Mistakes): MimeBundle {
  const rows = names.slice(0, LISTED).map((name, i) => [name, truth[i], prediction[i], probability[i]]);
  const columns = ["cell", "truth", "prediction", "probability"];
  return shown(
    tableView({
      title: `${names.length} ${what}`,
      columns,
      rows,
      decimals: [null, null, null, 3],
      total: names.length,
    }),
  );
}
