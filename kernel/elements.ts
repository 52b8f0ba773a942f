import type { MimeBundle } from "../src/host/host.js";

/** What a library that draws into a document (jsdom, linkedom) hands out, as far as we look at it. */
interface Node {
  nodeType: number;
  localName: string;
  namespaceURI: string | null;
  outerHTML: string;
  /** Of a document. */
  documentElement: Node;
  /** Of a fragment. */
  children: Iterable<Node>;
  ownerDocument?: { defaultView?: { XMLSerializer?: new () => { serializeToString(node: Node): string } } };
}

const SVG = "http://www.w3.org/2000/svg";

/** An element, a fragment or a document as HTML, an SVG as a picture; undefined for any other object. */
export function elementBundle(value: object): MimeBundle | undefined {
  const node = value as Node;
  if (typeof node.nodeType !== "number") return undefined;
  if (node.nodeType === 9 && node.documentElement) return elementBundle(node.documentElement);
  const elements = node.nodeType === 11 ? [...node.children] : [node];
  if (!elements.every(({ nodeType, outerHTML }) => nodeType === 1 && typeof outerHTML === "string"))
    return undefined;
  if (node.namespaceURI === SVG && node.localName === "svg")
    return { "image/svg+xml": asXml(node), "text/plain": "SVG picture" };
  const html = elements.map(({ outerHTML }) => outerHTML).join("");
  return { "text/html": html, "text/plain": html };
}

/** A picture is XML: as HTML, an element writes neither its namespace nor `<br/>`. */
function asXml(svg: Node): string {
  const Serializer = svg.ownerDocument?.defaultView?.XMLSerializer;
  if (Serializer) return new Serializer().serializeToString(svg);
  const html = svg.outerHTML;
  return /^<svg[^>]*\sxmlns=/.test(html) ? html : html.replace("<svg", `<svg xmlns="${SVG}"`);
}
