import { type Options, real, text } from "./setting.js";

/** What classes are kinds of. */
export const HIERARCHY = {
  hierarchy: text({
    value: "FILE",
    help: 'YAML or JSON of "child: parent", or cell-ontology where classes are its names or ids: where a label is not probable enough, what it is a kind of is answered',
  }),
} as const;

/** Options of what is written beside each cell's label. */
export const ANNOTATION = {
  ...HIERARCHY,
  clusterBy: text({
    value: "COLUMN",
    help: "obs column of clusters, or embedding for clusters that are made by the cells' embeddings: the label that most of a cluster's cells have is written beside each cell's own",
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

/** What a user may say of what `annotate` writes beside each label. @interface */
export type AnnotationOptions = Options<typeof ANNOTATION>;

/** What a user may say of what classes are kinds of. @interface */
export type HierarchyOptions = Options<typeof HIERARCHY>;
