import type { MimeBundle } from "../src/host/host.js";
import { textBundle } from "./mime.js";

/** A Vega or Vega-Lite specification as a plot; undefined for any other object. */
export async function plotBundle(value: object): Promise<MimeBundle | undefined> {
  const schema = (value as { $schema?: unknown }).$schema;
  if (typeof schema !== "string" || !/\/schema\/vega(-lite)?\/v/.test(schema)) return undefined;
  // Vega takes a while to load: only for those who plot.
  const { vegaBundle } = await import("../src/views/vega.js");
  try {
    return await vegaBundle(value as Parameters<typeof vegaBundle>[0]);
  } catch (error) {
    const text = `This plot's specification does not compile: ${(error as Error).message}`;
    return { "text/plain": `${text}\n${textBundle(value)["text/plain"]}` };
  }
}
