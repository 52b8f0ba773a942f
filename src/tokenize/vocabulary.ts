import { readFileSync } from "node:fs";

/** The special tokens of scGPT, appended to a vocabulary that lacks them. */
export const SPECIAL_TOKENS = ["<pad>", "<cls>", "<eoc>"] as const;

/** A model's genes: name to id, as `vocab.json` holds them, with the special tokens. */
export class Vocabulary {
  /** Id of each gene name and special token. */
  readonly ids: ReadonlyMap<string, number>;
  /** Rows that an embedding table for this vocabulary needs: the largest id + 1. */
  readonly size: number;
  readonly padId: number;
  readonly clsId: number;
  readonly eocId: number;

  /**
   * @param entries name and id of each token; missing special tokens get the ids after the largest.
   * @param source where it came from, for messages
   */
  constructor(
    entries: Iterable<[string, number]>,
    readonly source = "vocabulary",
  ) {
    const ids = new Map<string, number>();
    let next = 0;
    for (const [name, id] of entries) {
      if (!Number.isInteger(id) || id < 0 || id >= 2 ** 31)
        throw new Error(
          `${source}: "${name}" has the id ${JSON.stringify(id)}; ids are integers from 0. Pass the vocab.json of the model.`,
        );
      ids.set(name, id);
      next = Math.max(next, id + 1);
    }
    if (ids.size === 0)
      throw new Error(`${source} holds no genes. Pass the vocab.json of the model: {"GENE": id, …}.`);
    for (const token of SPECIAL_TOKENS) if (!ids.has(token)) ids.set(token, next++);
    this.ids = ids;
    this.size = next;
    [this.padId, this.clsId, this.eocId] = SPECIAL_TOKENS.map((token) => ids.get(token) as number);
  }

  /** Reads a `vocab.json`, an object from gene name to id. */
  static fromFile(path: string): Vocabulary {
    let parsed: unknown;
    try {
      parsed = JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      throw new Error(`Cannot read the vocabulary ${path}: ${(error as Error).message}`);
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      throw new Error(
        `${path} is no vocabulary: expected one JSON object from gene name to id, {"GENE": id, …}.`,
      );
    return new Vocabulary(Object.entries(parsed as Record<string, number>), path);
  }

  has(name: string): boolean {
    return this.ids.has(name);
  }

  /** A token's id; undefined for a gene that the model does not know. */
  id(name: string): number | undefined {
    return this.ids.get(name);
  }

  /** Gene names without the special tokens, in the file's order. */
  genes(): string[] {
    const special = new Set<string>(SPECIAL_TOKENS);
    return [...this.ids.keys()].filter((name) => !special.has(name));
  }

  /** What `vocab.json` holds. */
  toJSON(): Record<string, number> {
    return Object.fromEntries(this.ids);
  }
}
