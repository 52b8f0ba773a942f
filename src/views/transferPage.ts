import { escapeText } from "../support/markup.js";
import { dotPlotSpec } from "./dotPlot.js";
import { shownName } from "./names.js";
import { htmlPage } from "./page/document.js";
import { PAGE_STYLE } from "./pageStyle.js";
import type { DotPlotInput, TransferGroup, TransferInput } from "./types.js";
import { plotSvg, type Theme } from "./vega.js";

/** Groups that a page lists at most, those of the most cells. */
const MOST_GROUPS = 200;
/** What a file may say of each cell's label. */
const FLAGS = ["unassigned", "unlike", "disputed"] as const;
/** Columns of numbers, which stand at the right. */
const NUMBERS = new Set<string>(["share", "cells", "median", ...FLAGS, "here", "reference"]);
/** How much larger a plot is than in a notebook, beside the page's text. */
const ENLARGED = 1.2;
/** Lengths of a group's line of probabilities, in CSS pixels. */
const LINE = { width: 150, height: 16 };

/**
 * What became of the labels of a file, as one HTML page that stands alone: no script, nothing from elsewhere, light or dark as the
 * reader's screen, and light on paper. All text of the data is escaped, and the page's own policy forbids it to load anything.
 */
export async function transferPage(input: TransferInput): Promise<string> {
  const { title, subtitle, figures, labels, clusters, genes, dots, made } = input;
  const warnings = input.notes.filter((note) => note.startsWith("WARNING"));
  const notes = input.notes.filter((note) => !note.startsWith("WARNING"));
  const body = [
    `<header><h1>${escapeText(title)}</h1><p>${escapeText(subtitle)}</p></header>`,
    ...warnings.map(
      (note) => `<p class="warning" role="alert">${escapeText(note.replace(/^WARNING:?\s*/, ""))}</p>`,
    ),
    `<dl class="figures">${figures.map(figure).join("")}</dl>`,
    section(
      "Labels",
      probabilities(
        labels.filter(({ cells }) => cells > 0),
        "label",
        input.threshold,
      ),
      LINE_HELP + thresholdHelp(input.threshold),
    ),
    ...(clusters
      ? [
          section(
            `Clusters of ${clusters.column}`,
            probabilities(clusters.groups, "cluster", input.threshold),
            "Beside each cluster the label that most of its cells have, and how many of them.",
          ),
        ]
      : []),
    section("Composition", composition(labels), compositionHelp(labels)),
    ...(dots ? [section("Markers of the labels", await dotPlots(dots.plot), dots.help)] : []),
    section("Genes", geneText(genes), ""),
    section("Notes", list(notes), ""),
    section("How it was made", definitions(made), ""),
  ];
  return htmlPage({ title, style: PAGE_STYLE, body: body.join("\n") });
}

const LINE_HELP =
  "Probability of the label from 0 to 1: the line spans nine of ten cells, the box half of them, the mark is the median. " +
  "Unlike: far from all that was learnt. Disputed: the simple methods both say the same other label.";

function thresholdHelp(threshold: number | undefined): string {
  return threshold === undefined ? "" : " Dotted: the run's threshold, below which a cell is unassigned.";
}

function section(heading: string, content: string, help: string): string {
  const said = help ? `<p class="help">${escapeText(help)}</p>` : "";
  return `<section><h2>${escapeText(shownName(heading))}</h2>${said}${content}</section>`;
}

function figure({ name, value, more }: TransferInput["figures"][number]): string {
  const rest = more ? `<dd class="more">${escapeText(more)}</dd>` : "";
  return `<div><dt>${escapeText(name)}</dt><dd class="value">${escapeText(value)}</dd>${rest}</div>`;
}

/** A table of groups with how probable their cells' labels are. */
function probabilities(all: readonly TransferGroup[], what: string, threshold: number | undefined): string {
  const groups = all.slice(0, MOST_GROUPS);
  const has = (of: (typeof FLAGS)[number] | "most") => groups.some((group) => group[of] !== undefined);
  const percent = (share: number | undefined) => (share === undefined ? "" : `${(100 * share).toFixed(1)} %`);
  const head = [
    what,
    ...(has("most") ? ["label of most", "share"] : []),
    ...["cells", "probability", "median"],
    ...FLAGS.filter(has),
  ];
  const rows = groups.map((group) => {
    const cells = [
      `<th scope="row">${escapeText(shownName(group.name))}</th>`,
      ...(has("most")
        ? [`<td>${escapeText(shownName(group.most?.label ?? ""))}</td>`, number(percent(group.most?.share))]
        : []),
      number(group.cells.toLocaleString("en")),
      `<td>${line(group.quantiles, threshold)}</td>`,
      number(group.quantiles ? group.quantiles[2].toFixed(3) : ""),
      ...FLAGS.filter(has).map((flag) => number(percent(group[flag]))),
    ];
    return `<tr>${cells.join("")}</tr>`;
  });
  return scrolled(table(head, rows)) + rest(all.length);
}

/** Where nine of ten, half and the middle of the probabilities lie. */
function line(quantiles: TransferGroup["quantiles"], threshold: number | undefined): string {
  if (!quantiles) return "";
  const { width, height } = LINE;
  const [low, lower, middle, upper, high] = quantiles.map((p) => 1 + p * (width - 2));
  const y = height / 2;
  const said = `median ${quantiles[2].toFixed(3)}, half from ${quantiles[1].toFixed(3)} to ${quantiles[3].toFixed(3)}`;
  const at = threshold === undefined ? undefined : (1 + threshold * (width - 2)).toFixed(1);
  return (
    `<svg class="line" width="${width}" height="${height}" role="img" aria-label="${said}">` +
    `<path class="axis" d="M1 ${y}H${width - 1}"/>` +
    `<path class="span" d="M${low.toFixed(1)} ${y}H${high.toFixed(1)}"/>` +
    `<rect class="box" x="${lower.toFixed(1)}" y="${y - 4}" width="${Math.max(1, upper - lower).toFixed(1)}" height="8" rx="2"/>` +
    (at === undefined ? "" : `<path class="threshold" d="M${at} 0V${height}"/>`) +
    `<path class="median" d="M${middle.toFixed(1)} ${y - 6}V${y + 6}"/></svg>`
  );
}

/** Shares of the labels here, and of the classes in the reference where these are known. */
function composition(all: readonly TransferGroup[]): string {
  const labels = all.slice(0, MOST_GROUPS);
  const known = labels.some(({ reference }) => reference !== undefined);
  const most = labels.reduce((sofar, { share, reference = 0 }) => Math.max(sofar, share, reference), 0) || 1;
  const bar = (share: number, kind: string) =>
    `<span class="bar ${kind}" style="width: ${((100 * share) / most).toFixed(1)}%"></span>`;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = labels.map(
    ({ name, share, reference }) =>
      `<tr><th scope="row">${escapeText(shownName(name))}</th>` +
      `<td class="bars">${bar(share, "here")}${reference === undefined ? "" : bar(reference, "there")}</td>` +
      `${number(percent(share))}${known ? number(reference === undefined ? "" : percent(reference)) : ""}</tr>`,
  );
  return (
    scrolled(table(["label", "", "here", ...(known ? ["reference"] : [])], rows, "composition")) +
    rest(all.length)
  );
}

function compositionHelp(labels: readonly TransferGroup[]): string {
  return labels.some(({ reference }) => reference !== undefined)
    ? "Share of the labelled cells here (coloured), and of the cells that the run was made of (grey). They may well differ: other tissue, other sorting."
    : "Share of the labelled cells. The run doesn't hold how many cells of each class it was made of.";
}

/** The same plot on either ground, of which one is shown. */
async function dotPlots(plot: DotPlotInput): Promise<string> {
  const draw = async (theme: Theme) => {
    const svg = await plotSvg({ ...dotPlotSpec(plot, theme), title: undefined }, theme);
    const large = svg.replace(
      /^<svg([^>]*?) width="([\d.]+)" height="([\d.]+)"/,
      (_, rest, width, height) => `<svg${rest} width="${ENLARGED * width}" height="${ENLARGED * height}"`,
    );
    return `<div class="${theme}">${namedApart(large, theme)}</div>`;
  };
  return `<div class="plot">${await draw("light")}${await draw("dark")}</div>`;
}

/** Names within a drawing, of gradients and the like, are the page's: other ones for each drawing, the same each time. */
function namedApart(svg: string, drawing: string): string {
  const names = [...new Set([...svg.matchAll(/ id="([^"]+)"/g)].map(([, name]) => name))];
  return names.reduce(
    (sofar, name, i) =>
      sofar
        .replaceAll(`id="${name}"`, `id="${drawing}-${i}"`)
        .replaceAll(`url(#${name})`, `url(#${drawing}-${i})`),
    svg,
  );
}

function geneText({ found, of, missing }: TransferInput["genes"]): string {
  const share = of === 0 ? 0 : (100 * found) / of;
  const gone = missing.slice(0, 40).map((gene) => escapeText(shownName(gene)));
  const more = missing.length > gone.length ? `, and ${missing.length - gone.length} more` : "";
  return (
    `<p>${found.toLocaleString("en")} of the run's ${of.toLocaleString("en")} genes are in this file (${share.toFixed(1)} %).</p>` +
    `<div class="share"><span style="width: ${share.toFixed(1)}%"></span></div>` +
    (gone.length > 0 ? `<p class="help">Missing: ${gone.join(", ")}${more}.</p>` : "")
  );
}

function table(head: readonly string[], rows: readonly string[], kind = ""): string {
  const cells = head.map(
    (name) => `<th scope="col"${NUMBERS.has(name) ? ' class="number"' : ""}>${escapeText(name)}</th>`,
  );
  return `<table class="${kind}"><thead><tr>${cells.join("")}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
}

/** Wider than a narrow screen it moves by itself. */
function scrolled(content: string): string {
  return `<div class="scroll">${content}</div>`;
}

function number(text: string): string {
  return `<td class="number">${text}</td>`;
}

function rest(of: number): string {
  return of > MOST_GROUPS ? `<p class="help">The ${MOST_GROUPS} largest of ${of}.</p>` : "";
}

function list(notes: readonly string[]): string {
  return notes.length === 0
    ? "<p>None.</p>"
    : `<ul>${notes.map((note) => `<li>${escapeText(note)}</li>`).join("")}</ul>`;
}

function definitions(made: TransferInput["made"]): string {
  const rows = made.map(
    ([name, value]) => `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td></tr>`,
  );
  return `<table class="made"><tbody>${rows.join("")}</tbody></table>`;
}
