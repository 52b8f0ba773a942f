import { spawnSync } from "node:child_process";

/** How a command ended. */
export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** `cellkernel ARGS`, as a user runs it. */
export function cellkernel(...args: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/src/cli/main.js", ...args], {
    encoding: "utf8",
  });
  return { status: status!, stdout, stderr };
}

let runs = 0;

/** The same in this process, which is quicker: one command at a time, since what it prints is the console's. */
export async function cellkernelHere(...args: string[]): Promise<Ended> {
  const { argv, exitCode } = process;
  const { log, error } = console;
  const printed = { stdout: "", stderr: "" };
  const signals = ["SIGINT", "SIGTERM"] as const;
  const listeners = signals.map((signal) => process.rawListeners(signal));
  console.log = (text) => {
    printed.stdout += `${text}\n`;
  };
  console.error = (text) => {
    printed.stderr += `${text}\n`;
  };
  process.argv = [argv[0], "cellkernel", ...args];
  try {
    // The program is this module; by another name it runs again.
    await import(`../../src/cli/main.js?run=${runs++}`);
    return { status: Number(process.exitCode), ...printed };
  } finally {
    Object.assign(console, { log, error });
    Object.assign(process, { argv, exitCode });
    signals.forEach((signal, i) => {
      for (const listener of process.rawListeners(signal))
        if (!listeners[i].includes(listener)) process.removeListener(signal, listener as () => void);
    });
  }
}
