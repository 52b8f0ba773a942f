import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { medianOf, round } from "./measure.js";
import { PEER, startLab } from "./views/lab.js";
import { type Cost, measureView } from "./views/measure.js";
import { TOOLS, type Tool, writeNotebook, writePoints } from "./views/points.js";

/** Side of our canvas in a window of 1,440 × 900 pixels. */
const SIDE = 540;
const PAGE = "docs/bench.md";
const BEGIN = "<!-- measured: npm run bench -- views --write -->";
const END = "<!-- end of what was measured of the views -->";

/**
 * Embeddings beside jupyter-scatter's, in one JupyterLab and one Chromium, on the same points, in alternation: medians.
 * Needs `node scripts/setup.mjs views`.
 *
 * @param args `--sizes 10000,100000,1000000`, `--rounds 3`; `--write` puts the table into docs/bench.md
 */
export async function bench(args: string[]): Promise<object> {
  const option = (name: string, otherwise: string) =>
    args.includes(name) ? args[args.indexOf(name) + 1] : otherwise;
  if (!existsSync(PEER))
    throw new Error(`No ${PEER} with jupyter-scatter: run "node scripts/setup.mjs views".`);
  const sizes = option("--sizes", "10000,100000,1000000").split(",").map(Number);
  const rounds = Number(option("--rounds", "3"));
  // Plain JavaScript, which set-up and tests share.
  const { findChromium } = await import(pathToFileURL("scripts/setup/chromium.mjs").href);
  process.env.CHROMIUM = await findChromium();
  const folder = mkdtempSync(join(tmpdir(), "cellkernel-views-"));
  const lab = await startLab(folder);
  const found: { tool: Tool; cells: number; cost: Cost }[] = [];
  try {
    // What is met for the first time, JupyterLab's own files too, is nobody's time.
    const few = writePoints(join(folder, "few.bin"), 1000, SIDE);
    for (const tool of TOOLS) {
      const notebook = writeNotebook(folder, tool, "few.bin", few);
      await measureView(lab.url(notebook), join(folder, notebook), tool === "webgl");
    }
    for (const cells of sizes) {
      const points = `points-${cells}.bin`;
      const scene = writePoints(join(folder, points), cells, SIDE);
      for (let n = 0; n < rounds; n++) {
        for (const tool of n % 2 === 0 ? TOOLS : [...TOOLS].reverse()) {
          const notebook = writeNotebook(folder, tool, points, scene);
          const cost = await measureView(lab.url(notebook), join(folder, notebook), tool === "webgl");
          console.error(JSON.stringify({ tool, cells, ...rounded(cost) }));
          found.push({ tool, cells, cost });
        }
      }
    }
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const medians = sizes.map((cells) => ({
    cells,
    tools: Object.fromEntries(
      TOOLS.map((tool) => [
        tool,
        middle(found.filter((each) => each.tool === tool && each.cells === cells).map(({ cost }) => cost)),
      ]),
    ) as Record<Tool, Cost>,
  }));
  const text = medians.map(({ cells, tools }) => table(cells, tools)).join("\n\n");
  console.error(text);
  if (args.includes("--write")) writeTable(text);
  return medians;
}

const rounded = (cost: Cost) =>
  Object.fromEntries(
    Object.entries(cost).map(([name, value]) => [name, value === undefined ? null : round(value)]),
  );

function middle(costs: Cost[]): Cost {
  const names = Object.keys(costs[0]) as (keyof Cost)[];
  const median = (name: keyof Cost) => {
    const values = costs.map((cost) => cost[name]).filter((value) => value !== undefined);
    return values.length > 0 ? medianOf(values) : undefined;
  };
  return Object.fromEntries(names.map((name) => [name, median(name)])) as unknown as Cost;
}

/** What is shown of a cost: its heading, and the unit it is told in. */
const ROWS: [keyof Cost, string, number][] = [
  ["firstPaint", "first paint, s", 1000],
  ["kernel", "… of it in the kernel, s", 1000],
  ["page", "… in the page, s", 1000],
  ["pan", "frame while panning, ms", 1],
  ["zoom", "while zooming, ms", 1],
  ["hover", "while pointing, ms", 1],
  ["legend", "click on a class, ms", 1],
  ["scriptFirst", "scripts until it rests, ms", 1],
  ["scriptPan", "scripts in a second of panning, ms", 1],
  ["uploaded", "handed to the graphics, MB", 1e6],
  ["notebook", "notebook, MB", 1e6],
  ["memory", "memory of the browser, MB", 1e6],
  ["renderer", "of which the page's process, MB", 1e6],
];

function table(cells: number, tools: Record<Tool, Cost>): string {
  const shown = (value: number | undefined, unit: number) =>
    value === undefined ? "–" : String(round(value / unit));
  const lines = ROWS.map(([name, title, unit]) => {
    const [ours, theirs] = [tools.cellkernel[name], tools["jupyter-scatter"][name]];
    const ratio = ours === undefined || theirs === undefined ? "–" : (ours / theirs).toFixed(2);
    return `| ${title} | ${TOOLS.map((tool) => shown(tools[tool][name], unit)).join(" | ")} | ${ratio} |`;
  });
  return [
    `| ${cells.toLocaleString("en")} points | ours | ours by WebGL | jupyter-scatter | ours / theirs |`,
    "|---|---:|---:|---:|---:|",
    ...lines,
  ].join("\n");
}

function writeTable(text: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < 0)
    throw new Error(`${PAGE} has no place for the table: between "${BEGIN}" and "${END}".`);
  writeFileSync(PAGE, `${page.slice(0, start + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`);
}
