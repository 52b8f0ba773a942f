import { EMBEDDING_MIME, EVALUATION_MIME, TRAINING_MIME } from "../../../src/views/contract.js";
import { EmbeddingView } from "../embedding/view.js";
import { EvaluationView } from "../evaluation/view.js";
import type { Bundle } from "../instead.js";
import { showCurves } from "./curves.js";
import { followTheme } from "./theme.js";
import { words } from "./words.js";

/** What draws a view into its place, by MIME type. */
const RENDERERS: Record<string, (host: HTMLElement, payload: unknown, bundle: Bundle) => void> = {
  [EMBEDDING_MIME]: (host, payload, bundle) => {
    const view = new EmbeddingView(host, { trans: words });
    view.show(payload, bundle);
    view.attach();
  },
  [EVALUATION_MIME]: (host, payload, bundle) => {
    const view = new EvaluationView(host, words);
    view.show(payload, bundle);
    view.attach();
  },
  [TRAINING_MIME]: showCurves,
};

/**
 * The views of a page that stands alone: each place is a picture and a block of JSON, its bundle. The picture stays
 * where a view can't be drawn.
 */
function showViews(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-cellkernel]")) {
    const bundle = JSON.parse(place.querySelector("script")?.textContent ?? "{}") as Bundle;
    const type = Object.keys(bundle).find((mime) => mime in RENDERERS);
    if (!type) continue;
    const picture = place.querySelector("img")?.src.split("base64,")[1];
    const host = document.createElement("div");
    // Views take their room and colours from the page.
    place.replaceChildren(host);
    RENDERERS[type](host, bundle[type], { ...bundle, ...(picture && { "image/png": picture }) });
  }
}

followTheme();
showViews();
