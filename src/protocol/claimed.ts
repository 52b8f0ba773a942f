import { claim } from "../support/lock.js";

/**
 * Does work that ends in a folder, which is nobody else's until it is done.
 * @param folder none where another process has claimed it for this one too
 * @param work given a way to name what goes on after it, that still writes into the folder
 */
export async function claimed<T>(
  folder: string | undefined,
  work: (started: (rest: Promise<unknown>) => void) => Promise<T>,
): Promise<T> {
  const giveBack = folder === undefined ? () => {} : claim(folder);
  let rest: Promise<unknown> = Promise.resolve();
  try {
    return await work((started) => {
      rest = started;
    });
  } finally {
    rest.then(giveBack, giveBack);
  }
}
