import type { ModelArgs } from "./args.js";

/** What the data decide of a model's size. */
export interface ModelSize {
  /** Rows of the gene embedding table. */
  genes: number;
  /** Cell types; the class decoder exists from 2 on. */
  classes: number;
  /** Batch labels, where the architecture uses them. */
  batches?: number;
}

/**
 * Every tensor of the model's state dict with its shape, in PyTorch's order and under PyTorch's names
 * (scgpt 0.2.4, `TransformerModel`). Buffers (batch norm's running statistics) are included.
 */
export function parameterShapes(args: ModelArgs, size: ModelSize): Map<string, number[]> {
  const d = args.embsize;
  const shapes = new Map<string, number[]>();
  const linear = (name: string, outputs: number, inputs: number, bias = true) => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
  };
  const norm = (name: string) => {
    shapes.set(`${name}.weight`, [d]);
    shapes.set(`${name}.bias`, [d]);
  };
  const table = (name: string, rows: number) => {
    shapes.set(`${name}.embedding.weight`, [rows, d]);
    norm(`${name}.enc_norm`);
  };
  /** (Linear – activation – LayerNorm) × (layers − 1), Linear: the module list counts the activations too. */
  const tower = (name: string, layers: number, outputs: number) => {
    for (let i = 0; i < layers - 1; i++) {
      linear(`${name}._decoder.${3 * i}`, d, d);
      norm(`${name}._decoder.${3 * i + 2}`);
    }
    linear(`${name}.out_layer`, outputs, d);
  };
  const statistics = (name: string) => {
    shapes.set(`${name}.running_mean`, [d]);
    shapes.set(`${name}.running_var`, [d]);
    shapes.set(`${name}.num_batches_tracked`, []);
  };

  table("encoder", size.genes);
  if (args.input_emb_style === "continuous") {
    linear("value_encoder.linear1", d, 1);
    linear("value_encoder.linear2", d, d);
    norm("value_encoder.norm");
  } else if (args.input_emb_style === "category") {
    table("value_encoder", args.n_bins);
  }
  if (args.use_batch_labels) table("batch_encoder", batches(size));
  if (usesDomainNorm(args)) {
    for (let i = 0; i < batches(size); i++) statistics(`dsbn.bns.${i}`);
  } else if (args.domain_spec_batchnorm === "batchnorm") {
    norm("bn");
    statistics("bn");
  }
  for (let i = 0; i < args.nlayers; i++) {
    const layer = `transformer_encoder.layers.${i}`;
    shapes.set(`${layer}.self_attn.in_proj_weight`, [3 * d, d]);
    shapes.set(`${layer}.self_attn.in_proj_bias`, [3 * d]);
    linear(`${layer}.self_attn.out_proj`, d, d);
    linear(`${layer}.linear1`, args.d_hid, d);
    linear(`${layer}.linear2`, d, args.d_hid);
    norm(`${layer}.norm1`);
    norm(`${layer}.norm2`);
  }
  const wide = args.use_batch_labels ? 2 * d : d;
  for (const fc of args.explicit_zero_prob ? ["fc", "zero_logit"] : ["fc"]) {
    linear(`decoder.${fc}.0`, d, wide);
    linear(`decoder.${fc}.2`, d, d);
    linear(`decoder.${fc}.4`, 1, d);
  }
  if (size.classes > 1) tower("cls_decoder", args.n_layers_cls, size.classes);
  if (args.do_mvc) {
    linear("mvc_decoder.gene2query", d, d);
    linear("mvc_decoder.W", wide, d, false);
    if (args.explicit_zero_prob) linear("mvc_decoder.W_zero_logit", wide, d);
  }
  if (args.do_dab) tower("grad_reverse_discriminator", 3, batches(size));
  return shapes;
}

/**
 * A weight as the architecture needs it.
 * @throws where it is missing or of another shape
 */
export function checkedWeight<W extends { shape: number[] }>(
  weights: ReadonlyMap<string, W>,
  name: string,
  shapes: ReadonlyMap<string, number[]>,
): W {
  const [weight, shape] = [weights.get(name), shapes.get(name)];
  if (!weight) throw new Error(`The weights have no "${name}", which the architecture needs.`);
  if (weight.shape.join() !== shape?.join())
    throw new Error(`The weight "${name}" has shape [${weight.shape}]; the architecture needs [${shape}].`);
  return weight;
}

/** Whether the architecture normalises each batch label's cells by themselves. */
export function usesDomainNorm(args: ModelArgs): boolean {
  return args.domain_spec_batchnorm === true || args.domain_spec_batchnorm === "dsbn";
}

/** Whether the model reads the batch of each cell. */
export function usesBatchLabels(args: ModelArgs): boolean {
  return args.use_batch_labels === true || usesDomainNorm(args);
}

/** Whether a state dict's tensor is a statistic that training keeps, not a weight that it learns. */
export function isStatistic(name: string): boolean {
  return /\.(running_mean|running_var|num_batches_tracked)$/.test(name);
}

function batches(size: ModelSize): number {
  if (size.batches === undefined)
    throw new Error("This architecture uses batch labels: name the batch column.");
  return size.batches;
}
