import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Value } from "../anndata/columns.js";
import type { SamplesOptions } from "../anndata/formats/readSamples.js";
import { csvValue } from "../anndata/write/csv.js";
import type { Hierarchy } from "../evaluate/hierarchy.js";
import type { ClassificationReport } from "../evaluate/metrics.js";
import type { Projection } from "../evaluate/projection.js";
import { bundleOf, type Displayable, displayable, withView } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import type { LabelledCells } from "../predict/labels.js";
import { writeFileAtomically } from "../support/atomic.js";
import { csvLine } from "../support/csv.js";
import { CellkernelError } from "../support/error.js";
import { confusionView } from "../views/confusion.js";
import { embeddingView } from "../views/embedding.js";
import type { PageContents } from "../views/page/sharedEmbedding.js";
import { writePng } from "../views/picture.js";
import { reportView } from "../views/report.js";
import { trainingView } from "../views/training.js";
import type { CategoryPanel } from "../views/types.js";
import type { Part } from "./evaluate.js";
import type { CellsInput } from "./explore/cellsFile.js";
import { takeCells } from "./explore/cellTable.js";
import { CellMap, type Exploration } from "./explore/exploration.js";
import type { ColoringOptions } from "./explore/explore.js";
import { columnPanel } from "./explore/obsPanel.js";
import { hierarchyResults } from "./hierarchyResults.js";
import { LabelColumns } from "./labelColumns.js";
import type { OpinionLabels } from "./opinion.js";
import type { ReplayOptions } from "./reading.js";
import type { NewCells } from "./replay.js";
import {
  assignedOf,
  type Mistakes,
  type MistakesOptions,
  mistakesOf,
  mistakesView,
  predictionPanel,
  reportTable,
  tableIdOf,
  truthPanel,
} from "./reportCells.js";
import type { Run } from "./run.js";
import { opinionResults, opinionTable, type SecondOpinion } from "./secondOpinion.js";
import { type TrustFigures, trustResults } from "./trustFigures.js";

/** What an evaluation found. */
export interface ReportParts {
  run: Run;
  ready: NewCells;
  /** Int32 [cells]: the run's code of the true class; −1 where unknown. */
  truth: Int32Array;
  /** [cells] */
  parts: Part[];
  /** Whose figures `metrics` gives, and which cells these are. */
  subset: string;
  evaluated: Int32Array;
  labelled: LabelledCells;
  /** Float32 [cells × embsize] */
  embeddings: Float32Array;
  metrics: ClassificationReport;
  /** How far the labels of the evaluated cells can be believed. */
  trust: TrustFigures;
  /** What the classes are kinds of, where that was said. */
  hierarchy?: Hierarchy;
  /** What simple methods say of each cell, where there are some. */
  opinions?: OpinionLabels;
  /** How well they do on those of the evaluated cells that were not learnt from. */
  secondOpinion?: SecondOpinion;
  /** What the reader must know. */
  notes: string[];
  /** UMAP of the cells that it names. */
  projection?: Projection & { cells: Int32Array };
  /** The cells as they were given to the evaluation, and how they were read. */
  from?: { cells: CellsInput; reading: ReplayOptions & SamplesOptions };
}

/** What a map of a report's cells shows. */
export interface ReportExploreOptions extends ColoringOptions {
  /** The cells, where they are no longer where the report found them. */
  cells?: CellsInput;
}

/**
 * The result of `evaluate`: figures, predictions, pictures.
 *
 * @example
 * report.results().weighted_f1 > 0.5; // → true
 * report.predictions(); // → "cell_id,true_label,predicted_label,…"
 * report.confusion;
 */
export class Report {
  readonly metrics: ClassificationReport;

  constructor(readonly parts: ReportParts) {
    this.metrics = parts.metrics;
  }

  /** The confusion matrix, to be shown. */
  get confusion(): Displayable {
    return displayable(() => confusionView({ ...this.metrics, assigned: assignedOf(this.parts) }));
  }

  /** UMAP of the cells' embeddings by true and by predicted class, side by side, to be shown. */
  get embedding(): Displayable {
    return displayable(() =>
      embeddingView(this.embeddingInput([truthPanel(this.parts), predictionPanel(this.parts)])),
    );
  }

  /**
   * A map of the cells that shows itself as a cell's last expression, and is explored there and in code: coloured by
   * "truth", "prediction", "probability", "margin", "split", a column of `obs` or a gene. Rows are those of the file.
   *
   * @throws where there are fewer than 3 cells; names that there are none of are found out when it is shown
   * @example
   * const map = report.explore({ colorBy: ["truth", "prediction", "margin", "NKG7"] });
   * map.select(report.mistakes({ truth: "CD56+ NK" }));
   */
  explore({ colorBy, tooltip = [], cells }: ReportExploreOptions = {}): Exploration {
    const { run, truth } = this.parts;
    const { x, y, cells: drawn } = this.projection;
    const known = truth.some((code) => code >= 0);
    return new CellMap({
      ...{ title: TITLE, x, y, drawn, tooltip, table: reportTable(this.parts, cells) },
      colorBy: [colorBy ?? (known ? ["truth", "prediction"] : ["prediction"])].flat(),
      madeBy: { run: run.name, run_id: run.training.run },
    });
  }

  /**
   * The evaluated cells that were labelled wrongly, the surest first.
   * @throws where a class is none of the run's
   */
  mistakes(options: MistakesOptions = {}): Mistakes {
    return withView(mistakesOf(this.parts, options), mistakesView);
  }

  /**
   * One row a cell, in the file's order: `cell_id, true_label, predicted_label, probability, margin, split`. A true label
   * is there as the file has it, one that the model never saw too. Then, where the run was calibrated, the columns that
   * `annotate` writes beside a label.
   */
  predictions(): string {
    const { run, ready, truth, parts, labelled } = this.parts;
    const given = ready.obs.find(({ column }) => column === ready.labels?.column);
    const trueLabel = (cell: number) =>
      truth[cell] >= 0 ? run.classes[truth[cell]] : (given?.names[given.codes[cell]] ?? "");
    const beside = new LabelColumns(run, ready.cellNames.length, this.parts.hierarchy);
    beside.add(Int32Array.from(ready.cellNames.keys()), labelled, this.parts, this.parts.opinions);
    const columns = beside.columns();
    const rows = ready.cellNames.map((name, cell) =>
      csvLine([
        name,
        trueLabel(cell),
        run.classes[labelled.codes[cell]],
        String(labelled.probabilities[cell]),
        String(labelled.margins[cell]),
        parts[cell],
        ...[...columns.values()].map((column) => csvValue(column.at(cell) as Value)),
      ]),
    );
    const header = [
      ...["cell_id", "true_label", "predicted_label", "probability", "margin", "split"],
      ...columns.keys(),
    ];
    return [header.join(","), ...rows, ""].join("\n");
  }

  /** The figures under the names of `evaluation_results.json`. */
  results() {
    const { cells, accuracy, macro, weighted, kappa, classes, perClass } = this.metrics;
    return {
      n_cells: cells,
      accuracy,
      macro_f1: macro.f1,
      weighted_f1: weighted.f1,
      weighted_precision: weighted.precision,
      weighted_recall: weighted.recall,
      kappa,
      per_class: Object.fromEntries(classes.map((name, code) => [name, perClass[code]])),
      ...trustResults(this.parts.trust, classes),
      ...(this.parts.hierarchy && { hierarchy: hierarchyResults(this.parts, this.parts.hierarchy) }),
      ...(this.parts.secondOpinion && { second_opinion: opinionResults(this.parts.secondOpinion) }),
    };
  }

  /**
   * Writes `predictions.csv`, `evaluation_results.json`, pictures (`umap_truth.png`, `umap_prediction.png`,
   * `confusion_matrix.png`, `learning_curves.png`), and `report.html`: a page with live views that needs neither a server
   * nor the network, to be handed on.
   *
   * @param contents what goes into `report.html` besides: names of cells, columns of `obs`
   */
  async write(folder: string, contents: PageContents = {}): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const write = (name: string, text: string) => writeFileAtomically(join(folder, name), text);
    write("predictions.csv", this.predictions());
    write("evaluation_results.json", `${JSON.stringify(this.results(), undefined, 1)}\n`);
    const picture = (name: string, bundle: MimeBundle) => writePng(bundle, join(folder, name));
    const panels = [truthPanel(this.parts), predictionPanel(this.parts)];
    if (this.parts.projection) {
      await picture("umap_truth.png", embeddingView(this.embeddingInput([panels[0]])));
      await picture("umap_prediction.png", embeddingView(this.embeddingInput([panels[1]])));
    }
    await picture("confusion_matrix.png", await confusionView(this.metrics));
    const curves = await trainingView(this.parts.run.training);
    await picture("learning_curves.png", curves);
    write("report.html", await this.page(panels, curves, contents));
  }

  private async page(panels: CategoryPanel[], curves: MimeBundle, contents: PageContents): Promise<string> {
    const { run, ready, subset, projection } = this.parts;
    const { reportPage } = await import("./reportPage.js");
    const more = contents.columns
      ? ready.obs.map((column) => takeCells(columnPanel(column), projection?.cells ?? new Int32Array(0)))
      : [];
    const cells = `${this.metrics.cells.toLocaleString("en")} ${subset === "all" ? "labelled" : subset} cells`;
    return reportPage(
      {
        title: `Evaluation of ${run.name}`,
        subtitle: `${cells}, ${this.metrics.classes.length} classes`,
        views: [
          ...(projection
            ? [{ heading: "Cells", bundle: embeddingView({ ...this.embeddingInput(panels), more }) }]
            : []),
          { heading: "Labels", bundle: await bundleOf(this as unknown as Displayable) },
          { heading: "Training", bundle: curves },
        ],
      },
      contents,
    );
  }

  /** What a notebook shows: the figures. */
  async [Symbol.for("Jupyter.mime")](): Promise<MimeBundle> {
    const { subset, notes, secondOpinion, trust } = this.parts;
    return reportView({
      title: subset === "all" ? "All labelled cells" : `${subset} cells`,
      notes,
      ...this.metrics,
      reliability: trust.reliability,
      secondOpinion: secondOpinion && opinionTable(secondOpinion),
      assigned: assignedOf(this.parts),
    });
  }

  private embeddingInput(panels: CategoryPanel[]) {
    const { ready } = this.parts;
    const { x, y, cells } = this.projection;
    return {
      title: TITLE,
      x,
      y,
      panels: panels.map((panel) => takeCells(panel, cells)),
      cellIds: Array.from(cells, (cell) => ready.cellNames[cell]),
      table: { id: tableIdOf(this.parts), rows: cells.map((cell) => ready.rows[cell]) },
    };
  }

  private get projection() {
    if (this.parts.projection) return this.parts.projection;
    throw new CellkernelError("nothing", "there are fewer than 3 cells, too few for an embedding");
  }
}

const TITLE = "Cells as the model sees them";
