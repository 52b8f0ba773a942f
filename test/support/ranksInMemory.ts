import type { Communicator } from "../../src/runtime/communicator.js";

/** Ranks in one process, that wait for each other where MPI's would. */
export function ranksInMemory(size: number): Communicator[] {
  let arrived: { data: Float32Array | Uint8Array; go: (all: (Float32Array | Uint8Array)[]) => void }[] = [];
  const meet = <T extends Float32Array | Uint8Array>(rank: number, data: T) =>
    new Promise<T[]>((resolve) => {
      arrived[rank] = { data, go: resolve as never };
      if (Object.keys(arrived).length < size) return;
      const all = arrived;
      arrived = [];
      for (const { go } of all) go(all.map((one) => one.data.slice()));
    });
  return Array.from({ length: size }, (_, rank) => ({
    ...{ rank, size },
    async sum(data) {
      const all = await meet(rank, data);
      data.fill(0);
      for (const one of all) for (let i = 0; i < data.length; i++) data[i] += one[i];
    },
    gather: (mine) => meet(rank, mine),
  }));
}
