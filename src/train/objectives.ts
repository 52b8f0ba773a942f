import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import type { Objective } from "../model/objectives.js";
import type { TrainingSettings } from "../settings/training.js";

/** Weight of ECS in the loss, as in the published code. */
export const ECS_WEIGHT = 10;

/** The options that say what is learnt beside the cell type. */
export type ObjectiveSettings = Partial<
  Pick<
    TrainingSettings,
    "mlm" | "mvc" | "ecs" | "cce" | "dab" | "dabWeight" | "ecsThreshold" | "explicitZeroProb" | "maskRatio"
  >
>;

/** The parts of the loss beside the cell type's. */
export function objectivesOf({ mlm, mvc, ecs, cce, dab }: ObjectiveSettings): Objective[] {
  const on = { MLM: mlm, MVC: mvc, ECS: ecs, CCE: cce, DAB: dab };
  return (Object.keys(on) as (keyof typeof on)[]).filter((objective) => on[objective]);
}

/** The architecture that learns by these options: with the decoders that they need, and no others. */
export function withDecoders(args: ModelArgs, settings: ObjectiveSettings): ModelArgs {
  const { do_mvc, do_dab, explicit_zero_prob, ...rest } = args;
  const { mvc, dab, ecs, ecsThreshold, explicitZeroProb } = settings;
  return {
    ...rest,
    ...(mvc && { do_mvc: true }),
    ...(dab && { do_dab: true }),
    ...(explicitZeroProb && { explicit_zero_prob: true }),
    ...(ecs && { ecs_threshold: ecsThreshold }),
  };
}

const DISCRIMINATOR = "grad_reverse_discriminator.";

/** The architecture without DAB's discriminator of batches, which only the training has a use for. */
export function withoutDiscriminator({ do_dab, ...args }: ModelArgs): ModelArgs {
  return args;
}

/** The same of the weights. */
export function weightsWithoutDiscriminator(weights: Weights): Weights {
  return new Map([...weights].filter(([name]) => !name.startsWith(DISCRIMINATOR)));
}

/** Where the published code's curves have the parts of the loss. */
const CURVES: Record<string, string> = {
  ...{ CLS: "cls", MLM: "mse", MLM_zero: "nzlp", MVC: "mvc", MVC_zero: "mvc_nzlp" },
  ...{ ECS: "ecs", CCE: "cce", DAB: "dab" },
};

/** The parts of a loss as curves, under the published code's names. */
export function partCurves(set: "train" | "valid", parts: Readonly<Record<string, number>> = {}) {
  return Object.fromEntries(
    Object.entries(parts).map(([part, value]) => [`${set}/${CURVES[part] ?? part}`, value]),
  );
}
