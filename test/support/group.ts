import { writeFileSync } from "node:fs";
import { before, describe } from "node:test";

/**
 * Runs several test files, one after the other, in this process: loading the library costs more than most of them. Each is
 * a suite of its own, with its own hooks.
 * @param files paths below `test/`, without `.test.ts`
 * @param running the file that the name of the one that runs is written to, for whoever finds this process dead
 */
export function runGroup(files: string[], running: string): void {
  for (const file of files)
    describe(file, async () => {
      before(() => writeFileSync(running, file));
      await import(`../${file}.test.js`);
    });
}
