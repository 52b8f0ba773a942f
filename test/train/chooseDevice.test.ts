import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseDevice } from "../../src/train/chooseDevice.js";

test("a device that is asked for by name is taken, without a look at what there is", async () => {
  const chosen = await chooseDevice("cuda", () => assert.fail("looked"));
  assert.deepEqual(chosen, { device: "cuda", why: "Trains on the device asked for (cuda)." });
});

test("without a GPU the CPU is taken at once, and why is said", async () => {
  assert.deepEqual(await chooseDevice("auto", () => ({ devices: [] })), {
    device: "cpu",
    why: "Trains on the CPU: no GPU was found.",
  });
});

test("with a GPU whose libraries are missing the CPU is taken at once, and the command is said", async () => {
  const lack =
    "The NVIDIA H200: onnxruntime's CUDA provider was not found. Install what is missing with: npx cellkernel gpu install";
  assert.deepEqual(await chooseDevice("auto", () => ({ devices: [], lack })), {
    device: "cpu",
    why: `Trains on the CPU. ${lack}`,
  });
});

test("a device whose trial does not start is left, and named", async () => {
  const { device, why } = await chooseDevice("auto", () => ({ devices: ["tpu" as "cuda"] }));
  assert.equal(device, "cpu");
  assert.equal(why, "Trains on the CPU: tpu did not start (npx cellkernel gpu check says why).");
});
