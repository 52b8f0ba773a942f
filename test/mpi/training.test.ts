import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readSafetensorsWeights } from "../../src/checkpoint/safetensors.js";
import { savePrepared } from "../../src/store/preparedFolder.js";
import { farthest } from "../support/farthest.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { descendants, processes, until } from "../support/processes.js";

// Several processes by the MPICH of requirements/mpi.txt.

const mpiexec = ".venv-mpi/bin/mpiexec";
const skip = process.platform !== "linux" && "MPI is used on Linux only";
const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const child = fileURLToPath(new URL("../support/rankChild.js", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "mpi-"));
const prepared = join(scratch, "prepared");
const at = (name: string) => join(scratch, name);
const OPTIONS = ["--threads", "1", "--batch-size", "12", "--lr", "1e-3", "--device", "cpu"];

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Starts programs together, each with its arguments for Node. */
function start(...ranks: string[][]) {
  const args = ranks.flatMap((one, i) => [...(i > 0 ? [":"] : []), "-n", "1", process.execPath, ...one]);
  const started = spawn(mpiexec, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended: Ended = { code: null, out: "", err: "" };
  started.stdout.on("data", (text) => {
    ended.out += text;
  });
  started.stderr.on("data", (text) => {
    ended.err += text;
  });
  const end = new Promise<Ended>((give) => started.on("close", (code) => give({ ...ended, code })));
  return { pid: started.pid!, end, ended };
}

/** Waits until a training has taken some steps; one that doesn't is ended, and what it said is told. */
async function steps({ pid, ended }: ReturnType<typeof start>, out: string, count: number): Promise<void> {
  try {
    await until("some steps", () => stepsOf(out) >= count, 60);
  } catch (error) {
    const left = ranksOf(pid).map(({ pid, command }) => `${pid} ${command}`);
    process.kill(pid, "SIGKILL");
    for (const rank of left) process.kill(Number.parseInt(rank, 10), "SIGKILL");
    throw new Error(`${JSON.stringify({ ...ended, left })}`, { cause: error });
  }
}

const finetune = (out: string, ...more: string[]) => [
  ...[main, "finetune", prepared, "--out", at(out), ...OPTIONS, ...more],
];

/** The processes that train, by rank. */
const ranksOf = (pid: number) => descendants(pid).filter(({ command }) => command.includes("main.js"));

/** Steps that a training's log tells of. */
function stepsOf(out: string): number {
  const log = join(at(out), "training/log.jsonl");
  return existsSync(log) ? readFileSync(log, "utf8").split('"kind":"step"').length - 1 : 0;
}

const weightsOf = (out: string) => readFileSync(join(at(out), "best_model.pt"));

before(async () => {
  if (!skip) savePrepared(preparedCells(await tinyModel(), 62), prepared);
});

test("two ranks of 52 steps with dropout hold the same bits, within 1e-6 of one process", {
  skip,
}, async () => {
  const options = { epochs: 13, batchSize: 12, lr: 1e-4, threads: 1, device: "cpu", saveEvalInterval: 13 };
  const args = [child, prepared, JSON.stringify(options)];
  const { code, err } = await start([...args, at("weights")], [...args, at("weights")]).end;
  assert.equal(code, 0, err);
  const alone = spawn(process.execPath, [...args, at("weights")], { stdio: "inherit" });
  assert.equal(await new Promise((give) => alone.on("close", give)), 0);
  const [first, second] = ["0", "1"].map((rank) => readFileSync(at(`weights.${rank}`)));
  assert.ok(first.equals(second));
  const far = farthest(readSafetensorsWeights(at("weights.0")), readSafetensorsWeights(at("weights.alone")));
  assert.ok(far > 0 && far < 1e-6, `${far}`);
});

test("a rank that is killed ends the job within 10 s; resumed, it ends with the bits of an undisturbed one", {
  skip,
}, async () => {
  const epochs = ["--epochs", "8"];
  const undisturbed = await start(finetune("whole", ...epochs), finetune("whole", ...epochs)).end;
  assert.equal(undisturbed.code, 0, undisturbed.err);
  // The first one tells of it all, and alone.
  assert.equal(undisturbed.out.split("epoch 8").length, 2);
  assert.match(undisturbed.out, /^- 2 processes trained it together/);
  assert.equal(undisturbed.err, "");

  const job = start(finetune("killed", "--epochs", "10000"), finetune("killed", "--epochs", "10000"));
  const { pid, end } = job;
  await steps(job, "killed", 10);
  const killed = Date.now();
  process.kill(ranksOf(pid)[1].pid, "SIGKILL");
  assert.notEqual((await end).code, 0);
  assert.ok(Date.now() - killed < 10_000, `${Date.now() - killed} ms`);
  assert.deepEqual(
    processes().filter(({ command }) => command.includes(at("killed"))),
    [],
  );
  assert.ok(!existsSync(join(at("killed"), "best_model.pt")));

  const resume = [main, "resume", at("killed"), "--threads", "1", ...epochs];
  const resumed = await start(resume, resume).end;
  assert.equal(resumed.code, 0, resumed.err);
  assert.ok(weightsOf("killed").equals(weightsOf("whole")));
});

test("Ctrl-C on one rank ends all, and keeps what a process alone would keep", { skip }, async () => {
  const job = start(finetune("stopped", "--epochs", "10000"), finetune("stopped", "--epochs", "10000"));
  const { pid, end } = job;
  await steps(job, "stopped", 6);
  process.kill(ranksOf(pid)[1].pid, "SIGINT");
  const { code, err } = await end;
  assert.notEqual(code, 0);
  assert.match(
    err,
    /^cellkernel finetune: the training was stopped on another of its processes after step (\d+); to go on: cellkernel resume/,
  );
  // By another number of processes, one.
  const alone = spawn(process.execPath, [main, "resume", at("stopped"), "--epochs", "3", "--threads", "1"], {
    stdio: "ignore",
  });
  assert.equal(await new Promise((give) => alone.on("close", give)), 0);
  const { notes } = JSON.parse(readFileSync(join(at("stopped"), "run.json"), "utf8"));
  const after = Number(/after step (\d+)/.exec(err)![1]);
  assert.ok(notes.includes(`the training went on after step ${after}`), notes.join("\n"));
});

test("ranks with other options, and folds, are refused before anything is written", { skip }, async () => {
  await start(finetune("kept", "--epochs", "1"), finetune("kept", "--epochs", "1")).end;
  const was = weightsOf("kept");
  const again = finetune("kept", "--epochs", "1", "--overwrite");
  const other = await start(again, [...again, "--dropout", "0.3"]).end;
  assert.notEqual(other.code, 0);
  assert.match(
    other.err,
    /^cellkernel finetune: the processes that train together do not agree \(dropout: 0\.3 on rank 1, 0\.1 on rank 0;/,
  );
  const missing = await start(again, [main, "finetune", at("nowhere"), "--out", at("kept"), "--overwrite"])
    .end;
  assert.match(missing.err, /finetune: rank 1: .*nowhere holds no preparation/);
  const folds = await start([...again, "--folds", "2"], [...again, "--folds", "2"]).end;
  assert.match(folds.err, /^cellkernel finetune: folds and seeds are trained in a row by one process/);
  assert.ok(weightsOf("kept").equals(was));
  assert.ok(readdirSync(scratch).every((name) => !name.startsWith(".")));
});

test("an MPI that finds fewer than were started is another one than that of the starter", {
  skip,
}, async () => {
  // As Open MPI's mpirun starts a program.
  const env = {
    ...process.env,
    OMPI_COMM_WORLD_RANK: "0",
    OMPI_COMM_WORLD_SIZE: "2",
    CELLKERNEL_MPI: ".venv-mpi/lib/libmpi_abi.so.1",
  };
  const alone = spawn(process.execPath, finetune("alone"), { env, stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  alone.stderr.on("data", (text) => {
    err += text;
  });
  assert.equal(await new Promise((give) => alone.on("close", give)), 1);
  assert.match(err, /Open MPI's mpirun started 2 processes, of which the MPI .*libmpi_abi\.so\.1 finds one/);
});
