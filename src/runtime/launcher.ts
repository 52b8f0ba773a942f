import { fstatSync } from "node:fs";
import { CellkernelError } from "../support/error.js";

/** How a program was started that several processes run at once. */
export interface Launch {
  /** Which of them this is, from 0. */
  rank: number;
  size: number;
  /** Who started them. */
  by: string;
  /** Whether they can find each other by MPI. */
  mpi: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the starters of MPI programs say of a process: its number, and how many there are. */
const STARTERS: { rank: string; size: string; by: string }[] = [
  // Hydra (MPICH, Intel MPI), and Slurm's srun --mpi=pmi2.
  { rank: "PMI_RANK", size: "PMI_SIZE", by: "mpiexec or srun" },
  { rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE", by: "Open MPI's mpirun" },
  { rank: "PMIX_RANK", size: "SLURM_STEP_NUM_TASKS", by: "srun --mpi=pmix" },
];

/**
 * Whether this is one of several processes that mpiexec or srun started together. Variables of a Slurm job say nothing of that:
 * a batch script of four tasks, or a job array, runs each of its commands once (https://slurm.schedmd.com/sbatch.html); only a
 * step that srun started runs it once a task.
 */
export function launchOf(env: Environment): Launch | undefined {
  for (const { rank, size, by } of STARTERS)
    if (env[rank] !== undefined && env[size] !== undefined)
      return several({ rank: Number(env[rank]), size: Number(env[size]), by, mpi: true });
  if (env.SLURM_STEP_ID === undefined || env.SLURM_PROCID === undefined) return undefined;
  return several({
    rank: Number(env.SLURM_PROCID),
    size: Number(env.SLURM_STEP_NUM_TASKS),
    by: "srun",
    mpi: false,
  });
}

/**
 * That the connection by which a process finds the others has come through to it: a program in between may have closed it, as npx
 * and Python's subprocess do.
 * @throws where it has not
 */
export function checkConnection(env: Environment): void {
  const descriptor = env.PMI_FD;
  if (descriptor === undefined || isSocket(Number(descriptor))) return;
  throw new CellkernelError(
    "ranks",
    "mpiexec or srun started a program that started this one and did not hand on the connection to the others (PMI_FD), as npx and " +
      "scripts do not: start the command itself, say mpiexec -n 4 node_modules/.bin/cellkernel …; to train alone: mpi off (--mpi off)",
  );
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

function several(launch: Launch): Launch | undefined {
  return launch.size > 1 ? launch : undefined;
}
