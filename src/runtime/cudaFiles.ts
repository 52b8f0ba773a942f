import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pythons } from "./python.js";

/** ONNX Runtime with its CUDA provider, and NVIDIA's libraries that it needs: what of them was found. */
export interface CudaFiles {
  /** The CUDA provider's library. */
  provider?: string;
  /** The library with ONNX Runtime's C API, beside it. */
  core?: string;
  /** Its version, as far as its name says it. */
  version?: string;
  /** NVIDIA's libraries, each after those that it needs itself; without a path where it was not found. */
  libraries: { name: string; path?: string }[];
}

const PROVIDER = "libonnxruntime_providers_cuda.so";
/** How much of the provider's file to look through for the names of the libraries that it needs. */
const HEAD_BYTES = 16 * 2 ** 20;
/** Libraries that others need come first. */
const ORDER = ["cudart", "cublasLt", "cublas", "curand", "cufft", "nvrtc", "cudnn"];

/**
 * The folders to look in: those of the variable `CELLKERNEL_CUDA`, then those where the user's Pythons keep
 * `onnxruntime-gpu` and NVIDIA's wheels from PyPI.
 */
export function cudaFolders(): string[] {
  const named = (process.env.CELLKERNEL_CUDA ?? "").split(delimiter).filter(Boolean);
  return [...named, ...pythons().flatMap((python) => python.folders.flatMap(foldersOf))];
}

/** What of CUDA is in these folders. */
export function cudaFiles(folders: string[]): CudaFiles {
  const home = folders.find((folder) => existsSync(join(folder, PROVIDER)));
  if (!home) return { libraries: [] };
  const provider = join(home, PROVIDER);
  const core = readdirSync(home).find((name) => /^libonnxruntime\.so(\.|$)/.test(name));
  return {
    provider,
    core: core && join(home, core),
    version: core?.match(/\.so\.(\d+\.\d+.*)$/)?.[1],
    libraries: neededBy(provider).map((name) => {
      const folder = folders.find((f) => existsSync(join(f, name)));
      return { name, path: folder && join(folder, name) };
    }),
  };
}

/** The folders of a Python's packages that hold such libraries. */
export function foldersOf(site: string): string[] {
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
