import { names, type Options, text } from "./setting.js";

/** What may be said of a model's folder where it lacks something. */
export const MODEL = {
  vocabulary: text({
    flag: "vocab",
    value: "FILE",
    help: "vocab.json of the model, where its folder has none; without a model: of genes to keep",
  }),
  classes: text({
    flag: "id2type",
    value: "FILE",
    help: "id2type.json of a fine-tuned model, where its folder has none",
  }),
  args: text({ value: "FILE", help: "args.json of the model, where its folder has none" }),
  weights: text({
    value: "FILE",
    help: "weights of the model, where they are called neither best_model.pt nor model.safetensors",
  }),
  allowPartial: names({
    value: "PARTS",
    help: "parts of the model that may start at random where the checkpoint lacks them or has them in another shape, say value_encoder,layers.11",
  }),
} as const;

/** What a user may give to `openModel`. @interface */
export type ModelOptions = Options<typeof MODEL>;

/** The same of a run that the published code fine-tuned. */
const { vocabulary, classes, args, weights } = MODEL;
export const PUBLISHED_RUN = {
  ...{ vocabulary, classes, args, weights },
  genes: text({
    value: "FILE",
    help: "input_data.h5ad of the published preprocessing, or another file of the genes that a run of the published code was fine-tuned on",
  }),
} as const;
