import { serve } from "../runtime/workerJob.js";
import { Checkpointer, type Checkpointing } from "./checkpointer.js";
import { Control } from "./control.js";
import { train } from "./loop.js";
import type { LoopState } from "./loopState.js";
import type { TrainingEvent, TrainingPlan, TrainingResult } from "./plan.js";

/** What a training worker is given. */
export interface TrainingInput {
  plan: TrainingPlan;
  control: SharedArrayBuffer;
  /** State to go on from. */
  from?: LoopState;
  /** Keeps where it stands; nothing is kept when absent. */
  checkpointing?: Checkpointing;
  /** The MPI by which the process has joined those that it trains with. */
  mpi?: string;
}

// The module that a training worker runs.
serve<TrainingInput, TrainingEvent, TrainingResult>(
  async ({ plan, control, from, checkpointing, mpi }, report) => {
    const keeper = checkpointing && new Checkpointer(checkpointing, from);
    try {
      const ranks = mpi === undefined ? undefined : (await import("../runtime/mpi.js")).Mpi.attach(mpi);
      return await train(plan, new Control(control), [report], from, keeper, ranks);
    } finally {
      keeper?.close();
    }
  },
);
