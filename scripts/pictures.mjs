// `npm run pictures`: pictures of the views for docs/ and README, taken in a real JupyterLab.
import { chromiumMissing, findChromium } from "./setup/chromium.mjs";
import { jupyterEnvironment } from "./setup/paths.mjs";
import { SetupError } from "./setup/run.mjs";
import { orExplain, setup } from "./setup.mjs";

await orExplain(async () => {
  await setup();
  Object.assign(process.env, jupyterEnvironment());
  process.env.CHROMIUM = (await findChromium()) ?? "";
  if (!process.env.CHROMIUM) throw new SetupError(chromiumMissing);
  const { takePictures } = await import("../dist/scripts/pictures/take.js");
  await takePictures();
});
