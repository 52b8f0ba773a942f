// `npm run notebook`: runs the committed notebook anew and writes its outputs back into it.
import { environments, jupyterEnvironment, program } from "./setup/paths.mjs";
import { hand } from "./setup/run.mjs";
import { orExplain, setup } from "./setup.mjs";

await orExplain(async () => {
  await setup();
  const notebook = "notebooks/protocol.ipynb";
  process.exitCode = await hand(
    program(environments.jupyter.folder, "python"),
    ["scripts/notebook/execute.py", notebook, "--out", notebook, "--normalise"],
    { env: { ...jupyterEnvironment(), PYTHONDONTWRITEBYTECODE: "1" } },
  );
});
