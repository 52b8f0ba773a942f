import type { MatrixReading } from "../../anndata/chooseMatrix.js";
import type { Kind } from "../../anndata/contents.js";
import type { LimitsBy } from "../../preprocess/cellLimits.js";
import type { PreparationOptions } from "../../settings/preparation.js";
import { type Plan, readPlan, requireVersion } from "../../store/plan.js";
import type { ModelFolder, PreparedSettings } from "../../store/prepared.js";
import { CellkernelError } from "../../support/error.js";
import type { CutCells } from "../shards/shardCells.js";
import type { ValuesTaken } from "../valuesTaken.js";
import { versions } from "../versions.js";

/** The step that a plan of a preparation is for. */
export const STEP = "preprocess";

/** What the parts of a round hold. */
export type RoundKind = "genes" | "statistics" | "tokens";

/** A vocabulary in plain JSON. */
export interface PlannedVocabulary {
  /** Where it came from, for messages. */
  source: string;
  /** The genes and special tokens, and the id of each. */
  names: string[];
  ids: number[];
}

/** What is decided for all shards of a preparation. */
export interface DecidedPreparation extends CutCells {
  /** The options that were given. */
  options: PreparationOptions & CutCells["options"];
  /** The same after defaults and checks. */
  settings: PreparedSettings;
  /** The model that the cells are prepared for. */
  model?: Omit<ModelFolder, "vocabulary"> & { vocabulary: PlannedVocabulary };
  /** The genes that were given. */
  vocabulary?: PlannedVocabulary;
  reading: Omit<MatrixReading, "columns"> & {
    columns?: number[];
    /** [genes of the matrix] where columns of a gene are added up, the column of the sum. */
    merged?: number[];
  };
  /** The matrix's name in messages. */
  name: string;
  /** [columns] names of the genes, and the id of each in the vocabulary, −1 for none. */
  genes: { names: string[]; ids: number[] };
  /** Names of all batches, by code. */
  batches?: string[];
  /** What the values are taken for by a sample. */
  taken: ValuesTaken;
  /** What the sample showed. */
  looked: Kind;
  /** How cells are held against limits. */
  limits: LimitsBy;
  /** What is done by shards, in this order. */
  rounds: RoundKind[];
}

/** A plan of a preparation. */
export type PreparationPlan = Plan<DecidedPreparation>;

/** Reads a plan. @throws where it is none of a preparation, or another version's */
export function readPreparationPlan(path: string): PreparationPlan {
  const plan = readPlan<DecidedPreparation>(path, [STEP]);
  requireVersion(plan, versions().cellkernel);
  return plan;
}

/** @param round from 1 */
export function kindOfRound({ decided: { rounds } }: PreparationPlan, round: number): RoundKind {
  const kind = rounds[round - 1];
  if (kind) return kind;
  throw new CellkernelError(
    "option",
    `there is no round ${round}: the plan has rounds 1 to ${rounds.length} (--round)`,
    { option: "round", round },
  );
}
