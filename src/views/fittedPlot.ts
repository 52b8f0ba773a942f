import type { MimeBundle } from "../host/host.js";
import { PLOT_MIME, type PlotPayload } from "./contract.js";
import { plotBundle } from "./vega.js";

interface Panel {
  width: number | { step: number };
  encoding?: { x?: { scale?: { domain?: readonly unknown[] } } };
}

/** One of our own plots, which JupyterLab with our extension draws as wide as its place is. */
export async function fittedPlot(spec: Record<string, unknown>, text: string): Promise<MimeBundle> {
  const panels = (spec.hconcat ?? [spec]) as readonly Panel[];
  const widths = panels.map(({ width, encoding }) =>
    typeof width === "number" ? width : width.step * (encoding?.x?.scale?.domain?.length ?? 1),
  );
  const payload: PlotPayload = { panels: widths.reduce((sum, width) => sum + width, 0) };
  return { [PLOT_MIME]: payload, ...(await plotBundle(spec, text)) };
}
