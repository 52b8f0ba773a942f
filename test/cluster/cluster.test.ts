import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  annotate,
  finetune,
  loadRun,
  openModel,
  planShards,
  preprocess,
  readH5ad,
  simulate,
} from "../../src/index.js";
import { status } from "../../src/protocol/status.js";
import { copyWorkflow } from "../../src/protocol/workflow.js";
import { signName } from "../../src/store/part.js";
import { readSign } from "../../src/store/signOfLife.js";
import { contentsOf } from "../support/contents.js";
import { until } from "../support/processes.js";
import { Slurm, slurmMissing } from "./slurm.js";
import "../support/withoutProjection.js";

const SHARDS = 8;
/** Seconds for all jobs of a test, on a busy machine. */
const PATIENCE = 240;
const COMMAND = `${process.execPath} ${resolve("dist/src/cli/main.js")}`;

const SNAKEMAKE = resolve(".venv-cluster/bin/snakemake");

const skip = slurmMissing();

describe("a cluster of two nodes", { skip }, () => {
  const scratch = mkdtempSync(join(tmpdir(), "cluster-"));
  const at = (...names: string[]) => join(scratch, ...names);
  let slurm: Slurm;

  before(async () => {
    // Slurm's munge is another user.
    chmodSync(scratch, 0o755);
    slurm = new Slurm(at("slurm"));
    await simulate(at("new.h5ad"), { cells: 1603, genes: 800, types: 5, batches: 2, seed: 1 });
    const model = await openModel("notebooks/models/small");
    const ready = await preprocess(await readH5ad(at("new.h5ad")), {
      cellType: "cell_type",
      nHvg: 400,
      model,
    });
    const run = await finetune(ready, { epochs: 1, freeze: "head", device: "cpu", threads: 1 });
    await run.save(at("run"));
    await annotate(await loadRun(at("run")), at("new.h5ad"), { out: at("whole.h5ad"), threads: 1 });
  });
  after(() => {
    slurm?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it("Snakemake on Slurm: a shard is killed, then Snakemake itself; what was done stays; all is as on one machine", async () => {
    const project = at("project");
    copyWorkflow(project);
    writeFileSync(
      join(project, "config.yaml"),
      JSON.stringify({
        ...{ cellkernel: COMMAND, out: "results", threads: 1 },
        annotate: { model: at("run"), files: [at("new.h5ad")], shards: SHARDS },
      }),
    );
    const parts = join(project, "results/annotate");
    const sign = () => readSign(join(parts, signName(3, "annotate")));
    const done = () => (existsSync(join(parts, "plan.json")) ? doneIn(parts) : []);

    const first = snakemake(slurm, project);
    await first.until("shard 3 to run", () => sign() !== undefined);
    const { pid } = sign()!;
    process.kill(pid, "SIGKILL");
    await first.until(
      "shard 3 to be done by another process",
      () => done().includes(3) || (sign() !== undefined && sign()!.pid !== pid),
    );
    await first.until("half of the shards to be done", () => done().length >= SHARDS / 2);
    first.process.kill("SIGKILL");
    await first.end;
    slurm.cancelAll();
    const before = new Map(done().map((shard) => [shard, finished(parts, shard)]));
    assert.ok(before.size >= SHARDS / 2 && before.size < SHARDS, `${before.size} shards are done`);

    const unlocking = snakemake(slurm, project, "--unlock");
    assert.equal(await unlocking.end, 0, unlocking.log());
    const second = snakemake(slurm, project);
    assert.equal(await second.end, 0, second.log());
    for (const [shard, when] of before)
      assert.equal(finished(parts, shard), when, `shard ${shard} was done again`);
    assert.deepEqual(
      await contents(join(project, "results/annotate.h5ad")),
      await contents(at("whole.h5ad")),
    );
    assert.equal(status(parts).states.done, SHARDS);
  });

  it("an array of sbatch: a node dies; the other does its shards; all is as on one machine", async () => {
    const parts = at("array");
    const plan = join(parts, "plan.json");
    mkdirSync(parts);
    await planShards(at("run"), at("new.h5ad"), { shards: SHARDS, out: plan });
    const common = ["--parsable", "--partition=main", `--chdir=${scratch}`, "--mem=1000"];
    const script = resolve("workflow/slurm/array.sbatch");
    const command = `${COMMAND} annotate --plan ${plan} --shard {} --threads 1 --out ${parts}`.split(" ");
    const job = slurm.ask("sbatch", ...common, `--array=0-${SHARDS - 1}`, script, ...command);
    await until("a shard to run on the second node", () => slurm.running("n2").length > 0, PATIENCE);
    const [victim] = slurm.running("n2");
    slurm.kill("n2");
    const merge = `${COMMAND} merge ${plan} ${parts} --out ${at("merged.h5ad")}`;
    const after = ["--wait", `--dependency=afterok:${job}`, "--output=merge.txt", `--wrap=${merge}`];
    slurm.ask("sbatch", ...common, ...after);
    assert.match(slurm.ask("scontrol", "show", "job", victim), /Restarts=1 /);
    assert.deepEqual(slurm.ask("sinfo", "--noheader", "--states=down", "--format=%N"), "n2");
    assert.deepEqual(await contents(at("merged.h5ad")), await contents(at("whole.h5ad")));
  });
});

/** Snakemake on Slurm, by the profile that comes with the workflow; what is said besides is of this cluster. */
function snakemake(slurm: Slurm, project: string, ...args: string[]) {
  const home = join(project, "home");
  const child: ChildProcess = spawn(
    SNAKEMAKE,
    [
      ...["annotate", "--workflow-profile", "workflow/profiles/slurm", "--slurm-no-account"],
      ...["--default-resources", "slurm_partition=main", "mem_mb=1000", "runtime=10"],
      ...["--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "10", ...args],
    ],
    {
      cwd: project,
      env: { ...slurm.environment(), HOME: home, XDG_CACHE_HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let log = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (text) => {
      log += text;
    });
  const end = new Promise<number | null>((ended) => child.on("close", ended));
  return {
    ...{ process: child, end, log: () => log },
    /** Until a condition holds; where Snakemake ends before, with what it said. */
    async until(what: string, condition: () => boolean): Promise<void> {
      const over = () => child.exitCode !== null;
      await until(what, () => condition() || over(), PATIENCE);
      assert.ok(condition(), `Snakemake ended before ${what}: ${log}`);
    },
  };
}

function doneIn(parts: string): number[] {
  return status(parts).pieces.flatMap(({ state }, shard) => (state === "done" ? [shard] : []));
}

function finished(parts: string, shard: number): number {
  return statSync(join(parts, `part.0000${shard}.annotate.safetensors`)).mtimeMs;
}

/** obs and obsm, to the bit. */
async function contents(path: string): Promise<Record<string, unknown>> {
  const cells = await readH5ad(path);
  const found = contentsOf(cells);
  cells.close();
  assert.ok("obs/predicted_label" in found && "obsm/X_scGPT" in found);
  return found;
}
