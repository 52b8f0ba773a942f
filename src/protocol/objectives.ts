import type { ModelArgs } from "../model/args.js";
import type { FreezeOption } from "../settings/freeze.js";
import { flagOf } from "../settings/setting.js";
import type { Prepared } from "../store/prepared.js";
import { CellkernelError } from "../support/error.js";
import { type ObjectiveSettings, objectivesOf } from "../train/objectives.js";

/** Share of the values that is masked where nothing is said: as in the published integration. */
const MASK_RATIO = 0.4;
/** Threshold of ECS where neither option nor architecture says one: the model class's. */
const ECS_THRESHOLD = 0.3;

/** The options with what was left to the architecture. */
export function resolveObjectives<S extends ObjectiveSettings>(settings: S, args: ModelArgs) {
  const { mlm, mvc, ecs, maskRatio, ecsThreshold, explicitZeroProb } = settings;
  return {
    ...settings,
    maskRatio: maskRatio ?? (mlm || mvc ? MASK_RATIO : 0),
    explicitZeroProb: explicitZeroProb ?? args.explicit_zero_prob ?? false,
    ecsThreshold: ecsThreshold ?? args.ecs_threshold ?? (ecs ? ECS_THRESHOLD : 0),
  };
}

/**
 * Checks resolved options against each other, the architecture and the cells.
 * @throws where an objective has nothing to learn from; names the option
 */
export function checkObjectives(
  settings: ObjectiveSettings & { freeze?: FreezeOption },
  { input_emb_style, mask_value, n_bins }: ModelArgs,
  ready: Prepared,
): void {
  const { mlm, mvc, ecs, dab, maskRatio, ecsThreshold, dabWeight, freeze } = settings;
  const fault = (option: string, text: string) => new CellkernelError("option", text, { option });
  const [first] = objectivesOf(settings);
  if (freeze === "head" && first !== undefined) {
    const option = first.toLowerCase();
    throw fault(
      option,
      `the option ${option} trains what freeze "head" keeps as it is: give one of the two (--${flagOf(option, {})}, --freeze head)`,
    );
  }
  if ((mlm || mvc) && maskRatio === 0)
    throw fault(
      "maskRatio",
      `the option maskRatio is 0, but ${mlm ? "mlm" : "mvc"} learns from masked values: give the share of them, say 0.4 (--mask-ratio)`,
    );
  if (maskRatio! > 0 && input_emb_style === "category" && !(mask_value >= 0 && mask_value < n_bins))
    throw fault(
      "maskRatio",
      `the option maskRatio needs a mask value among the model's ${n_bins} bins, since its input_emb_style is "category"; its mask_value is ${mask_value} (args.json)`,
    );
  if (ecs && ecsThreshold === 0)
    throw fault(
      "ecsThreshold",
      "the option ecsThreshold is 0, by which the published code switches ecs off: give one above 0, say 0.3, or leave ecs out (--ecs-threshold)",
    );
  if (dab && dabWeight === 0)
    throw fault(
      "dabWeight",
      "the option dabWeight is 0, with which dab changes nothing: give one above 0, say 1, or leave dab out (--dab-weight)",
    );
  if (dab && ready.batches && ready.batches.names.length < 2)
    throw fault(
      "dab",
      `the option dab makes batches alike, but the column ${ready.batches.column} holds one only, ${ready.batches.names[0]} (--dab)`,
    );
}
