import { readFileSync } from "node:fs";
import { KernelManager, type KernelMessage, ServerConnection, SessionManager } from "@jupyterlab/services";

/** How a notebook went. */
export interface Lesson {
  /** Errors of cells. */
  errors: string[];
  /** When the first picture came, and when the last cell had ended (milliseconds, as `performance.now`). */
  firstPicture: number | undefined;
  ended: number;
  /** What the kernel offers behind these letters when all has run. */
  offers: string[];
}

/**
 * Runs all cells of a notebook as JupyterLab's page does, by its own client: a session of the notebook's kernel, and every cell
 * handed over at once.
 *
 * @param base the server's address
 * @param path of the notebook below the server's root; `file`: the same, for us
 * @param letters of a cell that is being written, to be completed
 */
export async function runLesson(
  base: string,
  token: string,
  { path, file, letters }: { path: string; file: string; letters: string },
): Promise<Lesson> {
  const serverSettings = ServerConnection.makeSettings({ baseUrl: base, token, appendToken: true });
  const kernelManager = new KernelManager({ serverSettings });
  const sessions = new SessionManager({ serverSettings, kernelManager });
  const { cells, metadata } = JSON.parse(readFileSync(file, "utf8"));
  const { name } = metadata.kernelspec;
  const session = await sessions.startNew({ path, name: path, type: "notebook", kernel: { name } });
  const kernel = session.kernel!;
  const lesson: Lesson = { errors: [], firstPicture: undefined, ended: 0, offers: [] };
  const code = (cells as { cell_type: string; source: string | string[] }[])
    .filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => [source].flat().join(""));
  await Promise.all(
    code.map((cell) => {
      const future = kernel.requestExecute({ code: cell, stop_on_error: true });
      future.onIOPub = ({ content }: KernelMessage.IIOPubMessage) => {
        if ("ename" in content) lesson.errors.push(`${content.ename}: ${content.evalue}`);
        if ("data" in content && "image/png" in (content.data as object))
          lesson.firstPicture ??= performance.now();
      };
      return future.done;
    }),
  );
  lesson.ended = performance.now();
  const { content } = await kernel.requestComplete({ code: letters, cursor_pos: letters.length });
  if ("matches" in content) lesson.offers = content.matches;
  await session.shutdown();
  sessions.dispose();
  kernelManager.dispose();
  return lesson;
}
