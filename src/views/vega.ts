import type { Spec } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { shownLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { FONT_FAMILY, textWidth } from "./font.js";
import { pageSpec } from "./pageSpec.js";
import { pictureOf } from "./picture.js";

/** A Vega-Lite or Vega specification as plain data. Ours keep to what Vega-Lite v5 allows. */
export type VegaSpec = Record<string, unknown> & { $schema: string };

/** `$schema` of our own specifications: JupyterLab draws Vega-Lite to version 5, later ones it shows as text. */
export const VEGA_LITE_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json";

/** Browsers rarely have our font; what they then take should still be without serifs. */
const FONTS = `${FONT_FAMILY}, system-ui, sans-serif`;

/** The look of all plots: recessive axes and grid, so that the data stand out. */
const CONFIG = {
  font: FONTS,
  view: { stroke: null },
  title: {
    anchor: "start",
    // Said, because JupyterLab's dark theme would write it in white on our white background.
    color: "#222",
    fontSize: 14,
    fontWeight: 600,
    offset: 12,
    subtitleColor: "#666",
    subtitleFontSize: 11,
  },
  axis: {
    domainColor: "#bbb",
    gridColor: "#eee",
    labelColor: "#444",
    tickColor: "#bbb",
    titleColor: "#222",
    titleFontWeight: 400,
    titlePadding: 8,
  },
  legend: { labelColor: "#444", titleColor: "#222", titleFontWeight: 600 },
  header: { labelColor: "#222", titleColor: "#222", titleFontWeight: 400 },
};

/**
 * A plot as a MIME bundle: the specification for front ends that draw it, a static picture for those
 * that don't (GitHub, nbviewer), and a line of text.
 *
 * @param spec Vega-Lite or Vega, told apart by `$schema`; data inline (nothing is fetched).
 * @param text What `text/plain` says; by default the title.
 * @throws when `$schema` names neither, or when the specification doesn't compile.
 * @example
 * const $schema = "https://vega.github.io/schema/vega-lite/v5.json";
 * const data = { values: [{ type: "B", cells: 95 }, { type: "NK", cells: 31 }] };
 * await vegaBundle({ $schema, data, mark: "bar", encoding: { x: { field: "cells", type: "quantitative" }, y: { field: "type" } } });
 */
export function vegaBundle(spec: VegaSpec, text?: string): Promise<MimeBundle> {
  return bundleOf(spec, spec, text);
}

/** @param sent what front ends draw, in place of what the picture is drawn of */
function bundleOf(spec: VegaSpec, sent: VegaSpec, text?: string): Promise<MimeBundle> {
  return shownLater(async () => {
    const language = /\/schema\/(vega-lite|vega)\/v/.exec(spec.$schema)?.[1];
    if (!language) {
      throw new Error(
        `$schema is "${spec.$schema}"; expected Vega-Lite's, for instance ${VEGA_LITE_SCHEMA}.`,
      );
    }
    const lite = language === "vega-lite";
    const version5 = { ...sent, $schema: sent.$schema.replace(/\/v[^/]*\.json/, "/v5.json") };
    return {
      [lite ? "application/vnd.vegalite.v5+json" : "application/vnd.vega.v5+json"]: version5,
      ...pictureOf(await svgOf(spec, lite)),
      "text/plain": text ?? titleOf(spec) ?? (lite ? "Vega-Lite plot" : "Vega plot"),
    };
  });
}

/** What a page of either theme needs of a plot: the look, and a document that lies on the page's own ground. */
export type Theme = "light" | "dark";

const DARK = {
  ...CONFIG,
  title: { ...CONFIG.title, color: "#e6e6e6", subtitleColor: "#a8a8a8" },
  axis: {
    ...CONFIG.axis,
    ...{
      domainColor: "#666",
      gridColor: "#33373d",
      labelColor: "#c4c4c4",
      tickColor: "#666",
      titleColor: "#e6e6e6",
    },
  },
  legend: { labelColor: "#c4c4c4", titleColor: "#e6e6e6", titleFontWeight: 600 },
};

/** One of our own plots as an SVG element for a page, without a ground of its own. */
export function plotSvg(spec: Record<string, unknown>, theme: Theme): Promise<string> {
  const config = theme === "dark" ? DARK : CONFIG;
  return svgOf({ $schema: VEGA_LITE_SCHEMA, background: "transparent", padding: 4, config, ...spec }, true);
}

/**
 * One of our own plots: adds `$schema` and the common look to a Vega-Lite specification. The picture stands on white; what
 * a page draws takes the page's colours.
 */
export function plotBundle(spec: Record<string, unknown>, text: string): Promise<MimeBundle> {
  const whole = { $schema: VEGA_LITE_SCHEMA, background: "white", padding: 10, config: CONFIG, ...spec };
  return bundleOf(whole, pageSpec(whole), text);
}

async function svgOf(spec: VegaSpec, lite: boolean): Promise<string> {
  // Loaded here: Vega has a top-level await, and notebook cells load this module by require().
  const vega = await import("vega");
  (vega as unknown as { textMetrics: TextMetrics }).textMetrics.width = measure;
  // A copy: Vega marks the data objects that it is given.
  const own = structuredClone(spec);
  let compiled = own as unknown as Spec;
  if (lite) {
    const { compile } = await import("vega-lite");
    // Version 6 compiles what is valid in version 5; its warning about the older $schema is noise.
    const { $schema: _, ...body } = own;
    compiled = compile(body as unknown as TopLevelSpec, { config: { font: FONTS } }).spec;
  }
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Vega's hook for text widths, missing from its types. */
interface TextMetrics {
  width(item: { fontSize?: number; fontWeight?: string | number }, text: unknown): number;
}

/** Text width for Vega's layout; without it Vega guesses 0.8 em a character and leaves wide gaps. */
const measure: TextMetrics["width"] = (item, text) => {
  const bold = item.fontWeight === "bold" || Number(item.fontWeight) >= 600;
  return textWidth(String(text ?? ""), item.fontSize ?? 11, bold);
};

function titleOf(spec: VegaSpec): string | undefined {
  const title = spec.title as string | { text?: unknown } | undefined;
  const text = typeof title === "object" ? title.text : title;
  return text === undefined ? undefined : String(text);
}
