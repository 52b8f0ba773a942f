import { PathExt } from "@jupyterlab/coreutils";
import { type Contents, ServerConnection } from "@jupyterlab/services";

/** Folders that are looked into at most, the nearest first: a home may have very many. */
const FOLDERS = 100;

/** The `.h5ad` files of a folder and below it, by path from it, the nearest first. */
export async function findCells(contents: Contents.IManager, folder: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [""];
  // The array grows as it is walked.
  for (const [i, below] of folders.entries()) {
    if (i === FOLDERS) break;
    for (const { name, type } of await list(contents, PathExt.join(folder, below))) {
      const path = below ? `${below}/${name}` : name;
      if (type === "directory") {
        if (!/^\.|^node_modules$/.test(name)) folders.push(path);
      } else if (/\.h5ad$/i.test(name)) found.push(path);
    }
  }
  return found;
}

/** What lies in a folder; nothing where there is no such folder. */
async function list(contents: Contents.IManager, folder: string): Promise<Contents.IModel[]> {
  const listed = await contents.get(folder).catch(() => undefined);
  return listed?.type === "directory" ? (listed.content as Contents.IModel[]) : [];
}

/** Whether there is such a file. */
export async function exists(contents: Contents.IManager, path: string): Promise<boolean> {
  const name = PathExt.basename(path);
  const all = await list(contents, PathExt.dirname(path));
  return all.some((each) => each.name === name && each.type !== "directory");
}

/**
 * Writes a notebook under a name that no file of the folder has: "blood.ipynb", else "blood-1.ipynb", ….
 * @returns its path
 */
export async function writeNew(
  contents: Contents.IManager,
  folder: string,
  stem: string,
  notebook: object,
): Promise<string> {
  const { path } = await contents.newUntitled({ path: folder, type: "notebook" });
  await contents.save(path, { type: "notebook", format: "json", content: notebook });
  const taken = new Set((await list(contents, folder)).map(({ name }) => name));
  for (let i = 0; ; i++) {
    const name = `${stem}${i ? `-${i}` : ""}.ipynb`;
    if (taken.has(name)) continue;
    try {
      return (await contents.rename(path, PathExt.join(folder, name))).path;
    } catch (error) {
      // Renaming never replaces a file: the server says that there is one by now.
      if (!(error instanceof ServerConnection.ResponseError) || error.response.status !== 409) throw error;
    }
  }
}
