import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { checkConnection, launchOf } from "../../src/runtime/launcher.js";
import { openMpi } from "../../src/runtime/mpiLibrary.js";
import { temporaryFolder } from "../support/folder.js";

test("a process knows that it is one of several by what its starter says, not by its job's size", () => {
  // As MPICH's mpiexec -n 2, Slurm's srun --mpi=pmi2 -n 4 and Open MPI's mpirun -n 3 set them.
  const hydra = { PMI_RANK: "1", PMI_SIZE: "2", PMI_FD: "9" };
  assert.deepEqual(launchOf(hydra), { rank: 1, size: 2, by: "mpiexec or srun", mpi: true });
  const step = { SLURM_STEP_ID: "0", SLURM_STEP_NUM_TASKS: "4", SLURM_PROCID: "3", SLURM_NTASKS: "4" };
  assert.deepEqual(launchOf({ ...step, PMI_RANK: "3", PMI_SIZE: "4" })?.rank, 3);
  assert.deepEqual(launchOf({ ...step, PMIX_RANK: "3" }), {
    ...{ rank: 3, size: 4, by: "srun --mpi=pmix", mpi: true },
  });
  const open = { OMPI_COMM_WORLD_RANK: "2", OMPI_COMM_WORLD_SIZE: "3", PMIX_RANK: "2" };
  assert.deepEqual(launchOf(open)?.by, "Open MPI's mpirun");
  assert.deepEqual(launchOf(step), { rank: 3, size: 4, by: "srun", mpi: false });

  // A batch script of four tasks, one of a job array, a shell of a step of one task, one process of mpiexec, no job at all.
  const batch = { SLURM_JOB_ID: "7", SLURM_NTASKS: "4", SLURM_PROCID: "0", SLURM_LOCALID: "0" };
  for (const alone of [
    batch,
    { ...batch, SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "8" },
    { ...batch, SLURM_STEP_ID: "0", SLURM_STEP_NUM_TASKS: "1" },
    { PMI_RANK: "0", PMI_SIZE: "1" },
    {},
  ])
    assert.equal(launchOf(alone), undefined, JSON.stringify(alone));
});

test("a connection that a program in between has closed is told from one that has come through", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  checkConnection({ PMI_FD: String(fd) });
  checkConnection({});
  const file = openSync(process.execPath, "r");
  t.after(() => closeSync(file));
  // Closed; and what the program in between had for it is another thing here.
  for (const other of ["4000", String(file)])
    assert.throws(() => checkConnection({ PMI_FD: other }), /did not hand on the connection .*--mpi off/);
});

test("without an MPI of the standard ABI: what was looked for, what is there instead, what to install", {
  skip: process.platform !== "linux" && "MPI is used on Linux only",
}, (t) => {
  const root = temporaryFolder(t);
  for (const folder of ["bin", "lib"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "bin/mpiexec"), "");
  writeFileSync(join(root, "lib/libmpi.so.40"), "");
  const env = { PATH: join(root, "bin"), VIRTUAL_ENV: join(root, "venv") };
  assert.throws(
    () => openMpi(env),
    ({ code, message }) =>
      code === "ranks" &&
      message.includes("libmpi_abi.so.1 was not found") &&
      message.includes(`${root}/lib, ${root}/venv/lib`) &&
      message.includes(`${root}/lib/libmpi.so.40 (Open MPI) won't do`) &&
      message.includes("pip install mpich"),
  );
  // A text that a linker reads; and a library that is no MPI's.
  const stub = join(root, "lib/libmpi_abi.so");
  writeFileSync(stub, "INPUT(libmpi_abi.so.1)");
  assert.throws(
    () => openMpi({ CELLKERNEL_MPI: stub }),
    /libmpi_abi\.so can't be loaded .*expected libmpi_abi\.so\.1/,
  );
  assert.throws(() => openMpi({ CELLKERNEL_MPI: "libc.so.6" }), /libc\.so\.6 has no standard ABI/);
});
