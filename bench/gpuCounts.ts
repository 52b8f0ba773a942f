import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  BRIDGE,
  CACHE,
  CORE,
  cudaProvider,
  NODE_LIBRARIES,
  PROVIDER,
  PYTHON,
  pythonPackages,
} from "./gpu/provider.js";
import { follow, round } from "./measure.js";

const OURS = fileURLToPath(new URL("./gpu/ours.js", import.meta.url));
const BUILD = "bench/gpu/standIn/build.py";
/** The headers of the CUDA that the provider is for. */
const HEADERS = ["nvidia-cuda-runtime==13.0.*", "nvidia-cuda-crt==13.0.*"];
const LIMITS = { launchesAStep: 2300, busBytesAStepBeyondTheBatch: 1e6, peakGB: 40 };
/** Cells x tokens of the counted steps, and of the one whose memory is asked. */
const [COUNTED, LARGE] = ["8x600", "32x1501"];
/** What a step does is what a run of more of them did more than another. */
const [FEW, MANY] = [3, 13];

type Counts = Record<string, number>;
interface Step {
  launches: { onnxruntime: number; ours: number; cublas: number; total: number };
  bus: { toDevice: number; toHost: number; batch: number };
  copiesWithin: number;
  peakGB: number;
}

/**
 * What a training step of the full-size model asks of a GPU, counted by a stand-in for the CUDA libraries: launches,
 * bytes over the bus, memory. A count, no test of numbers: the stand-in computes nothing. Fails above the limits.
 */
export async function bench(): Promise<object> {
  const folders = await standIn();
  const counted: Record<string, Step> = {};
  const exceeded: string[] = [];
  for (const precision of ["half", "float32"]) {
    const step = await countStep(precision, folders);
    console.error(`${precision}: ${JSON.stringify(step)}`);
    counted[precision] = step;
    exceeded.push(...faults(step).map((fault) => `${precision}: ${fault}`));
  }
  if (exceeded.length > 0) process.exitCode = 1;
  return {
    ...{ bench: "gpu-counts", model: "12 layers of 512", steps: COUNTED, peak: LARGE },
    ...counted,
    ...{ limits: LIMITS, exceeded },
  };
}

function faults({ launches, bus, peakGB }: Step): string[] {
  const beyond = bus.toDevice + bus.toHost - bus.batch;
  return [
    ...(launches.total > LIMITS.launchesAStep ? [`${launches.total} launches a step`] : []),
    ...(beyond > LIMITS.busBytesAStepBeyondTheBatch ? [`${beyond} bytes over the bus beside the batch`] : []),
    ...(peakGB > LIMITS.peakGB ? [`${peakGB} GB at ${LARGE}`] : []),
  ];
}

async function countStep(precision: string, folders: string[]): Promise<Step> {
  const few = await run(COUNTED, precision, FEW, folders);
  const many = await run(COUNTED, precision, MANY, folders);
  const large = await run(LARGE, precision, 2, folders);
  const aStep = (of: RegExp) =>
    Object.keys(many.counts)
      .filter((name) => of.test(name))
      .reduce((sum, name) => sum + (many.counts[name] - (few.counts[name] ?? 0)) / (MANY - FEW), 0);
  const launches = {
    onnxruntime: aStep(/^launches$/),
    ours: aStep(/^cuLaunchKernel$/),
    cublas: aStep(/^cublas.*(gemm|geam|copy|scal|Matmul)/i),
  };
  return {
    launches: { ...launches, total: Math.round(launches.onnxruntime + launches.ours + launches.cublas) },
    bus: { toDevice: aStep(/^bytesToDevice$/), toHost: aStep(/^bytesToHost$/), batch: many.batchBytes },
    copiesWithin: aStep(/^copiesWithin$/),
    peakGB: round(large.counts.peak / 1e9),
  };
}

/** One run of our side of the GPU benchmark on the stand-in. */
async function run(
  name: string,
  precision: string,
  steps: number,
  [libraries, cuda]: string[],
): Promise<{ counts: Counts; batchBytes: number }> {
  const folder = mkdtempSync(join(resolve(CACHE), "counts-"));
  try {
    const log = join(folder, "log");
    let report: { batchBytes: number; skippedSteps?: number } = { batchBytes: 0 };
    await follow(process.execPath, [OURS, name, "cuda", precision], {
      env: {
        ...{ LD_LIBRARY_PATH: cuda, CELLKERNEL_CUDA: [libraries, cuda].join(delimiter) },
        ...{ STANDIN_LOG: log, STEPS: String(steps) },
      },
      onLine: (line) => {
        report = JSON.parse(line);
      },
    });
    if (report.skippedSteps)
      throw new Error(`${report.skippedSteps} steps were left out: there is less to count`);
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const counts = Object.fromEntries(
      lines.map((line) => line.split(" ")).map(([key, n]) => [key, Number(n)]),
    );
    return { counts, batchBytes: report.batchBytes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The folders for `CELLKERNEL_CUDA`: onnxruntime with its CUDA provider, and the libraries that stand in for CUDA. */
async function standIn(): Promise<string[]> {
  const provider = resolve(await cudaProvider());
  const headers = await pythonPackages("cuda-headers", HEADERS);
  const [libraries, cuda] = ["stand-in-onnxruntime", "stand-in-cuda"].map((name) => resolve(CACHE, name));
  for (const folder of [libraries, cuda]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  for (const name of [PROVIDER, BRIDGE]) symlinkSync(join(provider, name), join(libraries, name));
  // A copy: the library itself is loaded already, and looks for its providers in its own folder.
  copyFileSync(join(NODE_LIBRARIES, CORE), join(libraries, CORE));
  await follow(PYTHON, [BUILD, join(provider, PROVIDER), join(headers, "nvidia", "cu13", "include"), cuda]);
  return [libraries, cuda];
}
