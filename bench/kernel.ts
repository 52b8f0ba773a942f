import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

/** What `kernel.py` measures of one kernel; times in seconds, memory in MB. */
interface Measured {
  ready: number;
  start: number;
  round: number;
  complete: number;
  memory: number;
  features: Record<string, boolean>;
}

const PAGE = "docs/kernel.md";
const BEGIN = "<!-- measured: npm run bench -- kernel --write -->";
const END = "<!-- end of what was measured -->";

/**
 * Our kernel beside tslab and ipykernel: start-up, round trip, completion, idle memory, and each
 * feature tried. Needs a Python environment with ipykernel, as `npm run setup` makes it.
 *
 * @param args `--write` puts the table into docs/kernel.md
 */
export async function bench(args: string[]): Promise<object> {
  const python = pythonWith("ipykernel");
  // The first start of a build makes the snapshot; it is not what a user meets every day.
  execFileSync(process.execPath, ["dist/kernel/install.js", "install", "--prefix", "dist/bench"]);
  const node = process.execPath;
  const tslab = join(process.cwd(), "node_modules/tslab/bin/tslab");
  const kernels: Record<string, string[]> = {
    Cellkernel: [
      "typescript",
      "message",
      node,
      join(process.cwd(), "dist/kernel/main.js"),
      "{connection_file}",
    ],
    "tslab 1.0.22": ["typescript", "signal", node, tslab, "kernel", "--config-path={connection_file}"],
    ipykernel: ["python", "signal", python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
  };
  const measured: Record<string, Measured> = {};
  for (const [name, args] of Object.entries(kernels)) {
    const out = execFileSync(python, ["bench/kernel.py", ...args], { encoding: "utf8", maxBuffer: 1e8 });
    measured[name] = JSON.parse(out.trim().split("\n").at(-1)!);
    console.error(`${name} measured`);
  }
  const text = `${conditions(python)}\n\n${table(measured)}`;
  console.error(text);
  if (args.includes("--write")) writeTable(text);
  return measured;
}

function pythonWith(module: string): string {
  const places = [".venv", ".venv-test"].map((folder) => join(process.cwd(), folder, "bin", "python"));
  for (const python of [...places, "python3"]) {
    if (python.startsWith("/") && !existsSync(python)) continue;
    if (spawnSync(python, ["-c", `import ${module}, jupyter_client`]).status === 0) return python;
  }
  throw new Error(`No Python with ${module}: run "npm run setup", which makes .venv.`);
}

function conditions(python: string): string {
  const code = "import ipykernel, sys; print(ipykernel.__version__, sys.version.split()[0])";
  const [ipykernel, version] = execFileSync(python, ["-c", code], { encoding: "utf8" }).trim().split(" ");
  const processor = `${cpus().length} cores, ${cpus()[0].model}`;
  return `Node ${process.versions.node}, ipykernel ${ipykernel} on Python ${version}; ${processor}.`;
}

function table(measured: Record<string, Measured>): string {
  const names = Object.keys(measured);
  const row = (title: string, cell: (each: Measured) => string) =>
    `| ${title} | ${names.map((name) => cell(measured[name])).join(" | ")} |`;
  const features = Object.keys(measured[names[0]].features);
  const shown = (yes: boolean | undefined) => (yes === undefined ? "–" : yes ? "yes" : "no");
  return [
    `| | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---:").join("|")}|`,
    row("start to `kernel_info_reply`, median of 5", ({ ready }) => `${ready.toFixed(2)} s`),
    row("start to the first result, median of 5", ({ start }) => `${start.toFixed(2)} s`),
    row("round trip of `1+1`, median of 50", ({ round }) => `${(round * 1000).toFixed(1)} ms`),
    row("completion, median of 50", ({ complete }) => `${(complete * 1000).toFixed(1)} ms`),
    row("idle memory", ({ memory }) => `${memory.toFixed(0)} MB`),
    ...features.map((feature) => row(feature, ({ features }) => shown(features[feature]))),
  ].join("\n");
}

function writeTable(text: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${PAGE} has no place for the table: "${BEGIN}" … "${END}"`);
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`);
}
