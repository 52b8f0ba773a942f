import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * A CommonJS package that is loaded when it is first asked for: some take longer to load than most calls that never need them.
 * @param name as in `import`
 */
export function whenAsked<Package>(name: string): () => Package {
  return () => require(name) as Package;
}
