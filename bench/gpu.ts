import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cudaCard } from "../src/runtime/cudaDriver.js";
import { findCuda } from "../src/runtime/cudaLibraries.js";
import { follow, round } from "./measure.js";

const OURS = fileURLToPath(new URL("./gpu/ours.js", import.meta.url));
const PEER = "bench/gpu/torchPeer.py";
/** The stream: batches of cells as long as real ones. */
const [BATCHES, BATCH, MAX_SEQ_LEN] = [16, 32, 1501];
const CASES = ["stream", "8x600", "32x1501", "32x600", "8x1501"];
/** Parity is asked of so many layers: the CPU's part of it takes seconds. */
const PARITY_LAYERS = "4";
/** Seconds that one run of ours may take, and PyTorch's; the latter starts its last case within it. */
const [RUN_SECONDS, PEER_SECONDS, PEER_LAST_CASE] = [60, 70, 20];
/** Steps of each case on WebGPU, which is slower. */
const WEBGPU_STEPS = "4";
/** Less is not worth a start. */
const LEAST_SECONDS = 5;
const TARGET = {
  stream: { speedOverPublished: ">= 1.5", speedOverBest: ">= 0.7", memoryOverPublished: "<= 0.6" },
};

type Figure = Record<string, unknown> & { who?: string; case?: string };

/**
 * Training steps of the full-size model on a GPU: agreement with the CPU engine, then time and memory, beside PyTorch on
 * the same card. One line of JSON a figure as it goes, so that a run that is cut off still tells; the last is the report.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      /** Makes what a machine without network needs, in this folder, instead of measuring. */
      pack: { type: "string" },
      /** The GPU generation to pack for: its compute capability, 90 for 9.0 (H100, H200). */
      sm: { type: "string", default: "90" },
      /** A file with the lengths of the stream's cells: those of real ones when absent. */
      lengths: { type: "string" },
      /** All of it takes at most so long. */
      seconds: { type: "string", default: "230" },
    },
  });
  if (values.pack !== undefined) {
    const { pack } = await import("./gpu/pack.js");
    return { bench: "gpu", ...(await pack(values.pack, Number(values.sm), await streamLengths())) };
  }
  const why = noCuda();
  if (why) {
    console.error(why);
    return { bench: "gpu", skipped: why };
  }
  const folder = mkdtempSync(join(tmpdir(), "cellkernel-gpu-"));
  try {
    const lengths = values.lengths ?? join(folder, "lengths.json");
    if (!values.lengths) writeFileSync(lengths, JSON.stringify(await streamLengths()));
    return await new Run(lengths, Number(values.seconds)).all();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Why nothing can be measured here, in one line. */
export function noCuda(): string | undefined {
  try {
    findCuda();
    return undefined;
  } catch (error) {
    return (error as Error).message.replaceAll("\n", " ");
  }
}

async function streamLengths(): Promise<number[][]> {
  const { realCells } = await import("./realCells.js");
  const { lengths } = await realCells(BATCHES * BATCH, MAX_SEQ_LEN);
  return Array.from({ length: BATCHES }, (_, i) => lengths.slice(i * BATCH, (i + 1) * BATCH));
}

class Run {
  private readonly end: number;
  private readonly figures: Figure[] = [];

  constructor(
    private readonly lengths: string,
    seconds: number,
  ) {
    this.end = performance.now() + seconds * 1000;
  }

  /** The most telling first: the time may not be enough for all. */
  async all(): Promise<object> {
    await this.ours("parity", "cuda", "float32");
    await this.ours("parity", "cuda", "half");
    const [stream, ...fixed] = CASES;
    await this.ours(stream, "cuda", "half");
    await this.peer();
    await this.ours("crowded", "cuda", "half");
    for (const name of [...fixed, "infer"]) await this.ours(name, "cuda", "half");
    for (const name of CASES) await this.ours(name, "cuda", "float32");
    for (const precision of ["half", "float32"])
      for (const name of ["8x600", "32x600", "8x1501", "32x1501", "stream"])
        if (!(await this.ours(name, "webgpu", precision))) break;
    return this.report();
  }

  private emit(figure: Figure): void {
    this.figures.push(figure);
    console.log(JSON.stringify(figure));
  }

  private get left(): number {
    return (this.end - performance.now()) / 1000;
  }

  /** Whether it went well. */
  private async run(
    label: Figure,
    program: string,
    args: string[],
    most: number,
    env = {},
  ): Promise<boolean> {
    const seconds = Math.min(most, this.left);
    if (seconds < LEAST_SECONDS) {
      this.emit({ ...label, skipped: "the time is over" });
      return false;
    }
    try {
      const onLine = (line: string) =>
        line.startsWith("{") ? this.emit(JSON.parse(line)) : console.error(line);
      await follow(program, args, { seconds, env, onLine });
      return true;
    } catch (error) {
      this.emit({ ...label, error: reason(error) });
      return false;
    }
  }

  private ours(name: string, device: string, precision: string): Promise<boolean> {
    const env = {
      CELLKERNEL_LENGTHS: this.lengths,
      ...(device === "webgpu" ? { STEPS: WEBGPU_STEPS } : {}),
    };
    const args = [OURS, name, device, precision, ...(name === "parity" ? [PARITY_LAYERS] : [])];
    const label = { who: `cellkernel ${device} ${precision}`, case: name };
    return this.run(label, process.execPath, args, RUN_SECONDS, env);
  }

  private async peer(): Promise<void> {
    const python = process.env.PYTHON ?? "python3";
    try {
      const check = "import torch; assert torch.cuda.is_available(), 'it sees no GPU'";
      await follow(python, ["-c", check], { seconds: this.left });
    } catch (error) {
      this.emit({ who: "pytorch", skipped: `${python} has no PyTorch for this GPU: ${reason(error)}` });
      return;
    }
    const budget = Math.max(1, Math.min(PEER_SECONDS, this.left) - PEER_LAST_CASE);
    const args = [PEER, "--lengths", this.lengths, "--budget", String(budget)];
    await this.run({ who: "pytorch" }, python, args, PEER_SECONDS);
  }

  private find(who: string, name: string): Figure | undefined {
    return this.figures.find((f) => f.who === who && f.case === name && f.cells_per_s !== undefined);
  }

  private report(): object {
    const parity = Object.fromEntries(
      this.figures
        .filter((f) => f.lossesOff !== undefined)
        .map((f) => [f.who, { lossesOff: f.lossesOff, limit: f.limit, within: f.within }]),
    );
    if (this.figures.some((f) => f.within === false)) process.exitCode = 1;
    const ratios = Object.fromEntries(CASES.map((name) => [name, this.ratios(name)]));
    return { bench: "gpu", card: cudaCard()?.name, parity, ratios, target: TARGET };
  }

  /** Our speed over PyTorch's, and our memory over that of its published step, both in half precision. */
  private ratios(name: string): object {
    const ours = this.find("cellkernel cuda half", name);
    const [published, best] = [
      this.find("pytorch published fp16", name),
      this.find("pytorch best bf16", name),
    ];
    const over = (theirs: Figure | undefined, what: string) =>
      ours?.[what] && theirs?.[what] ? round((ours[what] as number) / (theirs[what] as number)) : undefined;
    return {
      speedOverPublished: over(published, "cells_per_s"),
      speedOverBest: over(best, "cells_per_s"),
      memoryOverPublished: over(published, "memory_gb"),
      memoryOverBest: over(best, "memory_gb"),
    };
  }
}

/** What an error says, without the trace of where. */
function reason(error: unknown): string {
  const said = (error as Error).message;
  return (/^\w*Error: (.*)$/m.exec(said)?.[1] ?? said.trim().split("\n").at(-1)!).slice(0, 300);
}
