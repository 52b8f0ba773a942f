import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/**
 * Runs a command in a shell, in the notebook's folder; what it prints stands below the cell (`inherit.ts`).
 *
 * @throws when it fails
 */
export async function runCommand(command: string, isNpm: boolean, directory: string): Promise<void> {
  // For what npm starts: the Node that runs need not be in the path of Jupyter.
  const PATH = [process.env.PATH, dirname(process.execPath)].join(delimiter);
  // Without a prefix, npm would look for a project further up. A server that npm itself has started hands its own settings
  // down, `--silent` among them: they are not the notebook's.
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = isNpm ? { ...Object.fromEntries(inherited), PATH, ...NPM } : process.env;
  const line = isNpm ? `${command.replace(/^npm/, npm)} --prefix .` : command;
  const child = spawn(line, { shell: true, cwd: directory, env, stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", reject).on("close", (...ended) => resolve(ended));
  });
  if (code !== 0) throw new Error(`${command}: ${signal ? `ended by ${signal}` : `exit code ${code}`}`);
}

/** The npm that came with the Node that runs, on Windows and elsewhere; `npm` where that came without. */
function npm(): string {
  const folder = dirname(process.execPath);
  const cli = [".", "../lib"]
    .map((place) => join(folder, place, "node_modules", "npm", "bin", "npm-cli.js"))
    .find((path) => existsSync(path));
  return cli ? `"${process.execPath}" "${cli}"` : "npm";
}

/** What npm says beside its work is for those who work on a project. */
const NPM = { npm_config_fund: "false", npm_config_audit: "false", npm_config_update_notifier: "false" };
