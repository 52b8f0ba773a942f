import { AnnData } from "../anndata/anndata.js";
import { type Element, isDense } from "../anndata/element.js";
import { readSamples } from "../anndata/formats/readSamples.js";
import { wilcoxon } from "../evaluate/wilcoxon.js";
import type { MimeBundle } from "../host/host.js";
import { readClusters } from "../preprocess/labels.js";
import { NEW_CELLS } from "../settings/prediction.js";
import { type Options, resolve } from "../settings/setting.js";
import { TRANSFER } from "../settings/transfer.js";
import { writeFileAtomically } from "../support/atomic.js";
import { tableView } from "../views/table.js";
import { transferPage } from "../views/transferPage.js";
import type { DotPlotInput, TransferInput } from "../views/types.js";
import { type AnnotationRecord, annotatedCells } from "./annotatedCells.js";
import { Replay } from "./replay.js";
import type { Run } from "./run.js";
import { spread } from "./spread.js";
import { type CellLabels, commonest, quantilesOf, transferGroups } from "./transferGroups.js";

/** What the report is of; how the file is read stands in it, by the run's own `annotate`. */
export type TransferOptions = Options<typeof TRANSFER>;

/** Cells whose expression is looked at, at most; cells of a label, at least, for its markers; markers of each. */
const MOST_CELLS = 20_000;
const LEAST_CELLS = 5;
const MARKERS = 3;

/**
 * What became of the labels that a run gave to a new file: how many cells have one and how sure, by label and by cluster, how the file
 * is made up beside the reference, markers of the labels, genes, and all notes.
 *
 * @param annotated what `annotate` wrote: its `.h5ad` or `.zarr`
 * @throws where it was not labelled, or by another run
 * @example
 * const page = await transferReport(run, "labelled.h5ad", { clusterBy: "louvain" });
 * page.write("report.html");
 */
export async function transferReport(
  run: Run,
  annotated: AnnData | string,
  options: TransferOptions = {},
): Promise<TransferReport> {
  const { clusterBy } = resolve(TRANSFER, options);
  const adata = annotated instanceof AnnData ? annotated : await readSamples(annotated);
  try {
    const { labels, record } = annotatedCells(run, adata);
    const input = inputOf(run, adata, labels, record, clusterBy ?? textOf(record.cluster_by));
    return new TransferReport(input, await transferPage(input));
  } finally {
    if (adata !== annotated) adata.close();
  }
}

/** What `transferReport` found. */
export class TransferReport {
  constructor(
    private readonly input: TransferInput,
    /** The page: a document that stands alone, without scripts, and loads nothing. */
    readonly html: string,
  ) {}

  /** Writes the page. */
  write(path: string): void {
    writeFileAtomically(path, this.html);
  }

  /** What a notebook shows: the labels in figures. */
  [Symbol.for("Jupyter.mime")](): MimeBundle {
    const { title, notes, labels } = this.input;
    const percent = (share: number | undefined) => (share === undefined ? null : 100 * share);
    return tableView({
      title: [title, ...notes.filter((note) => note.startsWith("WARNING"))].join("; "),
      columns: [
        "label",
        "cells",
        "% here",
        "% of the reference",
        "median probability",
        "% unassigned",
        "% unlike",
      ],
      decimals: [null, 0, 1, 1, 3, 1, 1],
      rows: labels.map(({ name, cells, share, reference, quantiles, unassigned, unlike }) => [
        ...[name, cells, percent(share), percent(reference), quantiles?.[2] ?? null],
        ...[percent(unassigned), percent(unlike)],
      ]),
    });
  }
}

function inputOf(
  run: Run,
  adata: AnnData,
  labels: CellLabels,
  record: AnnotationRecord,
  clusterBy: string | undefined,
): TransferInput {
  const replay = Replay.of(run, adata, { ...readOptions(record), fewGenes: true });
  const there = new Set(replay.genes);
  const clusters = clusterBy === undefined ? undefined : readClusters(adata, clusterBy);
  const most = clusters && commonest(labels, clusters);
  const ofLabels = transferGroups(labels, labels, run.parts.reference?.counts);
  const made = ["run", "run_id", "model_sha256", "version", "onnxruntime", "date", "matrix", "species"];
  return {
    title: `Labels of ${adata.path.split(/[\\/]/).at(-1)}`,
    subtitle: `${adata.nObs.toLocaleString("en")} cells, labelled by the run ${run.name}`,
    figures: figuresOf(labels, replay, run),
    notes: textsOf(record.notes).filter((note) => note !== "none"),
    labels: ofLabels,
    ...(clusters && {
      clusters: {
        column: clusterBy!,
        groups: transferGroups(labels, clusters).map((group) => ({
          ...group,
          most: most!.get(group.name) ?? { label: "", share: 0 },
        })),
      },
    }),
    threshold: run.parts.trust?.threshold?.probability,
    genes: {
      ...{ found: replay.genes.length, of: run.genes.length },
      missing: run.genes.filter((gene) => !there.has(gene)),
    },
    dots: markerDots(
      replay,
      labels,
      ofLabels.map(({ name }) => name),
    ),
    made: [
      ["file", adata.path],
      ...made.flatMap((name) =>
        record[name] === undefined ? [] : [[name.replace("_", " "), String(record[name])] as const],
      ),
    ],
  };
}

function figuresOf(labels: CellLabels, replay: Replay, run: Run): TransferInput["figures"] {
  const cells = labels.codes.length;
  const labelled = labels.codes.reduce((sum, code) => sum + (code >= 0 ? 1 : 0), 0);
  const percent = (count: number, of = labelled) => `${of === 0 ? 0 : ((100 * count) / of).toFixed(1)} %`;
  const flagged = (name: string, flags: readonly boolean[] | undefined) => {
    if (!flags) return [];
    const count = flags.filter(Boolean).length;
    return [{ name, value: percent(count), more: `${count.toLocaleString("en")} cells` }];
  };
  const median = quantilesOf([...labels.probabilities])?.[2];
  return [
    { name: "labelled", value: percent(labelled, cells), more: `${labelled.toLocaleString("en")} cells` },
    ...flagged("unassigned", labels.unassigned),
    ...flagged("unlike the reference", labels.unlike),
    ...flagged("disputed", labels.disputed),
    { name: "median probability", value: median === undefined ? "–" : median.toFixed(3) },
    {
      name: "genes of the run",
      value: percent(replay.genes.length, run.genes.length),
      more: `${replay.genes.length.toLocaleString("en")} of ${run.genes.length.toLocaleString("en")}`,
    },
  ];
}

/** The first markers of each label that enough cells have, in all of these labels. */
function markerDots(
  replay: Replay,
  { names, codes }: CellLabels,
  order: readonly string[],
): TransferInput["dots"] {
  const rows = spread(codes.length, MOST_CELLS);
  const own = rows.map((row) => codes[row]);
  const found = wilcoxon(replay.expression(rows), own, names.length);
  const counts = new Int32Array(names.length);
  for (const code of own) if (code >= 0) counts[code]++;
  const shown = order
    .map((name) => names.indexOf(name))
    .filter((code) => found[code] && counts[code] >= LEAST_CELLS);
  if (shown.length < 2) return undefined;
  const first = shown.map((code) => {
    const { scores } = found[code]!;
    return [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, MARKERS);
  });
  const genes = [...new Set(first.flat())];
  const plot: DotPlotInput = {
    genes: genes.map((gene) => replay.genes[gene]),
    groups: shown.map((code) => names[code]),
    shares: shown.map((code) => genes.map((gene) => found[code]!.shares[gene])),
    means: shown.map((code) => genes.map((gene) => found[code]!.means[gene])),
    marked: {
      what: "the label's own",
      dots: first.map((places) => genes.map((gene) => places.includes(gene))),
    },
  };
  const sample =
    rows.length < codes.length ? ` Of ${rows.length.toLocaleString("en")} cells, spread over the file.` : "";
  return {
    plot,
    help:
      `The ${MARKERS} genes of each label that tell it best from all other cells here (Wilcoxon), ringed in its row. If labels are right, ` +
      `they are genes that one knows for the type. Labels of fewer than ${LEAST_CELLS} cells are left out.${sample}`,
  };
}

/** How the file was read when it was labelled. */
function readOptions(record: AnnotationRecord): Options<typeof NEW_CELLS> {
  const { options } = record;
  if (!options || typeof options !== "object") return {};
  const given = Object.entries(options).filter(([name]) => Object.hasOwn(NEW_CELLS, name));
  return Object.fromEntries(given) as Options<typeof NEW_CELLS>;
}

/** A text, or several, as a file keeps them. */
function textsOf(value: Element | undefined): string[] {
  if (typeof value === "string") return [value];
  const list = value && typeof value === "object" && isDense(value) ? value.data : value;
  return Array.isArray(list) ? list.map(String) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
