import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cudaCard } from "./cudaDriver.js";
import { nativeLibrary } from "./nativeLibrary.js";

/** Where ONNX Runtime with its CUDA provider lies, and NVIDIA's libraries that it needs. */
export interface CudaLibraries {
  /** The library with ONNX Runtime's C API. */
  core: string;
  /** NVIDIA's libraries, each after those that it needs itself. */
  libraries: string[];
}

const PROVIDER = "libonnxruntime_providers_cuda.so";
/** How much of the provider's file to look through for the names of the libraries that it needs. */
const HEAD_BYTES = 16 * 2 ** 20;
/** Libraries that others need come first. */
const ORDER = ["cudart", "cublasLt", "cublas", "curand", "cufft", "nvrtc", "cudnn"];

export const INSTALL_CUDA =
  'Install it with: pip install "cellkernel[cuda]" (CUDA 13) or "cellkernel[cuda12]" (Linux x64 with an NVIDIA GPU).';

/**
 * Looks for the provider in the folders of `CELLKERNEL_CUDA`, then in those where the user's Python keeps packages
 * (`onnxruntime-gpu` and NVIDIA's wheels from PyPI).
 * @throws an Error that says what is missing and how to install it
 */
export function findCuda(): CudaLibraries {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error("CUDA is there for Linux x64 alone.");
  if (!cudaCard()) throw new Error("There is no NVIDIA driver: libcuda.so.1 can't be loaded, or sees no GPU.");
  const named = (process.env.CELLKERNEL_CUDA ?? "").split(delimiter).filter(Boolean);
  const folders = [...named, ...sitePackages().flatMap(foldersOf)];
  const home = folders.find((folder) => existsSync(join(folder, PROVIDER)));
  if (!home) throw new Error(`onnxruntime's CUDA provider was not found. ${INSTALL_CUDA}`);
  const core = readdirSync(home).find((name) => /^libonnxruntime\.so(\.|$)/.test(name));
  if (!core) throw new Error(`${home} has the CUDA provider, but no libonnxruntime.so beside it.`);
  const libraries = neededBy(join(home, PROVIDER)).map((name) => {
    const folder = folders.find((f) => existsSync(join(f, name)));
    if (!folder) throw new Error(`onnxruntime's CUDA provider needs ${name}, which was not found. ${INSTALL_CUDA}`);
    return join(folder, name);
  });
  return { core: join(home, core), libraries };
}

/**
 * Loads NVIDIA's libraries by their paths, for all of the process: whoever asks for them by name from now on gets these,
 * so that no LD_LIBRARY_PATH is needed.
 */
export function loadLibraries(paths: string[]): void {
  for (const path of paths) nativeLibrary(path, true);
}

/** The folders in which Python looks for packages. */
function sitePackages(): string[] {
  const script =
    "import site, sysconfig; print('\\n'.join(dict.fromkeys([sysconfig.get_paths()['purelib'], *site.getsitepackages(), site.getusersitepackages()])))";
  const active = [process.env.VIRTUAL_ENV, process.env.CONDA_PREFIX].filter((p): p is string => p !== undefined);
  const pythons = [process.env.PYTHON, ...active.map((p) => join(p, "bin", "python")), "python3"];
  for (const python of pythons.filter((p): p is string => p !== undefined)) {
    try {
      return execFileSync(python, ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
        .split("\n")
        .filter(Boolean);
    } catch {
      // The next one, then: a Python that does not run has no packages for us.
    }
  }
  return [];
}

/** The folders of a Python's packages that hold such libraries. */
function foldersOf(site: string): string[] {
  const nvidia = join(site, "nvidia");
  const wheels = existsSync(nvidia) ? readdirSync(nvidia).map((name) => join(nvidia, name, "lib")) : [];
  return [join(site, "onnxruntime", "capi"), ...wheels].filter((folder) => existsSync(folder));
}

/** NVIDIA's libraries by the names that stand in the file's table of strings. */
function neededBy(file: string): string[] {
  const head = Buffer.alloc(HEAD_BYTES);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, head, 0, HEAD_BYTES, 0);
  } finally {
    closeSync(descriptor);
  }
  const found = head.toString("latin1").matchAll(/\0(lib(\w+)\.so\.\d+)(?=\0)/g);
  const rank = new Map<string, number>();
  for (const [, name, stem] of found) if (ORDER.includes(stem)) rank.set(name, ORDER.indexOf(stem));
  return [...rank.keys()].sort((a, b) => rank.get(a)! - rank.get(b)!);
}
