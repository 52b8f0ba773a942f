// `node busyChild.js deaf|waits`: see busyWork.ts.
import { supervised } from "../../src/cli/supervised.js";

process.exitCode = await supervised(
  new URL("./busyWork.js", import.meta.url),
  process.argv[2],
  (said: string) => console.log(said),
);
