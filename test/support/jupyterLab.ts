import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { until } from "./processes.js";

/** A JupyterLab of the checkout's own environment, or a Notebook 7, for tests that look at it. */
export interface JupyterLab {
  /** Address of a notebook or file, relative to the folder that it was started on; of the folder itself, where empty. */
  url(path: string): string;
  /** All that the server printed. */
  log(): string;
  stop(): Promise<void>;
}

/** What differs between the two pages that a notebook can be opened in. */
const PAGES = {
  lab: {
    environment: ".venv",
    option: "--LabApp.expose_app_in_browser=True",
    path: (notebook: string) => (notebook ? `lab/tree/${notebook}` : "lab"),
  },
  notebook: {
    environment: ".venv-notebook",
    option: "--JupyterNotebookApp.expose_app_in_browser=True",
    path: (notebook: string) => (notebook ? `notebooks/${notebook}` : "tree"),
  },
};

/** Starts JupyterLab, or Notebook 7, on a folder, on a free port, without opening a browser. */
export async function startJupyterLab(folder: string, app: "lab" | "notebook" = "lab"): Promise<JupyterLab> {
  const token = randomBytes(16).toString("hex");
  const { environment, option, path } = PAGES[app];
  const args = [
    ...[
      app,
      "--no-browser",
      "--ServerApp.port=0",
      "--ServerApp.ip=127.0.0.1",
      `--IdentityProvider.token=${token}`,
    ],
    ...[`--ServerApp.root_dir=${resolve(folder)}`, option],
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  const program = join(environment, process.platform === "win32" ? "Scripts/jupyter.exe" : "bin/jupyter");
  // Our kernel and extension lie in JupyterLab's environment.
  const env = { ...process.env, JUPYTER_PATH: resolve(".venv/share/jupyter") };
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
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
    url: (notebook) => `${base}${path(notebook)}?token=${token}&reset`,
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
