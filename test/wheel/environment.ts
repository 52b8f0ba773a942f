import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** What `npm run wheel` has built for this platform. */
export const wheel = builtWheel();

function builtWheel(): string {
  const tag = { linux: "manylinux", darwin: "macosx", win32: "win" }[process.platform as "linux"];
  const arch = { x64: /x86_64|amd64/, arm64: /aarch64|arm64/ }[process.arch as "x64"];
  const wheels = readdirSync("output/wheel").filter((name) => name.endsWith(".whl"));
  return join("output/wheel", wheels.find((name) => name.includes(tag) && arch.test(name))!);
}

/** How a program ended, with all that it printed. */
export interface Ended {
  status: number | null;
  stdout: string;
  /** Both, for messages of tests. */
  all: string;
}

const windows = process.platform === "win32";

/**
 * A fresh Python environment, at a path with a space and letters of other scripts, as on a machine that has Python alone:
 * neither Node nor npm on the search path, no variable of ours, no home.
 */
export class Environment {
  readonly root = mkdtempSync(join(tmpdir(), "cellkernel wheel 細胞 ü "));
  readonly prefix: string;

  constructor(name: string) {
    this.prefix = join(this.root, name);
    const python = process.env.PYTHON || (windows ? "python" : "python3");
    const made = spawnSync(python, ["-m", "venv", this.prefix], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`${made.stdout}${made.stderr}`);
  }

  program(name: string): string {
    return windows ? join(this.prefix, "Scripts", `${name}.exe`) : join(this.prefix, "bin", name);
  }

  /** With pip's settings and caches, which are those of the machine. */
  pip(...args: string[]): void {
    const { VIRTUAL_ENV: _, ...env } = process.env;
    const pip = ["-m", "pip", "--disable-pip-version-check", ...args];
    const { status, stdout, stderr } = spawnSync(this.program("python"), pip, { encoding: "utf8", env });
    if (status !== 0) throw new Error(`pip ${args.join(" ")}\n${stdout}${stderr}`);
  }

  /** @param path folders before that of the environment's programs */
  run(program: string, args: string[], { path = [] as string[], env = {} } = {}): Ended {
    return this.start([this.program(program), ...args], path, env);
  }

  /**
   * The same, where this machine's root may mount, with an environment that nobody can write and a home that is full: a test
   * that runs as root would write wherever permissions alone forbid it.
   */
  runReadOnly(program: string, args: string[]): Ended {
    const command = [this.program(program), ...args];
    if (spawnSync("/usr/bin/unshare", ["-m", "true"]).status !== 0) return this.start(command, [], {});
    const home = join(this.root, "home");
    mkdirSync(home, { recursive: true });
    const mounted = [
      "PATH=/usr/bin:/bin",
      'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount -t tmpfs -o size=4k none "$HOME"',
      '{ head -c 8192 /dev/zero > "$HOME/full"; } 2>&-',
      // The search path holds this environment alone, from the program on.
      'PATH="$0/bin" exec "$@"',
    ];
    const shell = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", mounted.join("\n"), this.prefix];
    return this.start([...shell, ...command], [], { HOME: home });
  }

  private start([program, ...args]: string[], path: string[], env: Record<string, string>): Ended {
    const own = join(this.root, "own");
    mkdirSync(own, { recursive: true });
    const { SystemRoot, TEMP } = process.env;
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: this.root,
      encoding: "utf8",
      env: {
        ...(windows ? { SystemRoot, TEMP } : {}),
        PATH: [...path, join(this.prefix, windows ? "Scripts" : "bin")].join(delimiter),
        // A file is no folder: nothing below it can be made.
        HOME: join(process.execPath, "nowhere"),
        // Jupyter itself does not start without these.
        JUPYTER_RUNTIME_DIR: join(own, "runtime"),
        JUPYTER_CONFIG_DIR: join(own, "config"),
        IPYTHONDIR: join(own, "ipython"),
        ...env,
      },
    });
    return { status, stdout, all: `${error ?? ""}${stdout}${stderr}` };
  }

  /** Every file and folder. */
  contents(): string[] {
    return readdirSync(this.prefix, { recursive: true, encoding: "utf8" }).sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
