import type { MimeBundle } from "../../host/host.js";
import { escapeText } from "../../support/markup.js";
import { EMBEDDING_MIME, type EmbeddingPayload, EVALUATION_MIME, TRAINING_MIME } from "../contract.js";
import { pictureMetadata } from "../pictureMetadata.js";
import { MOST_CELLS, type PageContents, sharedEmbedding } from "./sharedEmbedding.js";

/** Types that the page's script draws. */
const LIVE = [EMBEDDING_MIME, EVALUATION_MIME, TRAINING_MIME];

/** What a view takes of a page at most, in characters. Beyond, a view that the script draws has no picture below. */
const MOST = 1e6;

/**
 * A view in a page: its picture, which the page's script replaces by the view itself where it can; tables where it has
 * neither. Empty where it has none of these.
 */
export function viewPlace(bundle: MimeBundle, contents: PageContents = {}): string {
  const type = LIVE.find((mime) => mime in bundle);
  if (!type) return `${bundle["text/html"] ?? ""}${pictureOf(bundle)}`;
  const whole = bundle[type];
  const payload = type === EMBEDDING_MIME ? sharedEmbedding(whole as EmbeddingPayload, contents) : whole;
  const held = inert({ [type]: payload, "text/plain": bundle["text/plain"] });
  const picture = pictureOf(bundle);
  const below = held.length + picture.length <= MOST ? picture : "";
  return `<div data-cellkernel>${below}<script type="application/json">${held}</script></div>${sampleNote(type, whole)}`;
}

/** JSON that no name in it can end. */
function inert(data: unknown): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function pictureOf(bundle: MimeBundle): string {
  const png = bundle["image/png"];
  if (typeof png !== "string") return "";
  const { width, height, alt = "" } = pictureMetadata(bundle)["image/png"] ?? {};
  const size = width ? ` width="${width}" height="${height}"` : "";
  return `<img src="data:image/png;base64,${png}"${size} alt="${escapeText(alt)}">`;
}

function sampleNote(type: string, payload: unknown): string {
  const { cells } = payload as EmbeddingPayload;
  if (type !== EMBEDDING_MIME || cells <= MOST_CELLS) return "";
  const [some, all] = [MOST_CELLS, cells].map((count) => count.toLocaleString("en"));
  return `<p class="help">${some} of ${all} cells, drawn at random.</p>`;
}
