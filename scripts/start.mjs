// `npm start`: set-up, then JupyterLab on the notebook. What follows `--` goes to JupyterLab.
import { environments, jupyterEnvironment, program, root } from "./setup/paths.mjs";
import { hand } from "./setup/run.mjs";
import { orExplain, setup } from "./setup.mjs";

await orExplain(async () => {
  await setup();
  const args = [
    "lab",
    `--ServerApp.root_dir=${root}`,
    "--LabApp.default_url=/lab/tree/notebooks/protocol.ipynb",
  ];
  args.push(...process.argv.slice(2));
  const screen = process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!screen) args.push("--no-browser");
  if (process.getuid?.() === 0) args.push("--allow-root");
  process.exitCode = await hand(program(environments.jupyter.folder, "jupyter"), args, {
    env: jupyterEnvironment(),
  });
});
