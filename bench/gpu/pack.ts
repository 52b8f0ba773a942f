import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { copyFile, cp, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { follow } from "../measure.js";
import { BRIDGE, CORE, cudaProvider, NODE_LIBRARIES, PROVIDER, PYTHON, pythonPackages } from "./provider.js";

/** Of a piece. */
const MOST_BYTES = 60_000_000;
/** Staged file by file: its libraries are stripped, and joined by the provider. */
const ONNXRUNTIME = "node_modules/onnxruntime-node";
/** What our side loads beside it. */
const PACKAGES = ["koffi", "onnxruntime-common", "protobufjs"];
/** What no run of a package needs: sources, types, texts, other systems' builds. */
const USELESS = /\.(map|md|d\.ts|ts|mjs\.map)$|\/(doc|vendor|cli|tests|esm|musl_\w+)$/;

/** Makes the pieces of the benchmark and a `run.sh` in `folder`, for a Linux x64 machine with a GPU and without network. */
export async function pack(folder: string, sm: number, lengths: number[][]): Promise<object> {
  const provider = await cudaProvider();
  const zstandard = await pythonPackages("zstandard", ["zstandard"]);
  const stage = mkdtempSync(join(tmpdir(), "cellkernel-pack-"));
  try {
    const libraries = await stageProgram(stage, lengths);
    console.error(`Choosing the machine code of compute capability ${sm / 10} …`);
    const prune = ["bench/gpu/prune.py", join(provider, PROVIDER), join(libraries, PROVIDER), String(sm)];
    await follow(PYTHON, prune, { env: { PYTHONPATH: zstandard }, onLine: (line) => console.error(line) });
    await copyFile(join(provider, BRIDGE), join(libraries, BRIDGE));
    console.error("Packing …");
    return { packed: resolve(folder), pieces: await pieces(stage, folder) };
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** Node, our program and the packages that it loads; the folder where the libraries of onnxruntime go. */
async function stageProgram(stage: string, lengths: number[][]): Promise<string> {
  const into = (path: string) => join(stage, path);
  const copy = (from: string, to: string) =>
    cp(from, into(to), { recursive: true, dereference: true, filter: (path) => !USELESS.test(path) });
  await strip(process.execPath, into("node"));
  for (const path of ["package.json", "dist/src", "dist/bench", "kernels/kernels.json", "kernels/ptx"])
    await copy(path, path);
  await copy("bench/gpu/torchPeer.py", "bench/gpu/torchPeer.py");
  writeFileSync(into("lengths.json"), JSON.stringify(lengths));
  for (const name of withDependencies(PACKAGES))
    await copy(join("node_modules", name), join("node_modules", name));
  for (const name of ["package.json", "dist"]) await copy(join(ONNXRUNTIME, name), join(ONNXRUNTIME, name));
  const libraries = into(NODE_LIBRARIES);
  await mkdir(libraries, { recursive: true });
  for (const name of ["onnxruntime_binding.node", CORE])
    await strip(join(NODE_LIBRARIES, name), join(libraries, name));
  return libraries;
}

/** A copy without symbols that only a debugger reads. */
function strip(from: string, to: string): Promise<void> {
  return follow("strip", ["--strip-all", "-o", to, from]);
}

/** Packages and all that they need and that is installed, optional builds for this system among it. */
function withDependencies(names: string[]): Set<string> {
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name) || !existsSync(join("node_modules", name))) return;
    found.add(name);
    const described = JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8"));
    for (const other of Object.keys({ ...described.dependencies, ...described.optionalDependencies }))
      add(other);
  };
  names.forEach(add);
  return found;
}

/** One archive in pieces, and what runs it; a run of before is overwritten. */
async function pieces(stage: string, folder: string): Promise<Record<string, number>> {
  await mkdir(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.startsWith("piece.")) rmSync(join(folder, name));
  const script = 'set -o pipefail; tar -C "$1" -c . | xz -T2 -6 | split -d -b "$2" - "$3/piece."';
  await follow("bash", ["-c", script, "pack", stage, String(MOST_BYTES), folder]);
  await copyFile("bench/gpu/run.sh", join(folder, "run.sh"));
  const names = readdirSync(folder).filter((name) => name.startsWith("piece."));
  return Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).size]));
}
