import { spawn } from "node:child_process";
import { once } from "node:events";
import { nvidiaDriver } from "../runtime/cudaDriver.js";
import { type CudaInstall, commandLine, cudaInstall } from "../runtime/cudaInstall.js";
import { MissingPart } from "../runtime/devices.js";
import { pythons } from "../runtime/python.js";
import { CellkernelError } from "../support/error.js";

export interface GpuInstall {
  /** The release of CUDA that the driver serves: 13 or 12. */
  cuda: number;
  command: string;
  installed: boolean;
}

/**
 * Brings ONNX Runtime's CUDA provider and NVIDIA's libraries from PyPI into the user's Python.
 *
 * @param options.dryRun only says what would be run
 * @param options.onCommand told the command before it is run
 * @throws an Error that says what keeps it from being used, or that pip failed
 */
export async function gpuInstall(options: {
  dryRun?: boolean;
  signal?: AbortSignal;
  onCommand?: (command: string) => void;
}): Promise<GpuInstall> {
  const install = planned();
  const command = commandLine(install);
  if (options.dryRun) return { cuda: install.cuda, command, installed: false };
  options.onCommand?.(command);
  // What pip says goes where messages go: the result alone is for stdout.
  const pip = spawn(install.program, install.args, { stdio: ["ignore", 2, 2], signal: options.signal });
  const [code] = await once(pip, "exit");
  if (code !== 0)
    throw new CellkernelError(
      "device",
      `pip ended with exit code ${code}: its own words stand above. To install into another Python, activate its environment, or name it in the variable PYTHON.`,
    );
  return { cuda: install.cuda, command, installed: true };
}

function planned(): CudaInstall {
  try {
    return cudaInstall(nvidiaDriver(), pythons()[0]);
  } catch (error) {
    throw error instanceof MissingPart
      ? new CellkernelError("device", `${error.message}\n${error.remedy}`)
      : error;
  }
}
