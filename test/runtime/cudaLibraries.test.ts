import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { NvidiaDriver } from "../../src/runtime/cudaDriver.js";
import { cudaFiles, cudaFolders, foldersOf } from "../../src/runtime/cudaFiles.js";
import { findCuda, whatCudaLacks } from "../../src/runtime/cudaLibraries.js";
import { temporaryFolder } from "../support/folder.js";

const gpu = { name: "a card", memory: 16 * 2 ** 30, capability: 9 };
const driver: NvidiaDriver = { cuda: "13.0", gpu };
const NEEDED = ["libcublasLt.so.13", "libcublas.so.13", "libcurand.so.10", "libcudart.so.13"];
const elsewhere = (process.platform !== "linux" || process.arch !== "x64") && "CUDA is for Linux x64 alone";

/** A folder of Python packages with a provider that names NVIDIA's libraries, as PyPI's wheels lay them out. */
function sitePackages(context: TestContext): string {
  const site = temporaryFolder(context);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text);
  };
  const capi = "onnxruntime/capi";
  // As in the file's table of strings: other libraries, and a name that stands inside of a longer text, are not meant.
  const strings = ["", ...NEEDED, "libdl.so.2", "libcuda.so.1", "no libcufft.so.12 here", ""].join("\0");
  write(`${capi}/libonnxruntime_providers_cuda.so`, `\x7fELF${strings}`);
  write(`${capi}/libonnxruntime_providers_shared.so`, "");
  write(`${capi}/libonnxruntime.so.1.30.0`, "");
  for (const name of NEEDED) write(`nvidia/cu13/lib/${name}`, "");
  return site;
}

describe("CUDA's files in a folder of Python packages", () => {
  it("are found by the names in the provider, each after those that it needs", (t) => {
    const site = sitePackages(t);
    const capi = join(site, "onnxruntime/capi");
    const lib = join(site, "nvidia/cu13/lib");
    assert.deepEqual(cudaFiles(foldersOf(site)), {
      provider: join(capi, "libonnxruntime_providers_cuda.so"),
      core: join(capi, "libonnxruntime.so.1.30.0"),
      version: "1.30.0",
      libraries: ["libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13", "libcurand.so.10"].map(
        (name) => ({
          name,
          path: join(lib, name),
        }),
      ),
    });
  });

  it("are looked for in the variable CELLKERNEL_CUDA first", (t) => {
    const site = sitePackages(t);
    const [first, second] = foldersOf(site);
    const before = process.env.CELLKERNEL_CUDA;
    process.env.CELLKERNEL_CUDA = `${first}:${second}`;
    t.after(() => {
      if (before === undefined) delete process.env.CELLKERNEL_CUDA;
      else process.env.CELLKERNEL_CUDA = before;
    });
    assert.deepEqual(cudaFolders().slice(0, 2), [first, second]);
  });

  it("may not be there at all", (t) => {
    assert.deepEqual(cudaFiles(foldersOf(temporaryFolder(t))), { libraries: [] });
  });
});

describe("what CUDA lacks", { skip: elsewhere }, () => {
  const lack = (site: string, of: NvidiaDriver | undefined = driver) =>
    whatCudaLacks(of, () => cudaFiles(foldersOf(site)));

  it("is nothing where driver, provider and libraries are there", (t) => {
    assert.equal(lack(sitePackages(t)), undefined);
    assert.equal(lack(sitePackages(t), { cuda: "14.0", gpu }), undefined);
  });

  it("is the driver first, without a look at files", () => {
    const noFiles = () => assert.fail("looked at files");
    assert.match(whatCudaLacks(undefined, noFiles)!.message, /There is no NVIDIA driver/);
    assert.match(
      whatCudaLacks({ cuda: "13.0", error: 803 }, noFiles)!.message,
      /sees no GPU \(CUDA error 803\)/,
    );
    assert.match(whatCudaLacks({ cuda: "11.8", gpu }, noFiles)!.message, /is too old: it serves CUDA 11\.8/);
  });

  it("is named, with the one command", (t) => {
    const site = sitePackages(t);
    rmSync(join(site, "nvidia/cu13/lib/libcublas.so.13"));
    const missing = lack(site)!;
    assert.equal(missing.message, "onnxruntime's CUDA provider needs libcublas.so.13, which was not found.");
    assert.equal(missing.remedy, "Install what is missing with: npx cellkernel gpu install");
    const none = lack(temporaryFolder(t))!;
    assert.equal(none.message, "onnxruntime's CUDA provider was not found.");
    assert.match(none.remedy, /npx cellkernel gpu install$/);
  });

  it("is another provider where this one is for a newer CUDA than the driver serves", (t) => {
    const { message, remedy } = lack(sitePackages(t), { cuda: "12.4", gpu })!;
    assert.match(message, /libonnxruntime_providers_cuda\.so is for CUDA 13; .* need that for CUDA 12\.$/);
    assert.match(remedy, /npx cellkernel gpu install$/);
  });

  it("is thrown by findCuda", { skip: findsNothing() ? false : "CUDA can be used here" }, () => {
    assert.throws(findCuda, { message: /NVIDIA's driver|NVIDIA driver|onnxruntime's CUDA provider/ });
  });
});

function findsNothing(): boolean {
  try {
    findCuda();
    return false;
  } catch {
    return true;
  }
}
