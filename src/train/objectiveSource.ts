import type { Weights } from "../checkpoint/weights.js";
import { lossGraph } from "../model/gradient.js";
import { Session } from "../runtime/session.js";
import { processors } from "../support/processors.js";
import { bucketBatches } from "../tokenize/batches.js";
import type { TokenBatch } from "./engine.js";
import { only, stepFeeds } from "./feeds.js";
import { ECS_WEIGHT } from "./objectives.js";
import { onAny } from "./ranks.js";
import { TokenSource, type Validation } from "./source.js";
import { slotTensors } from "./state.js";

/** Masks of the validation are those of an epoch that the training does not have: always the same. */
const EPOCH = 0;

/**
 * Batches of tokens for a model that learns without labels. Its validation loss is that of its objectives in evaluation, without
 * dropout, but for DAB's, which is to be high.
 */
export class ObjectiveSource extends TokenSource {
  private graph?: ReturnType<typeof lossGraph>;
  private session?: Session;

  override async validate(weights: Weights, goOn: () => boolean): Promise<Validation | undefined> {
    const { plan, ranks } = this;
    const { tokens, validation, microBatch: batchSize, maxSeqLen, seed } = plan;
    const { graph, session } = await this.opened();
    const inputs = new Set(graph.inputs);
    session.keep(slotTensors(graph.slots, weights));
    const batches = bucketBatches(tokens, validation, { batchSize, maxSeqLen, seed, epoch: EPOCH });
    // By batch and part: its loss, and how much it counts.
    const width = graph.parts.length;
    const found = new Float32Array(2 * batches.length * width);
    let ended = false;
    for (const [b, cells] of batches.entries()) {
      if (ranks && b % ranks.size !== ranks.rank) continue;
      ended = !goOn();
      if (ended) break;
      const batch = this.batch(cells, EPOCH);
      const [feeds] = stepFeeds([batch], 0, { objectives: this.objectives, dropout: 0, seed });
      const { parts } = await session.run(only(feeds, inputs));
      for (const [i, name] of graph.parts.entries())
        found.set([Number(parts.data[i]), countOf(name, batch)], 2 * (b * width + i));
    }
    if (ranks ? await onAny(ranks, ended) : ended) return undefined;
    await ranks?.sum(found);
    const sums = graph.parts.map(() => 0);
    const counts = graph.parts.map(() => 0);
    for (let at = 0; at < found.length; at += 2) {
      const i = (at / 2) % width;
      sums[i] += found[at + 1] * found[at];
      counts[i] += found[at + 1];
    }
    const parts = Object.fromEntries(graph.parts.map((name, i) => [name, sums[i] / Math.max(1, counts[i])]));
    return { loss: Object.values(parts).reduce((sum, x) => sum + x, 0), error: null, parts };
  }

  override async release(): Promise<void> {
    await this.session?.release();
  }

  private get objectives() {
    return this.plan.objectives!.filter((objective) => objective !== "DAB");
  }

  private async opened() {
    const { plan, spec, device, objectives } = this;
    this.graph ??= lossGraph({
      ...{ args: plan.args, size: spec, padRow: spec.padRow ?? 0, objectives, ecsWeight: ECS_WEIGHT },
      ...{ dropout: 0, attentionLoop: device === "cpu" ? "scan" : "heads" },
    });
    this.session ??= await Session.open(this.graph.onnx, { device, threads: plan.threads ?? processors() });
    return { graph: this.graph, session: this.session };
  }
}

/** How many there are of what a part of the loss is the mean over. */
function countOf(part: string, { masked, labels }: TokenBatch): number {
  if (!/^(MLM|MVC)/.test(part)) return labels.length;
  return masked!.mask.reduce((sum, x) => sum + x, 0);
}
