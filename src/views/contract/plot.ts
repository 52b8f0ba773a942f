/** MIME type of {@link PlotPayload}: beside a Vega-Lite specification, that it may be drawn wider and narrower. */
export const PLOT_MIME = "application/vnd.cellkernel.plot.v1+json";

/** The specification that the bundle holds besides. */
export const VEGA_LITE_MIME = "application/vnd.vegalite.v5+json";

/** What a page needs to know of a Vega-Lite plot to fit it into its place. */
export interface PlotPayload {
  /** Widths of its panels together, as the specification has them, in CSS pixels. Axes and legends come besides. */
  panels: number;
}
