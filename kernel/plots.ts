import type { MimeBundle } from "../src/host/host.js";
import { textBundle } from "./mime.js";

/** A Vega or Vega-Lite specification, as it is now, as a plot; undefined for any other object. */
export function plotBundle(value: object): Promise<MimeBundle> | undefined {
  const schema = (value as { $schema?: unknown }).$schema;
  if (typeof schema !== "string" || !/\/schema\/vega(-lite)?\/v/.test(schema)) return undefined;
  try {
    return draw(structuredClone(value), value);
  } catch (error) {
    return Promise.resolve(broken(error, value));
  }
}

async function draw(specification: object, value: object): Promise<MimeBundle> {
  // Vega takes a while to load: only for those who plot.
  const { vegaBundle } = await import("../src/views/vega.js");
  try {
    return await vegaBundle(specification as Parameters<typeof vegaBundle>[0]);
  } catch (error) {
    return broken(error, value);
  }
}

function broken(error: unknown, value: object): MimeBundle {
  const text = `This plot's specification does not compile: ${(error as Error).message}`;
  return { "text/plain": `${text}\n${textBundle(value)["text/plain"]}` };
}
