import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { follow } from "../measure.js";

/** What the benches download and build, beside other output; to be deleted at will. */
export const CACHE = "output/bench";
export const PYTHON = process.env.PYTHON ?? "python3";
export const PROVIDER = "libonnxruntime_providers_cuda.so";
export const BRIDGE = "libonnxruntime_providers_shared.so";
export const CORE = "libonnxruntime.so.1";

/** Of onnxruntime-node, for Linux x64. */
export const NODE_LIBRARIES = "node_modules/onnxruntime-node/bin/napi-v6/linux/x64";

/** @throws where this is no Linux x64, which alone has the CUDA provider */
export function needLinux(): void {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error("onnxruntime's CUDA provider is there for Linux x64 alone.");
}

/** A folder of the cache, made by `make` when it is not there; half-made ones are never taken for whole. */
async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  const making = `${folder}.part`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  await make(making);
  renameSync(making, folder);
  return folder;
}

/** Packages of PyPI in a folder of the cache, without what they need themselves. */
export function pythonPackages(name: string, packages: string[]): Promise<string> {
  return cached(name, async (folder) => {
    console.error(`Installing ${packages.join(", ")} …`);
    await follow(PYTHON, ["-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, ...packages]);
  });
}

/** The CUDA provider of onnxruntime-gpu, of onnxruntime-node's version, from PyPI (250 MB): a folder with its libraries. */
export async function cudaProvider(): Promise<string> {
  needLinux();
  const { version } = JSON.parse(readFileSync("node_modules/onnxruntime-node/package.json", "utf8"));
  return cached(`onnxruntime-gpu-${version}`, async (folder) => {
    console.error(`Downloading onnxruntime-gpu ${version} (250 MB) …`);
    await follow(PYTHON, [
      ...["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder],
      // The provider is the same for every Python.
      ...["--python-version", "3.12", "--platform", "manylinux_2_28_x86_64", `onnxruntime-gpu==${version}`],
    ]);
    await follow(PYTHON, ["-c", UNZIP, folder, PROVIDER, BRIDGE]);
  });
}

/** Takes the named files out of the only wheel in a folder, and deletes it. */
const UNZIP = `
import os, pathlib, shutil, sys, zipfile
folder = pathlib.Path(sys.argv[1])
wheel = next(folder.glob("*.whl"))
with zipfile.ZipFile(wheel) as file:
    for name in sys.argv[2:]:
        with file.open("onnxruntime/capi/" + name) as source, open(folder / name, "wb") as target:
            shutil.copyfileobj(source, target)
os.remove(wheel)
`;
