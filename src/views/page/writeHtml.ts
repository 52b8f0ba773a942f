import { bundleOf, type Displayable } from "../../host/displayable.js";
import type { MimeBundle } from "../../host/host.js";
import { writeFileAtomically } from "../../support/atomic.js";
import { CellkernelError } from "../../support/error.js";
import { shownName } from "../names.js";
import { PAGE_STYLE } from "../pageStyle.js";
import { pageAsset } from "./assets.js";
import { htmlPage } from "./document.js";
import { viewPlace } from "./place.js";
import type { PageContents } from "./sharedEmbedding.js";

/**
 * Writes a view as an HTML page that stands alone: an embedding is moved, pointed at and selected in as in JupyterLab,
 * without a server and without the network. Of more than 50,000 cells so many are drawn at random.
 *
 * What the panels show goes into it, and no names of cells and no further columns unless they are asked for: files are
 * handed on, and barcodes and donors are private.
 *
 * @param view what a view function returns, or something that shows itself as one, such as `report.embedding`
 * @throws when the view has neither data that the page can draw nor a picture
 * @example
 * const map = embeddingView({ title: "Two", x: [0, 1], y: [0, 1], panels: [{ title: "Type", categories: ["B", "T"], codes: [0, 1] }] });
 * await writeHtml(map, "map.html");
 */
export async function writeHtml(
  view: MimeBundle | Displayable | Promise<MimeBundle>,
  path: string,
  contents: PageContents = {},
): Promise<void> {
  const bundle = await bundleOf(await view);
  const place = viewPlace(bundle, contents);
  if (place === "")
    throw new CellkernelError(
      "format",
      `${path} was not written: the view has nothing that a page can show, only ${Object.keys(bundle).join(", ")}.`,
      { path },
    );
  const [title] = String(bundle["text/plain"] ?? "Cellkernel").split("\n");
  writeFileAtomically(path, livePage(shownName(title), place));
}

/** A page with views that its script draws. */
export function livePage(title: string, body: string): string {
  const style = `${PAGE_STYLE}\n${pageAsset("style.css")}`;
  return htmlPage({ title, style, body: `<main>${body}</main>`, script: pageAsset("script.js") });
}
