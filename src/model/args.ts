/**
 * The architecture, as the published code saves it in `args.json` (its names are kept).
 * Source: bowang-lab/scGPT, and the fine-tuning protocol's `dev_train_args.yml`.
 */
export interface ModelArgs {
  /** Width of the model. */
  embsize: number;
  /** Heads of the attention. */
  nheads: number;
  /** Width of the feed-forward layers. */
  d_hid: number;
  /** Layers of the transformer. */
  nlayers: number;
  /** Linear layers of the class decoder. */
  n_layers_cls: number;
  /** Share of values left out in training, 0 … 1. */
  dropout: number;
  /** The token that fills short cells up. */
  pad_token: string;
  /** Its value. */
  pad_value: number;
  /** Value of what is to be predicted. */
  mask_value: number;
  /** Bins of the values, that of zeros among them. */
  n_bins: number;
  /** How values are given to the transformer: by a network, as a word each, or as a factor of the gene. */
  input_emb_style: "continuous" | "category" | "scaling";
  /** What the embedding of a cell is: the output of `<cls>`, or a mean over its tokens. */
  cell_emb_style: "cls" | "avg-pool" | "w-pool";
  /** Layer norm before attention and feed-forward rather than after. */
  pre_norm?: boolean;
  /** Whether batches are embedded, too. */
  use_batch_labels?: boolean;
  /** Batch norm of the tokens: of each batch ("dsbn", true) or of all ("batchnorm"). */
  domain_spec_batchnorm?: boolean | "batchnorm" | "dsbn";
  /** Whether it predicts values from the embedding of the cell (MVC). */
  do_mvc?: boolean;
  /** How; with "detach" the genes learn nothing by it. */
  mvc_decoder_style?: "inner product" | "inner product, detach";
  /** Whether zeros have a probability of their own. */
  explicit_zero_prob?: boolean;
  /** Whether it predicts the batch, by a reversed gradient (DAB). */
  do_dab?: boolean;
  /** Similarity of cells that is aimed at (ECS); 0 for none. */
  ecs_threshold?: number;
}
