import { ANNOTATION } from "../../settings/annotation.js";
import { resolve } from "../../settings/setting.js";
import { EMBED_TASK } from "../embed.js";
import { LabelTask } from "../labelTask.js";
import { MapTask } from "../mapTask.js";
import type { ShardStep, Task } from "../task.js";
import type { OpenedBy } from "./openBy.js";
import type { Decided } from "./plan.js";

/** What is done to cells, whole or by shards. */
export async function taskOf(
  step: ShardStep,
  { run, index }: Pick<OpenedBy, "run" | "index">,
  { options, own, usual }: Pick<Decided, "options" | "own" | "usual">,
  signal?: AbortSignal,
): Promise<Task> {
  switch (step) {
    case "annotate": {
      const { report, ...wanted } = resolve(ANNOTATION, options);
      return new LabelTask(run, { ...wanted, own });
    }
    case "embed":
      return EMBED_TASK;
    case "map":
      return MapTask.of(index!, options, signal, usual);
  }
}
