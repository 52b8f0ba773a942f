/**
 * The architecture, as the published code saves it in `args.json` (its names are kept).
 * Source: bowang-lab/scGPT, and the fine-tuning protocol's `dev_train_args.yml`.
 */
export interface ModelArgs {
  /** Width of the model. */
  embsize: number;
  nheads: number;
  /** Width of the feed-forward layers. */
  d_hid: number;
  nlayers: number;
  /** Linear layers of the class decoder. */
  n_layers_cls: number;
  dropout: number;
  pad_token: string;
  pad_value: number;
  mask_value: number;
  n_bins: number;
  input_emb_style: "continuous" | "category" | "scaling";
  cell_emb_style: "cls" | "avg-pool" | "w-pool";
  pre_norm?: boolean;
  use_batch_labels?: boolean;
  domain_spec_batchnorm?: boolean | "batchnorm" | "dsbn";
  do_mvc?: boolean;
  mvc_decoder_style?: "inner product" | "inner product, detach";
  explicit_zero_prob?: boolean;
  do_dab?: boolean;
  ecs_threshold?: number;
}
