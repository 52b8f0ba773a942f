import { setTimeout as sleep } from "node:timers/promises";
import type { LibraryHandle } from "koffi";
import { CellkernelError } from "../support/error.js";
import type { Communicator } from "./communicator.js";
import { openMpi } from "./mpiLibrary.js";
import { nativeLibrary } from "./nativeLibrary.js";

// Constants of the standard ABI, as they stand in its mpi.h.
const COMM_WORLD = 0x101;
const FLOAT = 0x210;
const BYTE = 0x247;
const SUM = 0x21;
const IN_PLACE = 1;
const STATUS_IGNORE = 0;
/** One thread calls at a time, whichever. */
const THREAD_SERIALIZED = 2048;

/** Elements of one call: a count is an int. */
const PIECE = 2 ** 30;
/** How often it is looked whether the others are at their end, milliseconds. */
const LOOK = 20;

/**
 * The processes that mpiexec or srun started together, by MPI. The thread that joins them, and others that attach later, may call
 * by turns, not at once. A process that dies ends the others: that is the starter's part.
 */
export class Mpi implements Communicator {
  private readonly calls: Calls;
  private left = false;

  private constructor(
    library: LibraryHandle,
    /** The library, for a thread that attaches. */
    readonly path: string,
  ) {
    this.calls = callsOf(library);
  }

  /**
   * Finds the other processes. To be called once by each, before all else.
   * @throws where there is no library that will do, or where it has not enough of MPI
   */
  static join(): Mpi {
    const { library, path } = openMpi();
    const mpi = new Mpi(library, path);
    const provided = [0];
    check(mpi.calls.init(0, 0, THREAD_SERIALIZED, provided));
    if (provided[0] < THREAD_SERIALIZED)
      throw new CellkernelError(
        "ranks",
        `the MPI ${path} can be called by one thread only: use one that is built for several (MPI_THREAD_SERIALIZED)`,
        { library: path },
      );
    return mpi;
  }

  /** The same in another thread of a process that has joined. */
  static attach(path: string): Mpi {
    return new Mpi(nativeLibrary(path), path);
  }

  get rank(): number {
    return one(this.calls.rank);
  }

  get size(): number {
    return one(this.calls.size);
  }

  async sum(data: Float32Array): Promise<void> {
    for (let at = 0; at < data.length; at += PIECE) {
      const piece = data.subarray(at, at + PIECE);
      check(this.calls.allreduce(IN_PLACE, piece, piece.length, FLOAT, SUM, COMM_WORLD));
    }
  }

  async gather(mine: Uint8Array): Promise<Uint8Array[]> {
    const { length } = mine;
    const all = new Uint8Array(this.size * length);
    check(this.calls.allgather(mine, length, BYTE, all, length, BYTE, COMM_WORLD));
    return Array.from({ length: this.size }, (_, rank) => all.subarray(rank * length, (rank + 1) * length));
  }

  /** Waits, asleep, until all are at their end, and takes leave of them. To be called by the thread that joined. */
  async leave(): Promise<void> {
    const request = [0];
    check(this.calls.ibarrier(COMM_WORLD, request));
    for (const flag = [0]; ; await sleep(LOOK)) {
      check(this.calls.test(request, flag, STATUS_IGNORE));
      if (flag[0] !== 0) break;
    }
    this.end();
  }

  /** Takes leave at once; MPI waits, awake, for those that are not at their end. */
  end(): void {
    if (!this.left) check(this.calls.finalize());
    this.left = true;
  }

  /** Ends all processes at once, this one too, unless it has taken leave of them. */
  abort(code: number): void {
    if (!this.left) this.calls.abort(COMM_WORLD, code);
  }
}

type Calls = ReturnType<typeof callsOf>;

function callsOf(library: LibraryHandle) {
  return {
    init: library.func(
      "int MPI_Init_thread(intptr_t argc, intptr_t argv, int required, _Out_ int *provided)",
    ),
    finalize: library.func("int MPI_Finalize()"),
    abort: library.func("int MPI_Abort(intptr_t comm, int code)"),
    rank: library.func("int MPI_Comm_rank(intptr_t comm, _Out_ int *rank)"),
    size: library.func("int MPI_Comm_size(intptr_t comm, _Out_ int *size)"),
    allreduce: library.func(
      "int MPI_Allreduce(intptr_t send, float *receive, int count, intptr_t type, intptr_t op, intptr_t comm)",
    ),
    allgather: library.func(
      "int MPI_Allgather(uint8_t *send, int sent, intptr_t type, uint8_t *receive, int received, intptr_t type2, intptr_t comm)",
    ),
    ibarrier: library.func("int MPI_Ibarrier(intptr_t comm, _Out_ intptr_t *request)"),
    test: library.func("int MPI_Test(_Inout_ intptr_t *request, _Out_ int *flag, intptr_t status)"),
  };
}

function one(call: (comm: number, into: number[]) => number): number {
  const into = [0];
  check(call(COMM_WORLD, into));
  return into[0];
}

/** An error of MPI ends the process, unless an error handler says otherwise; ours never does. */
function check(code: number): void {
  if (code !== 0) throw new CellkernelError("ranks", `MPI returned the error ${code}`, { code });
}
