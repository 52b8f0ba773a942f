import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gpuReport } from "../../src/cli/gpuReport.js";
import type { GpuCheck } from "../../src/protocol/gpuCheck.js";
import { nvidiaDriver } from "../../src/runtime/cudaDriver.js";
import { trialApart } from "../../src/train/trialApart.js";
import { cellkernel, cellkernelHere } from "../support/cli.js";

const card: GpuCheck = {
  driver: { cuda: "13.0", gpu: { name: "NVIDIA H200", memory: 150_120_431_616, capability: 9 } },
  files: {
    provider: "/s/onnxruntime/capi/libonnxruntime_providers_cuda.so",
    core: "/s/onnxruntime/capi/libonnxruntime.so.1.30.0",
    version: "1.30.0",
    libraries: [
      { name: "libcudart.so.13", path: "/s/nvidia/cu13/lib/libcudart.so.13" },
      { name: "libcublas.so.13" },
    ],
  },
  kernels: true,
  missing: {
    what: "onnxruntime's CUDA provider needs libcublas.so.13, which was not found.",
    remedy: "Install what is missing with: npx cellkernel gpu install",
  },
  devices: [
    { device: "cpu", loss: 1.387085, seconds: 0.136 },
    {
      device: "webgpu",
      error:
        'The device "webgpu" could not be started: /onnxruntime_src/a.cc:136 f() ok was false. Failed to get a WebGPU adapter: No supported adapters\n\nIt needs a GPU',
    },
  ],
};

describe("the report of gpu check", () => {
  it("says what was found, what is missing and the one command", () => {
    assert.deepEqual(gpuReport(card).split("\n"), [
      "NVIDIA driver    serves CUDA 13.0",
      "NVIDIA GPU       NVIDIA H200, 140 GiB, compute capability 9.0",
      "onnxruntime      1.30.0, /s/onnxruntime/capi/libonnxruntime.so.1.30.0",
      "CUDA provider    /s/onnxruntime/capi/libonnxruntime_providers_cuda.so",
      "libcudart.so.13  /s/nvidia/cu13/lib/libcudart.so.13",
      "libcublas.so.13  not found",
      "own kernels      can be used",
      "WebGPU           has no adapter",
      "",
      "cpu              works: a training step takes 136 ms, its loss is 1.387085",
      "webgpu           did not start: Failed to get a WebGPU adapter: No supported adapters",
      "",
      "Training works on the CPU.",
      "CUDA: onnxruntime's CUDA provider needs libcublas.so.13, which was not found.",
      "Install what is missing with: npx cellkernel gpu install",
    ]);
  });

  it("says how a device agrees with the CPU, and its speed", () => {
    const figures = { loss: 1.3871, seconds: 0.0041, lossOff: 2e-7, gradNormOff: 3.2e-5, speed: 33.2 };
    const cuda = { device: "cuda" as const, ...figures, agrees: true };
    const report = gpuReport({
      ...card,
      missing: undefined,
      devices: [card.devices[0], cuda, card.devices[1]],
    });
    assert.match(
      report,
      /^cuda +works: a training step takes 4\.1 ms, 33\.2 times the CPU's speed; off the CPU by 2e-7 \(loss\) and 3e-5 \(gradients\)$/m,
    );
    assert.match(report, /\nTraining works on the CPU and cuda\.$/);
    const wrong = { ...cuda, lossOff: 0.1, agrees: false };
    const other = gpuReport({ ...card, missing: undefined, devices: [card.devices[0], wrong] });
    assert.match(other, /^cuda +gives OTHER NUMBERS than the CPU/m);
    assert.match(other, /\nTraining works on the CPU\.$/);
  });
});

describe("a device that does not start", () => {
  const said = (error: string) =>
    gpuReport({ ...card, devices: [card.devices[0], { device: "cuda", error }] }).match(/^cuda +(.*)$/m)![1];

  it("is told with what onnxruntime says behind the place in its sources", () => {
    const place =
      "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 Status CudaCall(const char*)";
    const error = `${place} CUDA failure 36: API call is not supported in the installed CUDA driver ; GPU=-1 ; hostname=h`;
    assert.equal(
      said(`The device "cuda" could not be started: ${error}\nTo see`),
      "did not start: CUDA failure 36: API call is not supported in the installed CUDA driver",
    );
    assert.equal(said("/a/b.so: no such file"), "did not start: /a/b.so: no such file");
  });

  it("may end its process, but not ours", { skip: process.platform === "win32" }, async (t) => {
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = "--import data:text/javascript,process.kill(process.pid,'SIGKILL')";
    t.after(() => {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    });
    await assert.rejects(trialApart("cpu"), {
      message: 'The device "cpu" ended the process of its trial (SIGKILL).',
    });
  });
});

describe("cellkernel gpu, without an NVIDIA GPU", { skip: nvidiaDriver() ? "there is one" : false }, () => {
  it("check says that the CPU works and what CUDA would need", () => {
    const { status, stdout } = cellkernel("gpu", "check");
    assert.equal(status, 0);
    assert.match(stdout, /^NVIDIA driver +not found$/m);
    assert.match(stdout, /^cpu +works: a training step takes [\d.]+ ms/m);
    assert.match(stdout, /^Training works on the CPU/m);
    if (process.platform === "linux")
      assert.match(stdout, /^CUDA: There is no NVIDIA driver[\s\S]*gpu install$/m);
  });

  it("check --json prints one object", async () => {
    const { status, stdout } = await cellkernelHere("gpu", "check", "--json");
    assert.equal(status, 0);
    const result: GpuCheck = JSON.parse(stdout);
    assert.equal(result.devices[0].device, "cpu");
    assert.equal(result.devices[0].error, undefined);
    assert.ok(result.devices[0].loss! > 0);
    assert.ok(result.missing!.remedy.length > 0);
  });

  it("install says that there is nothing to install for", async () => {
    for (const options of [[], ["--dry-run"]]) {
      const { status, stdout, stderr } = await cellkernelHere("gpu", "install", ...options);
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, /^cellkernel gpu: (There is no NVIDIA driver|CUDA is there for Linux x64 alone)/);
    }
  });
});

it("another word than check or install is a mistake", async () => {
  const { status, stderr } = await cellkernelHere("gpu", "remove");
  assert.equal(status, 2);
  assert.match(stderr, /expected check or install, got remove\.\nSee: cellkernel gpu --help/);
});
