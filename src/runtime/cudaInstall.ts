import { CellkernelError } from "../support/error.js";
import type { NvidiaDriver } from "./cudaDriver.js";
import { checkDriver } from "./cudaLibraries.js";
import { packagesOf, releaseFor } from "./cudaPackages.js";
import type { Python } from "./python.js";

/** The one command that brings what CUDA needs. */
export interface CudaInstall {
  /** The release of CUDA: 13 or 12. */
  cuda: number;
  program: string;
  args: string[];
}

/** The oldest Python that onnxruntime-gpu has wheels for. */
const LEAST: [number, number] = [3, 11];

/**
 * The command for a driver, in the first of the user's Pythons.
 * @throws an Error that says what keeps it from being used
 */
export function cudaInstall(driver: NvidiaDriver | undefined, python: Python | undefined): CudaInstall {
  checkDriver(driver);
  const other = `Activate an environment of Python ${LEAST.join(".")} or newer, or name one in the variable PYTHON.`;
  if (!python) throw new CellkernelError("device", `No Python was found to install into. ${other}`);
  const [major, minor] = python.version;
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1]))
    throw new CellkernelError(
      "device",
      `onnxruntime-gpu is not there for Python ${major}.${minor} (${python.program}). ${other}`,
    );
  const release = releaseFor(driver);
  const args = ["-m", "pip", "install", ...packagesOf(release, driver.gpu)];
  return { cuda: release.cuda, program: python.program, args };
}

/** The command as one types it. */
export function commandLine({ program, args }: CudaInstall): string {
  return [program, ...args].map((word) => (/[^\w./=:+-]/.test(word) ? `"${word}"` : word)).join(" ");
}
