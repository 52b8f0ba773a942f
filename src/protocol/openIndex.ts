import { CellkernelError } from "../support/error.js";
import { type CellIndex, loadIndex } from "./indexCells.js";
import { isPublishedIndex, loadPublishedIndex, type PublishedIndex } from "./publishedIndex.js";

/**
 * Opens an index of ours, or one that the published code made.
 * @param model that it was made with
 */
export async function openIndex(
  folder: string,
  model: string | undefined,
): Promise<CellIndex | PublishedIndex> {
  if (!isPublishedIndex(folder)) return loadIndex(folder, { model });
  if (model !== undefined) return loadPublishedIndex(folder, model);
  throw new CellkernelError(
    "option",
    `${folder} holds an index of faiss, which does not say by which model its cells were embedded: give it by the option model (--model DIR)`,
    { option: "model", path: folder },
  );
}
