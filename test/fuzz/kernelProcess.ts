import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import type { ConnectionInfo } from "../../kernel/connection.js";
import { address } from "../../kernel/platform.js";
import { type Message, Wire } from "../../kernel/wire.js";

const KEY = "fuzz";

/** What a cell came to. */
export interface CellResult {
  status: string;
  /** What it printed. */
  stdout: string;
  /** text/plain of its value. */
  value?: string;
  evalue?: string;
}

/** Our kernel, spoken to as a front end does. */
export class KernelProcess {
  readonly wire: Wire;
  private readonly heard: Message[] = [];
  private listening: () => void = () => {};

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly connection: ConnectionInfo,
    readonly shell: Dealer,
    private readonly iopub: Subscriber,
  ) {
    this.wire = new Wire(connection);
    for (const socket of [shell, iopub]) void this.listen(socket);
  }

  static async start(): Promise<KernelProcess> {
    const folder = mkdtempSync(join(tmpdir(), "fuzz-kernel-"));
    const connection: ConnectionInfo = {
      ...{ transport: "ipc", ip: join(folder, "socket"), key: KEY, signature_scheme: "hmac-sha256" },
      ...{ shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 },
    };
    const file = join(folder, "connection.json");
    writeFileSync(file, JSON.stringify(connection));
    const child = spawn(process.execPath, ["dist/kernel/main.js", file], {
      env: { ...process.env, JUPYTER_DATA_DIR: folder },
      stdio: ["ignore", "ignore", "ignore"],
    });
    const shell = new Dealer({ linger: 0 });
    shell.connect(address(connection, connection.shell_port));
    const iopub = new Subscriber({ linger: 0 });
    iopub.connect(address(connection, connection.iopub_port));
    iopub.subscribe("");
    const kernel = new KernelProcess(child, folder, connection, shell, iopub);
    if (!(await kernel.run("1", 60))) throw new Error("the kernel did not start");
    return kernel;
  }

  /** Runs a cell; undefined where there is no reply in time. */
  async run(code: string, seconds = 20): Promise<CellResult | undefined> {
    const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
    const frames = this.wire.encode({ type: "execute_request", content }, []);
    await this.shell.send(frames);
    return this.result(idOf(frames), seconds);
  }

  /** What a cell that was sent has come to. */
  async result(id: string, seconds: number): Promise<CellResult | undefined> {
    const end = performance.now() + 1000 * seconds;
    const of = (type: string) =>
      this.heard.filter(({ header, parent_header: { msg_id } }) => header.msg_type === type && msg_id === id);
    const isDone = () =>
      of("execute_reply").length > 0 &&
      of("status").some(({ content }) => content.execution_state === "idle");
    while (!isDone()) {
      const left = end - performance.now();
      if (left <= 0 || this.child.exitCode !== null) return undefined;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.listening = resolve;
        timer = setTimeout(resolve, Math.min(left, 1000));
      });
      clearTimeout(timer);
    }
    const [reply] = of("execute_reply");
    const value = of("execute_result")[0]?.content.data as Record<string, string> | undefined;
    const stdout = of("stream").map(({ content }) => (content.name === "stdout" ? content.text : ""));
    const result = {
      ...{ status: String(reply.content.status), stdout: stdout.join("") },
      ...{ value: value?.["text/plain"], evalue: reply.content.evalue as string | undefined },
    };
    this.heard.length = 0;
    return result;
  }

  /** Megabytes that its main process holds; 0 where the system doesn't say. */
  megabytes(): number {
    const status = `/proc/${this.child.pid}/status`;
    if (!existsSync(status)) return 0;
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1] ?? 0) / 1024;
  }

  async close(): Promise<void> {
    this.shell.close();
    this.iopub.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async listen(socket: Dealer | Subscriber): Promise<void> {
    try {
      for await (const frames of socket) {
        this.heard.push(this.wire.decode(frames));
        this.listening();
      }
    } catch {
      // Closed meanwhile.
    }
  }
}

/** The id of a message that was written by `Wire`. */
export function idOf(frames: Uint8Array[]): string {
  const at = frames.findIndex((frame) => Buffer.from(frame).toString() === "<IDS|MSG>");
  return JSON.parse(Buffer.from(frames[at + 2]).toString()).msg_id;
}
