import { CellkernelError } from "../support/error.js";

/** Prefixes that wrappers put before every key: data-parallel training, torch.compile, and trainers that own a `model`. */
const WRAPPER = /^((module|_orig_mod|model)\.)+/;

/** A tensor under the plain model's key. */
export type Plain<T> = T & {
  /** Its key in the file, where that is another. */
  from?: string;
};

/**
 * Tensors under the names that the plain PyTorch model has: without a wrapper's prefix, and with
 * flash-attention's names of the attention weights (`self_attn.Wqkv.*`, `self_attn._impl.*`) changed back.
 * The tensors themselves are the same in both; the published fine-tuning code omits the renaming
 * when flash-attention is off, and so leaves all attention weights random.
 * @throws where two keys come to the same name
 */
export function plainKeys<T extends object>(tensors: ReadonlyMap<string, T>): Map<string, Plain<T>> {
  const plain = new Map<string, Plain<T>>();
  for (const [from, tensor] of tensors) {
    const key = plainKey(from);
    const twin: Plain<T> | undefined = plain.get(key);
    if (twin)
      throw new CellkernelError(
        "format",
        `the checkpoint's keys ${twin.from ?? key} and ${from} both name the tensor ${key}: take one of them out`,
        { key },
      );
    plain.set(key, key === from ? tensor : { ...tensor, from });
  }
  return plain;
}

function plainKey(key: string): string {
  return key
    .replace(WRAPPER, "")
    .replace(".self_attn._impl.", ".self_attn.")
    .replace(".self_attn.Wqkv.", ".self_attn.in_proj_");
}
