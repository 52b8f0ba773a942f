/** Our side of the benchmark, in a process of its own: from an .h5ad file to tokens in memory. */
import { readH5ad } from "../src/anndata/readH5ad.js";
import { preprocess } from "../src/protocol/preprocess.js";

const [path, vocabulary, nHvg, filterGeneByCounts] = process.argv.slice(2);
const start = performance.now();
const before = process.cpuUsage();
const cells = await readH5ad(path);
const { tokens } = await preprocess(cells, {
  vocabulary,
  nHvg: Number(nHvg),
  filterGeneByCounts: Number(filterGeneByCounts),
});
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({
    seconds,
    cpu: (user + system) / 1e6,
    peakMiB,
    cells: tokens.cells,
    tokens: tokens.gene.length,
    genes: tokens.genes,
  }),
);
