import { parseArgs } from "node:util";
import { follow } from "./measure.js";

const FOLDER = "output/bench/faiss";
const PEER = "bench/peers/faiss_search.py";

interface Found {
  seconds: number;
  rows: number[][];
}

/**
 * Queries a second and recall of the ten nearest in an index of the published kind (PCA64, IVF with HNSW, PQ16) that faiss-cpu
 * made of simulated embeddings, ours beside faiss-cpu's on the same threads, turn by turn in one run; the exact search beside
 * faiss's `IndexFlatL2`. `--python` names a Python with faiss-cpu, which is no part of the peers' environment.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      python: { type: "string", default: "python3" },
      cells: { type: "string", default: "100000" },
      lists: { type: "string", default: "1024" },
      queries: { type: "string", default: "2000" },
      turns: { type: "string", default: "3" },
      threads: { type: "string", default: "1" },
    },
  });
  const { mkdirSync, readFileSync } = await import("node:fs");
  mkdirSync(FOLDER, { recursive: true });
  const { cells, lists, queries, threads, python } = values;
  const peer = (what: string) => follow(python, [PEER, what, FOLDER, cells, lists, queries, threads]);
  await peer("make");
  const { readFaiss } = await import("../src/reference/faissFile.js");
  const { FaissSearch } = await import("../src/reference/faissSearch.js");
  const { defaultProbes } = await import("../src/reference/faissProbes.js");
  const { ExactSearch } = await import("../src/reference/exactSearch.js");
  const floats = (name: string) =>
    new Float32Array(Uint8Array.from(readFileSync(`${FOLDER}/${name}`)).buffer);
  const [vectors, asked] = [floats("vectors.f32"), floats("queries.f32")];
  const width = vectors.length / Number(cells);
  const quantised = await FaissSearch.open(readFaiss(`${FOLDER}/index.faiss`), Number(threads));
  const flat = await ExactSearch.open(vectors, width, Number(threads));
  const probes = defaultProbes(Number(lists));
  const timed = async (search: () => Promise<{ rows: Int32Array }>): Promise<Found> => {
    const start = process.cpuUsage();
    const { rows } = await search();
    const { user, system } = process.cpuUsage(start);
    const of = (query: number) => [...rows.subarray(query * 10, (query + 1) * 10)];
    return {
      seconds: (user + system) / 1e6,
      rows: Array.from({ length: rows.length / 10 }, (_, q) => of(q)),
    };
  };
  const turns: Record<"ivf" | "flat" | "faissIvf" | "faissFlat", Found[]> = {
    ...{ ivf: [], flat: [], faissIvf: [], faissFlat: [] },
  };
  // Compiled before.
  await quantised.nearest(asked.slice(0, 200 * width), 10, probes);
  for (let turn = 0; turn < Number(values.turns); turn++) {
    turns.ivf.push(await timed(() => quantised.nearest(asked, 10, probes)));
    turns.flat.push(await timed(() => flat.nearest(asked, 10)));
    await peer("search");
    for (const which of ["faissIvf", "faissFlat"] as const)
      turns[which].push(JSON.parse(readFileSync(`${FOLDER}/${which}.json`, "utf8")));
  }
  const exact = turns.faissFlat[0].rows;
  const summary = (of: Found[]) => {
    const seconds = of.map((one) => one.seconds).sort((a, b) => a - b)[of.length >> 1];
    const hits = of[0].rows.reduce(
      (sum, row, q) => sum + row.filter((id) => exact[q].includes(id)).length,
      0,
    );
    return { queriesPerSecond: Math.round(Number(queries) / seconds), recall: hits / (10 * Number(queries)) };
  };
  const result = Object.fromEntries(Object.entries(turns).map(([name, of]) => [name, summary(of)]));
  const ratio = (ours: string, theirs: string) =>
    Number((result[ours].queriesPerSecond / result[theirs].queriesPerSecond).toFixed(2));
  return {
    ...{
      bench: "faiss",
      cells: Number(cells),
      lists: Number(lists),
      probes,
      width,
      threads: Number(threads),
      by: "processor seconds",
    },
    ...result,
    ratio: ratio("ivf", "faissIvf"),
    ratioFlat: ratio("flat", "faissFlat"),
  };
}
