import { choice, type Options } from "./setting.js";

/** Options of the export of a model. */
export const EXPORT = {
  format: choice(["safetensors", "pt", "onnx"], {
    help: "safetensors (weights), pt (weights for torch.load) or onnx (the classifier alone, for any ONNX runtime); default: by the file's ending, else safetensors",
  }),
} as const;

/** What a user may give to `exportModel`. @interface */
export type ExportOptions = Options<typeof EXPORT>;
