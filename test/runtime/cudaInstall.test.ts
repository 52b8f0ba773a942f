import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { NvidiaDriver } from "../../src/runtime/cudaDriver.js";
import { commandLine, cudaInstall } from "../../src/runtime/cudaInstall.js";
import { CUDA_RELEASES, packagesOf, releaseFor } from "../../src/runtime/cudaPackages.js";

const python = { program: "python3", version: [3, 12] as [number, number], folders: [] };
const driver = (cuda: string, capability = 8.6): NvidiaDriver => ({
  cuda,
  gpu: { name: "a card", memory: 16 * 2 ** 30, capability },
});
const elsewhere = (process.platform !== "linux" || process.arch !== "x64") && "CUDA is for Linux x64 alone";

/** The lists of `[project.optional-dependencies]`, by name. */
function extras(): Record<string, string[]> {
  const section = readFileSync("pyproject.toml", "utf8").match(
    /^\[project\.optional-dependencies\]\n([\s\S]*?)^\[/m,
  )![1];
  return Object.fromEntries(
    [...section.matchAll(/^(\w+) = (\[[\s\S]*?\])/gm)].map(([, name, list]) => [
      name,
      JSON.parse(list.replace(/,\s*\]/, "]")),
    ]),
  );
}

describe("the packages of CUDA", () => {
  it("are those of the extras in pyproject.toml", () => {
    const { cluster, ...cuda } = extras();
    assert.ok(cluster, "that of the cluster is no card's");
    assert.deepEqual(cuda, Object.fromEntries(CUDA_RELEASES.map(({ extra, packages }) => [extra, packages])));
  });

  it("are chosen by what the driver serves", () => {
    assert.equal(releaseFor(driver("13.0")).cuda, 13);
    assert.equal(releaseFor(driver("14.1")).cuda, 13);
    assert.equal(releaseFor(driver("12.4")).cuda, 12);
    assert.equal(releaseFor(driver("12.0")).cuda, 12);
    assert.throws(() => releaseFor(driver("11.8")), {
      message: "NVIDIA's driver is too old: it serves CUDA 11.8, and 12.0 is needed.",
      remedy: "Install NVIDIA's driver 525 or newer (580 for CUDA 13).",
    });
  });

  it("are those of CUDA 12 for a card that CUDA 13 has left, with a cuDNN that knows it", () => {
    const volta = driver("13.0", 7);
    assert.equal(releaseFor(volta).cuda, 12);
    assert.ok(packagesOf(releaseFor(volta), volta.gpu).includes("nvidia-cudnn-cu12<9.11"));
    const turing = driver("12.4", 7.5);
    assert.ok(!packagesOf(releaseFor(turing), turing.gpu).includes("nvidia-cudnn-cu12<9.11"));
    assert.throws(() => releaseFor(driver("12.4", 5.2)), {
      message: "The GPU (a card, compute capability 5.2) is too old: 6.0 is needed.",
    });
  });
});

describe("the command that installs them", { skip: elsewhere }, () => {
  const line = (cuda: string) => commandLine(cudaInstall(driver(cuda), python));

  it("is one pip command", () => {
    assert.equal(
      line("13.0"),
      'python3 -m pip install onnxruntime-gpu==1.30.0 "nvidia-cublas~=13.0" "nvidia-cuda-runtime~=13.0" "nvidia-curand~=10.4.0"',
    );
    assert.match(
      line("12.4"),
      /^python3 -m pip install onnxruntime-gpu==1\.26\.0 .*"nvidia-cudnn-cu12~=9\.0"$/,
    );
  });

  it("is not made where it would bring nothing, and why is said", () => {
    assert.throws(() => line("11.8"), /driver is too old: it serves CUDA 11\.8, and 12\.0 is needed/);
    assert.throws(() => cudaInstall(undefined, python), /There is no NVIDIA driver/);
    assert.throws(() => cudaInstall({ cuda: "13.0", error: 100 }, python), /sees no GPU \(CUDA error 100\)/);
    assert.throws(
      () => cudaInstall(driver("13.0"), { ...python, version: [3, 10] }),
      /onnxruntime-gpu is not there for Python 3\.10 \(python3\)\. .*variable PYTHON/,
    );
    assert.throws(() => cudaInstall(driver("13.0"), undefined), /No Python was found to install into/);
  });
});
