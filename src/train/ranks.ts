import type { Communicator } from "../runtime/communicator.js";

/**
 * Which of a step's cells a rank takes: from the first to before the second. They stand side by side; where they can't be
 * equally many, the first ranks have one more, so that the first has none only where there are none.
 */
export function rowsOf(cells: number, { rank, size }: Pick<Communicator, "rank" | "size">): [number, number] {
  const start = (of: number) => Math.ceil((of * cells) / size);
  return [start(rank), start(rank + 1)];
}

/** Whether something holds on one rank at least; asked by all. */
export async function onAny(ranks: Communicator, here: boolean): Promise<boolean> {
  return (await ranks.gather(Uint8Array.of(here ? 1 : 0))).some(([there]) => there === 1);
}
