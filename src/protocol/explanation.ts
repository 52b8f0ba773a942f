import type { GroupMarkers } from "../evaluate/wilcoxon.js";
import { type Displayable, displayable } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { writeFileAtomically } from "../support/atomic.js";
import { csvLine } from "../support/csv.js";
import { CellkernelError } from "../support/error.js";
import { escapeText } from "../support/markup.js";
import { dotPlotView } from "../views/dotPlot.js";
import { tableView } from "../views/table.js";
import type { DotPlotInput, TableInput } from "../views/types.js";

/** Why a cell has its label. */
export interface ExplainedCell {
  /** Name of the cell. */
  name: string;
  /** Its row in the file, from 0. */
  row: number;
  /** What the run calls it. */
  label: string;
  /** Of the label, 0 … 1; calibrated where the run is. */
  probability: number;
  /** Int32 [genes of the cell]: place of each among the explanation's genes, ascending. */
  genes: Int32Array;
  /** Uint8 [the same]: bin of its value. */
  bins: Uint8Array;
  /** Float32 [the same]: what the label's logit owes to it. */
  attribution: Float32Array;
}

/** Why cells have a label. */
export interface ExplainedType {
  /** The type. */
  label: string;
  /** Cells that the mean is of, and that have the label. */
  averaged: number;
  cells: number;
  /** Float64 [genes]: what the label's logit owes to each, the mean of the cells; 0 in a cell that doesn't express it. */
  attribution: Float64Array;
  /** The type's cells beside all others that were looked at; undefined for a type of one cell, or of all. */
  markers: GroupMarkers | undefined;
}

/** What an explanation is made of. */
export interface ExplanationParts {
  /** Name of the run, and the file. */
  run: string;
  path: string;
  /** Genes of the run that the file has. */
  genes: string[];
  classes: string[];
  /** One of the two is empty. */
  cells: ExplainedCell[];
  types: ExplainedType[];
  /** Genes shown of each. */
  top: number;
  /** What the reader must know. */
  notes: string[];
}

/** Genes of a type in the dot plot: more can't be read. */
const DRAWN = 4;

/**
 * What `explain` found.
 *
 * @example
 * const why = await explain(run, "cells.h5ad", { cells: ["AAAGCCTGGCTAAC-1"] });
 * why.cells[0].label; // what the cell was labelled
 * why.write("genes.csv");
 */
export class Explanation {
  /** Names of the genes of the run that the file has. */
  readonly genes: string[];
  /** The cells that were asked for; none where types were. */
  readonly cells: ExplainedCell[];
  /** The predicted types, each as the mean of some of its cells; none where cells were asked for. */
  readonly types: ExplainedType[];
  /** What the reader must know. */
  readonly notes: string[];

  constructor(private readonly parts: ExplanationParts) {
    this.genes = parts.genes;
    this.cells = parts.cells;
    this.types = parts.types;
    this.notes = parts.notes;
  }

  /** How the genes that the types' labels owe most to are expressed in all types, to be shown. */
  get dotPlot(): Displayable {
    return displayable(() => dotPlotView(this.dots()));
  }

  /**
   * The genes of one type in figures, to be shown.
   * @throws where it was not explained
   */
  of(label: string): Displayable {
    const type = this.types.find((own) => own.label === label);
    if (!type)
      throw new CellkernelError(
        "option",
        `${JSON.stringify(label)} was not explained; there are ${this.types.map((own) => own.label).join(", ") || "cells only"}`,
        { label },
      );
    return displayable(() => tableView(this.typeTable(type)));
  }

  /** The first genes of each, and each type's first markers, under the names of `csv()`. */
  results() {
    const { top, run, path } = this.parts;
    return {
      ...{ run, path },
      types: this.types.map((type) => ({
        ...{ label: type.label, cells: type.cells, averaged: type.averaged },
        genes: this.topGenes(type).map((gene) => ({
          gene,
          attribution: type.attribution[this.genes.indexOf(gene)],
        })),
        markers: this.topMarkers(type).map((gene) => ({
          gene,
          score: type.markers!.scores[this.genes.indexOf(gene)],
          pval_adj: type.markers!.pvalsAdj[this.genes.indexOf(gene)],
        })),
      })),
      cells: this.cells.map(({ name, row, label, probability, genes, bins, attribution }) => ({
        ...{ cell_id: name, row, label, probability },
        genes: descending(attribution, top).map((i) => ({
          gene: this.genes[genes[i]],
          bin: bins[i],
          attribution: attribution[i],
        })),
      })),
      notes: this.notes,
    };
  }

  /**
   * All genes as comma-separated values. Of types: `label, gene, rank, attribution, marker_rank, score, log2_fold_change, pval,
   * pval_adj, mean, share_expressing`; of cells: `cell_id, row, label, probability, gene, rank, bin, attribution`.
   */
  csv(): string {
    return this.cells.length > 0 ? this.cellsCsv() : this.typesCsv();
  }

  /** Writes `csv()`. */
  write(path: string): void {
    writeFileAtomically(path, this.csv());
  }

  /**
   * Names of the genes that a type's label owes most to, most first.
   * @param type one of `types`
   * @param count of so many genes at most; default: as many as are shown
   */
  topGenes({ attribution }: ExplainedType, count = this.parts.top): string[] {
    return descending(attribution)
      .slice(0, count)
      .filter((gene) => attribution[gene] > 0)
      .map((gene) => this.genes[gene]);
  }

  /**
   * Names of a type's markers, that of the highest score first.
   * @param type one of `types`
   * @param count of so many genes at most; default: as many as are shown
   */
  topMarkers({ markers }: ExplainedType, count = this.parts.top): string[] {
    return markers ? descending(markers.scores, count).map((gene) => this.genes[gene]) : [];
  }

  /** What a notebook shows: the genes of each type beside its markers, or those of each cell. */
  async [Symbol.for("Jupyter.mime")](): Promise<MimeBundle> {
    const table = tableView(this.cells.length > 0 ? this.cellsTable() : this.typesTable());
    const paragraphs = this.notes.map((note) => `<p>${escapeText(note)}</p>`);
    return {
      "text/html": [table["text/html"], ...paragraphs].join("\n"),
      "text/plain": [table["text/plain"], ...this.notes].join("\n\n"),
      // Where tables aren't shown, the picture is.
      ...(this.cells.length === 0 && { "image/png": (await dotPlotView(this.dots()))["image/png"] }),
    };
  }

  private typesTable(): TableInput {
    const { top, path, run } = this.parts;
    return {
      title: `Why ${run} labels the cells of ${path} as it does`,
      columns: ["label", "cells", "genes that it owes most to", "markers (Wilcoxon)", `shared of ${top}`],
      rows: this.types.map((type) => {
        const [genes, markers] = [this.topGenes(type), this.topMarkers(type)];
        const shared = genes.filter((gene) => markers.includes(gene)).length;
        return [type.label, type.cells, genes.join(", "), markers.join(", "), type.markers ? shared : null];
      }),
    };
  }

  private typeTable({ label, averaged, cells, attribution, markers }: ExplainedType): TableInput {
    const ranks = markers && ranksOf(markers.scores);
    return {
      title: `${label}: mean of ${averaged} of ${cells} cells`,
      columns: ["gene", "logits", "marker rank", "score", "log2 fold change", "adjusted p", "expressing"],
      decimals: [null, 3, 0, 2, 2, null, 2],
      rows: descending(attribution, this.parts.top).map((gene) => [
        ...[this.genes[gene], attribution[gene], ranks ? ranks[gene] : null, markers?.scores[gene] ?? null],
        ...[markers?.logfoldchanges[gene] ?? null, markers?.pvalsAdj[gene] ?? null],
        markers?.shares[gene] ?? null,
      ]),
    };
  }

  private cellsTable(): TableInput {
    const { top, path, run } = this.parts;
    const named = ({ genes, attribution }: ExplainedCell, places: number[]) =>
      places
        .map(
          (i) =>
            `${this.genes[genes[i]]} ${attribution[i] > 0 ? "+" : "−"}${Math.abs(attribution[i]).toFixed(2)}`,
        )
        .join(", ");
    return {
      title: `Why ${run} labels these cells of ${path} as it does, in logits`,
      columns: ["cell", "label", "probability", "for it", "against it"],
      decimals: [null, null, 3, null, null],
      rows: this.cells.map((cell) => {
        const order = descending(cell.attribution);
        const [most, least] = [order.slice(0, top), order.reverse().slice(0, Math.ceil(top / 2))];
        return [
          ...[cell.name, cell.label, cell.probability],
          named(
            cell,
            most.filter((i) => cell.attribution[i] > 0),
          ),
          named(
            cell,
            least.filter((i) => cell.attribution[i] < 0),
          ),
        ];
      }),
    };
  }

  private dots(): DotPlotInput {
    const types = this.types.filter(({ markers }) => markers);
    const own = types.map((type) => this.topGenes(type, Math.min(DRAWN, this.parts.top)));
    const genes = [...new Set(own.flat())];
    const places = genes.map((gene) => this.genes.indexOf(gene));
    return {
      title: "Genes that the labels owe most to",
      genes,
      groups: types.map(({ label }) => label),
      shares: types.map(({ markers }) => places.map((gene) => markers!.shares[gene])),
      means: types.map(({ markers }) => places.map((gene) => markers!.means[gene])),
      marked: {
        what: "the label's own",
        dots: own.map((names) => genes.map((gene) => names.includes(gene))),
      },
    };
  }

  private typesCsv(): string {
    const header =
      "label,gene,rank,attribution,marker_rank,score,log2_fold_change,pval,pval_adj,mean,share_expressing";
    const lines = this.types.flatMap(({ label, attribution, markers }) => {
      const ranks = markers && ranksOf(markers.scores);
      return descending(attribution).map((gene, i) => {
        const own = markers && [
          ...[markers.scores, markers.logfoldchanges, markers.pvals, markers.pvalsAdj],
          ...[markers.means, markers.shares],
        ];
        const figures = own
          ? [ranks![gene], ...own.map((column) => column[gene])].map(String)
          : Array(7).fill("");
        return csvLine([label, this.genes[gene], String(i + 1), String(attribution[gene]), ...figures]);
      });
    });
    return [header, ...lines, ""].join("\n");
  }

  private cellsCsv(): string {
    const header = "cell_id,row,label,probability,gene,rank,bin,attribution";
    const lines = this.cells.flatMap(({ name, row, label, probability, genes, bins, attribution }) =>
      descending(attribution).map((i, rank) =>
        csvLine([
          ...[name, String(row), label, String(probability)],
          ...[this.genes[genes[i]], String(rank + 1), String(bins[i]), String(attribution[i])],
        ]),
      ),
    );
    return [header, ...lines, ""].join("\n");
  }
}

/** Places of the largest values, largest first; equals in their order. */
function descending(values: ArrayLike<number>, count = values.length): number[] {
  return Array.from(values, (_, i) => i)
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);
}

/** Rank of each value, 1 for the largest. */
function ranksOf(values: ArrayLike<number>): Int32Array {
  const ranks = new Int32Array(values.length);
  descending(values).forEach((place, i) => {
    ranks[place] = i + 1;
  });
  return ranks;
}
