import { readFileSync, writeFileSync } from "node:fs";
import { projectUmap } from "../src/evaluate/projection.js";

// Started by `umap.ts`: cells of argv[2], argv[3] columns each, to a plane in argv[4].
const [path, columns, out] = process.argv.slice(2);
const points = new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
const [start, cpu] = [performance.now(), process.cpuUsage()];
const { x, y } = await projectUmap(points, Number(columns));
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
writeFileSync(
  out,
  Float32Array.from({ length: 2 * x.length }, (_, i) => (i % 2 ? y : x)[i >> 1]),
);
console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6 }));
