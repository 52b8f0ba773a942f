import { type Options, real, text } from "./setting.js";

/** Options of what is written beside each cell's label. */
export const ANNOTATION = {
  clusterBy: text({
    value: "COLUMN",
    help: "obs column of clusters: the label that most of a cluster's cells have is written beside each cell's own",
  }),
  clusterShare: real({
    least: 0,
    most: 1,
    default: 0.5,
    help: 'share of a cluster\'s cells that must agree on a label; of a smaller one the cluster is "heterogeneous"',
  }),
  report: text({
    value: "FILE",
    help: "page to write besides, .html: how sure the labels are, composition, markers, notes; needs an .h5ad or .zarr as output",
  }),
} as const;

/** What a user may give. */
export type AnnotationOptions = Options<typeof ANNOTATION>;
