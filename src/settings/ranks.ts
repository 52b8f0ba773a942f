import { choice, type Options } from "./setting.js";

/** Options of a training that several processes may take together. */
export const RANKS = {
  mpi: choice(["auto", "on", "off"], {
    value: "HOW",
    default: "auto",
    help: "whether the processes that mpiexec or srun started train one model together: auto (where there are several), on (else it fails) or off (each by itself)",
  }),
} as const;

/** What a user may say of several processes. @interface */
export type RanksOptions = Options<typeof RANKS>;
