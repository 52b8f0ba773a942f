import { type NvidiaDriver, nvidiaDriver } from "./cudaDriver.js";
import { type CudaFiles, cudaFiles, cudaFolders } from "./cudaFiles.js";
import { CUDA_RELEASES, releaseFor } from "./cudaPackages.js";
import { GPU_INSTALL, MissingPart } from "./devices.js";
import { nativeLibrary } from "./nativeLibrary.js";

/** Where ONNX Runtime with its CUDA provider lies, and NVIDIA's libraries that it needs. */
export interface CudaLibraries {
  /** The library with ONNX Runtime's C API. */
  core: string;
  /** NVIDIA's libraries, each after those that it needs itself. */
  libraries: string[];
}

const INSTALL = `Install what is missing with: ${GPU_INSTALL}`;

/** @throws an Error that says what is missing and what to do */
export function findCuda(): CudaLibraries {
  const driver = nvidiaDriver();
  checkDriver(driver);
  return checkFiles(cudaFiles(cudaFolders()), driver);
}

/**
 * What keeps CUDA from being used, the first thing to mend first; undefined where all that it needs is there.
 * @param files asked for only where the driver will do
 */
export function whatCudaLacks(
  driver: NvidiaDriver | undefined,
  files: () => CudaFiles,
): MissingPart | undefined {
  try {
    checkDriver(driver);
    checkFiles(files(), driver);
  } catch (error) {
    if (error instanceof MissingPart) return error;
    throw error;
  }
}

/** @throws where there is no driver, no GPU, or one too old for all that there is */
export function checkDriver(driver: NvidiaDriver | undefined): asserts driver is NvidiaDriver {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new MissingPart("CUDA is there for Linux x64 alone.", 'Use device: "webgpu", or "cpu".');
  const needed = `NVIDIA's driver ${CUDA_RELEASES[0].driver} or newer`;
  if (!driver)
    throw new MissingPart(
      "There is no NVIDIA driver: libcuda.so.1 can't be loaded.",
      `With an NVIDIA GPU: install ${needed}, then: ${GPU_INSTALL}`,
    );
  if (!driver.gpu)
    throw new MissingPart(
      `NVIDIA's driver sees no GPU (CUDA error ${driver.error ?? "unknown"}).`,
      "Where there is one, nvidia-smi and the variable CUDA_VISIBLE_DEVICES tell more.",
    );
  releaseFor(driver);
}

function checkFiles(files: CudaFiles, driver: NvidiaDriver): CudaLibraries {
  const { provider, core, libraries } = files;
  if (!provider) throw new MissingPart("onnxruntime's CUDA provider was not found.", INSTALL);
  if (!core)
    throw new MissingPart(
      `${provider} has no libonnxruntime.so beside it.`,
      `Install it anew: ${GPU_INSTALL}`,
    );
  const made = Number(
    libraries
      .find(({ name }) => name.startsWith("libcudart."))
      ?.name.split(".")
      .pop(),
  );
  const { cuda } = releaseFor(driver);
  if (made > cuda)
    throw new MissingPart(
      `${provider} is for CUDA ${made}; the driver and the GPU need that for CUDA ${cuda}.`,
      `Install it with: ${GPU_INSTALL}`,
    );
  const missing = libraries.filter(({ path }) => !path).map(({ name }) => name);
  if (missing.length > 0)
    throw new MissingPart(
      `onnxruntime's CUDA provider needs ${missing.join(", ")}, which ${missing.length > 1 ? "were" : "was"} not found.`,
      INSTALL,
    );
  return { core, libraries: libraries.map(({ path }) => path!) };
}

/**
 * Loads NVIDIA's libraries by their paths, for all of the process: whoever asks for them by name from now on gets these,
 * so that no LD_LIBRARY_PATH is needed.
 */
export function loadLibraries(paths: string[]): void {
  for (const path of paths) nativeLibrary(path, true);
}
