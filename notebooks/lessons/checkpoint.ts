import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";

/** What a step of a lesson leaves to those after it. */
export interface Step<T> {
  /** The code that the lesson shows. */
  make(): Promise<T>;
  /** Writes it to a folder that is not there yet. */
  save(made: T, folder: string): void | Promise<void>;
  /** @throws where the folder is damaged, or holds something else */
  load(folder: string): T | Promise<T>;
  /** In what it is not what `make` gives, so that the lesson would go on from something else. */
  foreign(found: T): string | undefined | Promise<string | undefined>;
}

/** What this kernel has made or read. */
const inMemory = new Map<string, unknown>();

/**
 * What a step leaves, so that a lesson can be begun at any section: of this kernel, else from its folder, else made now. What is
 * damaged or comes from elsewhere is set aside and made anew; where nothing can be written, it lasts as long as the kernel.
 * @param folder where checkpoints are kept
 * @param tell says where it comes from
 */
export async function takeOrMake<T>(
  name: string,
  step: Step<T>,
  folder: string,
  tell: (line: string) => void = console.log,
): Promise<T> {
  const place = join(folder, name);
  if (inMemory.has(place)) return inMemory.get(place) as T;
  const { found, fault } = await read(place, step);
  if (found !== undefined) {
    tell(`"${name}" is taken from ${place}.`);
    inMemory.set(place, found);
    return found;
  }
  tell(
    fault === undefined
      ? `"${name}" is not there yet: it is made now, as the lesson does, in a few seconds.`
      : `"${name}" in ${place} can't be used (${fault}): it is made anew.`,
  );
  const made = await step.make();
  await write(made, place, step, tell);
  return made;
}

/**
 * Keeps what a lesson has just made, for its later sections and for those who begin there. What was made otherwise than in the lesson
 * is not kept.
 */
export async function keepMade<T>(
  name: string,
  made: T,
  step: Step<T>,
  folder: string,
  tell: (line: string) => void = console.log,
): Promise<void> {
  const place = join(folder, name);
  const fault = await step.foreign(made);
  if (fault !== undefined) {
    tell(`It is not kept for later sections (${fault}): they take the lesson's own.`);
    return;
  }
  const { found } = await read(place, step);
  // The same options give the same to the bit.
  if (found === undefined) await write(made, place, step, tell);
  else inMemory.set(place, made);
}

async function write<T>(made: T, place: string, step: Step<T>, tell: (line: string) => void): Promise<void> {
  inMemory.set(place, made);
  try {
    if (existsSync(place)) tell(`What was in ${place} is now in ${setAside(place)}.`);
    await step.save(made, place);
    tell(`It is kept in ${place}.`);
  } catch (error) {
    tell(`It is kept in memory, until the kernel ends: ${place} can't be written (${messageOf(error)}).`);
  }
}

async function read<T>(place: string, step: Step<T>): Promise<{ found?: T; fault?: string }> {
  if (!existsSync(place)) return {};
  try {
    const found = await step.load(place);
    const fault = await step.foreign(found);
    return fault === undefined ? { found } : { fault };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

/** It may be somebody's work: nothing is deleted. */
function setAside(place: string): string {
  for (let i = 1; ; i++) {
    const aside = `${place}-aside-${i}`;
    if (existsSync(aside)) continue;
    renameSync(place, aside);
    return aside;
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).split("\n")[0];

/** In what given options differ from those that something was made with. */
export function otherOptions(wanted: object, found: object): string | undefined {
  const had = found as Record<string, unknown>;
  for (const [name, value] of Object.entries(wanted))
    if (had[name] !== value)
      return `${name} is ${String(had[name])} there, and ${String(value)} in the lesson`;
  return undefined;
}
