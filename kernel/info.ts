import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PROTOCOL_VERSION } from "./wire.js";

const { resolve } = createRequire(import.meta.url);
const read = (manifest: string) => JSON.parse(readFileSync(resolve(manifest), "utf8")) as { version: string };

/** Version of this package. */
export const version = read("../../package.json").version;
const typescript = read("typescript/package.json").version;

/** What the kernel says of itself in a `kernel_info_reply`. */
export const kernelInfo = {
  status: "ok",
  protocol_version: PROTOCOL_VERSION,
  implementation: "cellkernel",
  implementation_version: version,
  banner: `Cellkernel ${version}: TypeScript ${typescript} on Node ${process.versions.node}`,
  help_links: [
    { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
    { text: "Node.js", url: "https://nodejs.org/docs/latest/api/" },
  ],
  debugger: false,
  language_info: {
    name: "typescript",
    version: typescript,
    mimetype: "text/typescript",
    file_extension: ".ts",
    pygments_lexer: "typescript",
    codemirror_mode: { name: "javascript", mode: "typescript", typescript: true },
    nbconvert_exporter: "script",
  },
};
