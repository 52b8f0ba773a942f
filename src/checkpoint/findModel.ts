import { existsSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CellkernelError } from "../support/error.js";

/** Where the demo's model lies, in a clone and in what is installed. */
const OWN = fileURLToPath(new URL("../../../notebooks/models", import.meta.url));

/**
 * The folder of a model that is given by its path, or by its name in one of the folders of `CELLKERNEL_MODELS` (separated
 * as in `PATH`), or of the demo's, "small", which comes along. Of a path that is not there, as a file from another machine may name it, the last piece is the name.
 * @throws where there is none; says where the released models are published
 */
export function findModel(given: string): string {
  if (existsSync(given)) return given;
  const shelves = (process.env.CELLKERNEL_MODELS ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = shelves.map((shelf) => join(shelf, basename(given)));
  // By that name alone: a path that ends so is somebody's own model.
  if (given === "small") places.push(join(OWN, given));
  const found = places.find(existsSync);
  if (found !== undefined) return found;
  const place =
    shelves.length > 0
      ? `there is none called ${basename(given)} in ${shelves.join(", ")} (CELLKERNEL_MODELS) either`
      : "to open models by their names, let CELLKERNEL_MODELS name the folder that they are in";
  throw new CellkernelError(
    "path",
    `there is no model folder ${resolve(given)}; ${place}. The released checkpoints are listed under "Pretrained scGPT ` +
      'Model Zoo" in the README of https://github.com/bowang-lab/scGPT: download one (scGPT_human is the one to ' +
      `fine-tune), and put the folder with its args.json, vocab.json and best_model.pt ` +
      `${shelves.length > 0 ? `into ${shelves[0]}` : "there"}`,
    { path: given },
  );
}
