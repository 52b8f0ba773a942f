import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repositoryFiles } from "../structure/sources.js";

/** Programs of the machine that Binder's image does not owe to us. */
const NODE = /^(node|nodejs|npm|npx|corepack|yarn|yarnpkg|pnpm)$/;
/** Settings by which pip and npm of this machine reach their registries. */
const REACH = /^pip_|_proxy$|cert|ca_bundle/i;

/**
 * What repo2docker makes of the repository, without Docker: a clone that is also the user's home, an environment of Python,
 * `binder/requirements.txt` in it, then `binder/postBuild`. There is no Node and no npm but what these bring.
 */
export class Image {
  readonly root = mkdtempSync(join(tmpdir(), "cellkernel-binder-"));
  readonly clone = join(this.root, "clone");
  readonly prefix = join(this.root, "environment");
  readonly #tools = join(this.root, "tools");

  constructor() {
    for (const path of repositoryFiles()) {
      mkdirSync(dirname(join(this.clone, path)), { recursive: true });
      cpSync(path, join(this.clone, path));
    }
    mkdirSync(this.#tools);
    const programs = ["/bin", "/usr/bin"].flatMap((folder) =>
      readdirSync(folder).map((name) => [name, join(folder, name)] as const),
    );
    // The later one of two of the same name, which mostly are one.
    for (const [name, path] of new Map(programs))
      if (!NODE.test(name)) symlinkSync(path, join(this.#tools, name));
    const { VIRTUAL_ENV: _, ...env } = process.env;
    const python = process.env.PYTHON || "python3";
    ended(spawnSync(python, ["-m", "venv", this.prefix], { encoding: "utf8", env }), "venv");
  }

  /** The variables of a session. */
  get environment(): Record<string, string> {
    return {
      HOME: this.clone,
      PATH: [join(this.clone, ".local/bin"), join(this.prefix, "bin"), this.#tools].join(":"),
      LANG: "C.UTF-8",
    };
  }

  /** Runs a step of the build; returns what it printed. The caches of this machine's pip and npm serve. */
  build(program: string, ...args: string[]): string {
    const home = homedir();
    const pipConfig = join(home, ".config/pip/pip.conf");
    const env = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => REACH.test(name))),
      PIP_CACHE_DIR: process.env.PIP_CACHE_DIR ?? join(home, ".cache/pip"),
      ...(existsSync(pipConfig) && { PIP_CONFIG_FILE: pipConfig }),
      npm_config_cache: process.env.npm_config_cache ?? join(home, ".npm"),
      npm_config_userconfig: process.env.npm_config_userconfig ?? join(home, ".npmrc"),
      ...this.environment,
    };
    return ended(spawnSync(program, args, { cwd: this.clone, encoding: "utf8", env }), program);
  }

  /** Paths of the clone's files. */
  files(): string[] {
    return readdirSync(this.clone, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.clone.length + 1))
      .sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function ended(run: ReturnType<typeof spawnSync>, name: string): string {
  if (run.status !== 0) throw new Error(`${name}: ${run.error ?? run.status}\n${run.stdout}${run.stderr}`);
  return String(run.stdout);
}
