import { TypedColumn } from "../anndata/columns.js";
import { FLAGGED, tooManyUnlike, unlikeScores } from "../evaluate/unlike.js";
import type { RunReference } from "../store/reference.js";

/**
 * How far each cell is from all that its run learnt, where the run knows: the columns `unlike`, above 1 for a cell unlike any
 * class, and `is_unlike`. Cells are given some at a time; those that are not have missing values.
 */
export class UnlikeColumns {
  private readonly scores: Float32Array;
  private readonly flags: Uint8Array;
  private readonly missing: Uint8Array;

  constructor(
    private readonly unlike: RunReference["unlike"],
    cells: number,
  ) {
    const kept = unlike ? cells : 0;
    this.scores = new Float32Array(kept).fill(Number.NaN);
    this.flags = new Uint8Array(kept);
    this.missing = new Uint8Array(kept).fill(1);
  }

  /**
   * @param embeddings Float32 [cells × embsize]
   * @returns Float32 [cells], for `add`; undefined where the run knows no distances
   */
  scoresOf(embeddings: Float32Array, cells: number): Float32Array | undefined {
    const { unlike } = this;
    return unlike && unlikeScores(embeddings, embeddings.length / cells, unlike, unlike.threshold);
  }

  /** @param score the cell's, of `scoresOf` */
  add(row: number, score: number): void {
    this.scores[row] = score;
    this.flags[row] = score > 1 ? 1 : 0;
    this.missing[row] = 0;
  }

  columns(): Map<string, Float32Array | TypedColumn> {
    if (!this.unlike) return new Map();
    return new Map<string, Float32Array | TypedColumn>([
      ["unlike", this.scores],
      ["is_unlike", new TypedColumn("bool", this.flags, this.missing)],
    ]);
  }

  /** How many cells were given, and how many of them are unlike any class. */
  counts(): Record<string, number> {
    if (!this.unlike) return {};
    return {
      compared: this.missing.reduce((sum, gone) => sum - gone, this.missing.length),
      unlike: this.flags.reduce((sum, flag) => sum + flag, 0),
    };
  }
}

/** What the reader must know of a file of such cells. */
export function unlikeNotes(
  unlike: RunReference["unlike"],
  { compared, unlike: flagged }: Record<string, number>,
): string[] {
  if (!unlike || compared === 0 || !tooManyUnlike(flagged, compared, unlike.cells)) return [];
  return [
    `WARNING: ${flagged} of ${compared} cells (${((100 * flagged) / compared).toFixed(0)} %) are unlike all that the model was trained on, where ` +
      `${100 * FLAGGED} % are expected: the file may hold types that the model doesn't know, or cells of another tissue, assay or quality. ` +
      "See the columns unlike and is_unlike before the labels are used.",
  ];
}
