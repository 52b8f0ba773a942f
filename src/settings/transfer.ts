import { text } from "./setting.js";

/** Options of the report on a labelled file. */
export const TRANSFER = {
  clusterBy: text({
    value: "COLUMN",
    help: "obs column of clusters that the report goes by beside the labels; default: that of annotate",
  }),
} as const;
