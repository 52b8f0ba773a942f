import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ICommandPalette } from "@jupyterlab/apputils";
import type { Words } from "../words.js";
import type { Act } from "./board.js";
import type { ShownViews } from "./views.js";

/** Lets the command palette reach the embedding that was used last. */
export function addCommands(
  { commands }: JupyterFrontEnd,
  palette: ICommandPalette | null,
  trans: Words,
  views: ShownViews,
): void {
  const labels: Record<Act, string> = {
    png: trans.__("Download the Embedding as PNG"),
    svg: trans.__("Download the Embedding as SVG"),
    csv: trans.__("Download the Selected Cells as CSV"),
    clear: trans.__("Clear the Selection of Cells"),
    fit: trans.__("Show the Whole Embedding"),
  };
  for (const [act, label] of Object.entries(labels) as [Act, string][]) {
    const command = `cellkernel:embedding-${act}`;
    commands.addCommand(command, {
      label,
      isEnabled: () => views.latest !== undefined,
      execute: () => views.latest?.act(act),
    });
    palette?.addItem({ command, category: "Cellkernel" });
  }
}
