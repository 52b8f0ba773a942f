import type { DeviceReport, GpuCheck } from "../protocol/gpuCheck.js";

/** What `gpu check` found, in plain lines. */
export function gpuReport({ driver, files, kernels, missing, devices }: GpuCheck): string {
  const lines: [string, string][] = [
    ["NVIDIA driver", driver ? `serves CUDA ${driver.cuda}` : "not found"],
    ["NVIDIA GPU", gpuLine(driver)],
    ["onnxruntime", coreLine(files)],
    ["CUDA provider", files.provider ?? "not found"],
    ...files.libraries.map(({ name, path }): [string, string] => [name, path ?? "not found"]),
    ["own kernels", kernels ? "can be used" : "not to be used: they need compute capability 8.0 or newer"],
    ["WebGPU", webgpuLine(devices)],
  ];
  const width = Math.max(...lines.map(([left]) => left.length)) + 2;
  return [
    ...lines.map(([left, right]) => left.padEnd(width) + right),
    "",
    ...devices.map((report) => report.device.padEnd(width) + deviceLine(report)),
    "",
    advice(devices, missing),
  ].join("\n");
}

function gpuLine(driver: GpuCheck["driver"]): string {
  if (!driver?.gpu)
    return driver ? `not seen by the driver (CUDA error ${driver.error ?? "unknown"})` : "not found";
  const { name, memory, capability } = driver.gpu;
  return `${name}, ${(memory / 2 ** 30).toFixed(0)} GiB, compute capability ${capability.toFixed(1)}`;
}

function coreLine({ core, version }: GpuCheck["files"]): string {
  if (!core) return "not found (that with CUDA, from the Python package onnxruntime-gpu)";
  return version ? `${version}, ${core}` : core;
}

function webgpuLine(devices: DeviceReport[]): string {
  const error = devices.find(({ device }) => device === "webgpu")?.error;
  if (error === undefined) return "has an adapter";
  return error.includes("adapter") ? "has no adapter" : "did not start";
}

function deviceLine({
  device,
  error,
  loss,
  seconds,
  lossOff,
  gradNormOff,
  speed,
  agrees,
}: DeviceReport): string {
  if (error !== undefined) return `did not start: ${reason(error)}`;
  const step = `a training step takes ${(seconds! * 1000).toFixed(seconds! < 0.01 ? 1 : 0)} ms`;
  if (speed === undefined)
    return `works: ${step}, its loss is ${loss!.toFixed(6)}${device === "cpu" ? "" : " (no CPU to compare with)"}`;
  return (
    `${agrees ? "works" : "gives OTHER NUMBERS than the CPU"}: ${step}, ${speed.toFixed(1)} times the CPU's speed; ` +
    `off the CPU by ${lossOff!.toExponential(0)} (loss) and ${gradNormOff!.toExponential(0)} (gradients)`
  );
}

/** What onnxruntime says behind the place in its own sources: of CUDA's libraries, of a device that it looked for. */
const BEHIND_PLACE = /(?:\w+ failure \d+: |Failed to )[^;]*/;

/** The first line of an error, without what the line of the device says already. */
function reason(error: string): string {
  const [said] = error.replace(/^The device "\w+" could not be started: /, "").split("\n");
  const first = (said.startsWith("/") && said.match(BEHIND_PLACE)?.[0].trim()) || said;
  return first.length > 160 ? `${first.slice(0, 159)}…` : first;
}

/** What to do, in one or two lines. */
function advice(devices: DeviceReport[], missing: GpuCheck["missing"]): string {
  const works = devices.filter(({ error, agrees }) => error === undefined && agrees !== false);
  const names = works.map(({ device }) => (device === "cpu" ? "the CPU" : device));
  const can = names.length > 0 ? `Training works on ${names.join(" and ")}.` : "Training works on no device.";
  const cuda = devices.find(({ device }) => device === "cuda");
  if (missing) return `${can}\nCUDA: ${missing.what}\n${missing.remedy}`;
  return cuda?.error
    ? `${can}\nCUDA: all that it needs was found, and it did not start all the same; the line above says why.`
    : can;
}
