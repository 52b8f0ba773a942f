import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { until } from "../../test/support/processes.js";

/** The environment with jupyter-scatter. */
export const PEER = ".venv-views";

/** One JupyterLab, ours, that knows both kernels and both extensions. */
export interface Lab {
  url(notebook: string): string;
  stop(): Promise<void>;
}

/** @param folder what it serves */
export async function startLab(folder: string): Promise<Lab> {
  const share = resolve(folder, ".jupyter");
  const kernel = join(share, "kernels/jupyter-scatter");
  mkdirSync(kernel, { recursive: true });
  const argv = [resolve(PEER, "bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"];
  const spec = { argv, display_name: "jupyter-scatter", language: "python" };
  writeFileSync(join(kernel, "kernel.json"), JSON.stringify(spec));
  const args = [
    ...["lab", "--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"],
    ...["--IdentityProvider.token=bench", `--ServerApp.root_dir=${resolve(folder)}`],
    ...["--LabApp.expose_app_in_browser=True"],
  ];
  const server = spawn(resolve(".venv/bin/jupyter"), args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, JUPYTER_PATH: [share, resolve(PEER, "share/jupyter")].join(":") },
  });
  let log = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (chunk) => {
      log += chunk;
    });
  const address = /http:\/\/127\.0\.0\.1:(\d+)\//;
  await until("JupyterLab to start", () => server.exitCode !== null || address.test(log), 120);
  const [base] = address.exec(log) ?? [];
  if (!base) throw new Error(`JupyterLab did not start:\n${log}`);
  return { url: (notebook) => `${base}lab/tree/${notebook}?token=bench&reset`, stop: () => stop(server) };
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const closed = once(server, "close");
  server.kill("SIGTERM");
  await closed;
}
