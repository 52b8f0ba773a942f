import { writeFileAtomically } from "../../support/atomic.js";
import { CellkernelError } from "../../support/error.js";
import { pngOf } from "../../views/picture.js";
import { sweepSpec } from "../../views/sweep.js";
import { plotSvg } from "../../views/vega.js";
import type { SettingOfSweep } from "./trainings.js";

const MEASURES = { "weighted F1": "weightedF1", "macro F1": "macroF1" } as const;

/**
 * Draws how the trainings of each setting did that is done.
 * @param path ends in .svg or .png
 */
export async function drawSweep(sweep: readonly SettingOfSweep[], path: string): Promise<void> {
  if (!/\.(svg|png)$/i.test(path))
    throw new CellkernelError("option", `${path} ends in neither .svg nor .png (--picture)`, {
      option: "picture",
    });
  const settings = sweep.flatMap(({ name, results }) =>
    results
      ? [
          {
            name: name || "all",
            values: Object.values(MEASURES).map((figure) =>
              results.parts.map(({ figures }) => figures[figure]),
            ),
          },
        ]
      : [],
  );
  const subset = sweep.find(({ results }) => results)!.results!.subset;
  const title = `Trainings on their ${subset} cells`;
  const svg = await plotSvg(
    { ...sweepSpec({ title, measures: Object.keys(MEASURES), settings }), background: "white", padding: 10 },
    "light",
  );
  writeFileAtomically(path, /\.svg$/i.test(path) ? svg : [pngOf(svg)]);
}
