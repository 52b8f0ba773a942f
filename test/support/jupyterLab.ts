import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { until } from "./processes.js";

/** A JupyterLab of the checkout's own environment, for tests that look at it. */
export interface JupyterLab {
  /** Address of a notebook or file, relative to the folder that it was started on; of the folder itself, where empty. */
  url(path: string): string;
  /** All that the server printed. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts JupyterLab on a folder, on a free port, without opening a browser. */
export async function startJupyterLab(folder: string): Promise<JupyterLab> {
  const token = randomBytes(16).toString("hex");
  const args = [
    ...[
      "lab",
      "--no-browser",
      "--ServerApp.port=0",
      "--ServerApp.ip=127.0.0.1",
      `--IdentityProvider.token=${token}`,
    ],
    ...[`--ServerApp.root_dir=${resolve(folder)}`, "--LabApp.expose_app_in_browser=True"],
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  const program = join(".venv", process.platform === "win32" ? "Scripts/jupyter.exe" : "bin/jupyter");
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (chunk) => {
      log += chunk;
    });
  }
  const address = /http:\/\/127\.0\.0\.1:(\d+)\//;
  try {
    await until("JupyterLab to start", () => server.exitCode !== null || address.test(log), 60);
    if (server.exitCode !== null) throw new Error(`JupyterLab did not start:\n${log}`);
  } catch (error) {
    server.kill("SIGKILL");
    throw error;
  }
  const [base] = address.exec(log)!;
  return {
    url: (path) => `${base}${path ? `lab/tree/${path}` : "lab"}?token=${token}&reset`,
    log: () => log,
    stop: () => stop(server),
  };
}

/** SIGTERM lets the server end its kernels first. */
async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const closed = once(server, "close");
  server.kill("SIGTERM");
  const timer = setTimeout(() => server.kill("SIGKILL"), 15_000);
  await closed;
  clearTimeout(timer);
}
