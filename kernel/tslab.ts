import { context } from "./context.js";
import type { Namespace } from "./namespace.js";
import type { Output } from "./output.js";

/** What tslab's display functions hand to their kernel. */
type Write = (
  content: { data: Record<string, unknown>; metadata?: object; transient?: { display_id?: string } },
  update: boolean,
) => void;

/**
 * Notebooks that were written for tslab show things through its module (`tslab.display.html(…)`,
 * `tslab.newDisplay()`): here it writes to our outputs.
 */
export async function importTslab(output: Output): Promise<Namespace> {
  const module: Namespace = await import("tslab");
  const kernel = (await import("tslab/dist/jupyter.js")).default as { lastWriteDisplayData: Write };
  kernel.lastWriteDisplayData = ({ data, metadata = {}, transient = {} }, update) =>
    output.send(context.current, update ? "update_display_data" : "display_data", {
      data,
      metadata,
      transient,
    });
  return module;
}
