import { GPU_CHECK, type GpuCheck, gpuCheck } from "../protocol/gpuCheck.js";
import { type GpuInstall, gpuInstall } from "../protocol/gpuInstall.js";
import { command, UsageError } from "./command.js";
import { gpuReport } from "./gpuReport.js";

/** `cellkernel gpu check`, `cellkernel gpu install` */
export const gpuCommand = command<GpuCheck | GpuInstall>({
  summary: "check: what a GPU needs and how it does; install: brings what CUDA needs",
  positionals: "check|install",
  required: 1,
  options: { "dry-run": { help: "install only says what it would run" } },
  async run({ positionals: [action], values, signal, progress }) {
    if (action === "check") return gpuCheck({ signal, onProgress: progress });
    if (action !== "install") throw new UsageError(`expected check or install, got ${action}.`);
    const onCommand = (line: string) => console.error(line);
    return gpuInstall({ dryRun: values["dry-run"] === true, signal, onCommand });
  },
  failed: (result) => "devices" in result && result.devices[0].error !== undefined,
  text(result) {
    if ("devices" in result) return gpuReport(result);
    return result.installed
      ? `What CUDA ${result.cuda} needs is installed. To see whether it works: ${GPU_CHECK}`
      : result.command;
  },
});
