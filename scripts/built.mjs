// `node scripts/built.mjs PROGRAM [arguments]`: packages and build where they are not up to date, then a compiled
// program of dist/.
import { join } from "node:path";
import { checkNode, compile, installPackages } from "./setup/node.mjs";
import { root } from "./setup/paths.mjs";
import { hand } from "./setup/run.mjs";
import { orExplain } from "./setup.mjs";

await orExplain(async () => {
  checkNode();
  await installPackages().then(compile);
  const [program, ...args] = process.argv.slice(2);
  process.exitCode = await hand(process.execPath, [join(root, "dist", program), ...args]);
});
