import { existsSync, readlinkSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { LibraryHandle } from "koffi";
import { CellkernelError } from "../support/error.js";
import { nativeLibrary } from "./nativeLibrary.js";

/**
 * The library of an MPI that has the standard ABI (MPI 5.0, chapter 20: https://www.mpi-forum.org/docs/mpi-5.0/mpi50-report.pdf):
 * any such MPI can be called without a compiler, since its constants and types are the standard's.
 */
const NAME = "libmpi_abi.so.1";

/** Libraries of MPIs that have an ABI of their own, and whose they are. */
const OTHERS: Record<string, string> = {
  "libmpi.so.40": "Open MPI",
  "libmpi.so.12": "MPICH's or Intel MPI's own ABI",
};

const REMEDY =
  'install one (pip install mpich, or "cellkernel[cluster]"), load your cluster\'s MPICH of version 5 or newer (module load …), ' +
  "or name its library in the variable CELLKERNEL_MPI";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Loads an MPI: that of the variable `CELLKERNEL_MPI`, the one whose `mpiexec` started this process or is on the search path,
 * that of the active Python environment, or what the system finds.
 * @throws where there is none, or none with the standard ABI: what was looked for, and what to install
 */
export function openMpi(env: Environment = process.env): { library: LibraryHandle; path: string } {
  if (process.platform !== "linux")
    throw new CellkernelError(
      "ranks",
      "training by several processes needs MPI, which is used on Linux only",
      {},
    );
  const named = env.CELLKERNEL_MPI;
  if (named) return { library: load(named), path: named };
  const folders = foldersOf(env);
  const path = folders.map((folder) => join(folder, NAME)).find((file) => existsSync(file));
  if (path) return { library: load(path), path };
  try {
    return { library: nativeLibrary(NAME), path: NAME };
  } catch {
    throw new CellkernelError(
      "ranks",
      `training by several processes needs an MPI with the standard ABI of MPI 5.0, and its library ${NAME} was not found ` +
        `(neither in ${folders.join(", ")} nor by the system)${others(folders)}: ${REMEDY}`,
      { library: NAME },
    );
  }
}

function load(path: string): LibraryHandle {
  const fault = (what: string) =>
    new CellkernelError(
      "ranks",
      `${path} ${what}; expected ${NAME}, the library of an MPI with the standard ABI: ${REMEDY}`,
      {
        library: path,
      },
    );
  let library: LibraryHandle;
  try {
    library = nativeLibrary(path);
  } catch (error) {
    throw fault(`can't be loaded (${(error as Error).message})`);
  }
  const [major, minor] = [[0], [0]];
  try {
    library.func("int MPI_Abi_get_version(_Out_ int *major, _Out_ int *minor)")(major, minor);
  } catch {
    throw fault("has no standard ABI: it is of an MPI before 5.0, such as Open MPI's or MPICH 4's");
  }
  // The same MPI's other library, whose constants are its own, says −1.
  if (major[0] < 1) throw fault("has an ABI of its own");
  return library;
}

/** Folders in which MPIs put their libraries. */
function foldersOf(env: Environment): string[] {
  const commands = (env.PATH ?? "").split(delimiter).map((folder) => join(folder, "mpiexec"));
  const found = commands.find((file) => existsSync(file));
  const programs = [starter(), found, found && realpathSync(found), env.CELLKERNEL_PYTHON];
  const prefixes = [
    ...programs.map((program) => program && dirname(dirname(program))),
    ...[env.VIRTUAL_ENV, env.CONDA_PREFIX, join(homedir(), ".local")],
  ];
  const folders = prefixes.flatMap((prefix) => (prefix ? [join(prefix, "lib")] : []));
  return [...new Set([...folders, ...(env.LD_LIBRARY_PATH ?? "").split(delimiter).filter(Boolean)])];
}

/** The program that started this process; of MPICH's, it stands beside mpiexec. */
function starter(): string | undefined {
  try {
    return readlinkSync(`/proc/${process.ppid}/exe`);
  } catch {
    return undefined;
  }
}

function others(folders: string[]): string {
  const there = [...folders, "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].flatMap(
    (folder) =>
      Object.keys(OTHERS).flatMap((name) =>
        existsSync(join(folder, name)) ? [[join(folder, name), OTHERS[name]]] : [],
      ),
  );
  return there.map(([file, whose]) => `; ${file} (${whose}) won't do`).join("");
}
