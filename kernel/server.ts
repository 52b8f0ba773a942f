import type { Router } from "zeromq";
import { withMembers } from "./completion.js";
import type { FrontEndData } from "./frontend.js";
import { History } from "./history.js";
import { kernelInfo } from "./info.js";
import { Interrupter } from "./interrupter.js";
import { IoPub } from "./iopub.js";
import { type Call, LanguageClient } from "./language/client.js";
import type { LanguageProcess } from "./language/start.js";
import { log } from "./log.js";
import type { Member } from "./members.js";
import { isOrphan, signal } from "./platform.js";
import { roughlyComplete } from "./roughly.js";
import { Sockets } from "./sockets.js";
import { type Outcome, Slot, type ToFrontEnd, type ToMain } from "./threads.js";
import { type Header, type Message, Wire } from "./wire.js";

/** After an error, requests that were on their way before the client could know of it are aborted too. */
const ABORT_WINDOW_MS = 10;
/** A shutdown that the main thread does not finish by itself in this time is forced. */
const SHUTDOWN_MS = 1500;
/** Child processes of cells that have not ended by then are killed. */
const CHILDREN_MS = 200;
/** How often we look whether whoever started us is still there. */
const ORPHAN_MS = 2000;

/** Until then a completion has what main can add to it. */
const BUSY_MS = 150;
/** A language process that starts is not waited for longer. */
const WARM_MS = 250;

/** What can be asked of main. */
type Question = { kind: "comm info"; target?: string } | { kind: "members"; path: string[] };

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Content = Record<string, unknown>;
type Answer = [type: string, content: object];

/** The answer, unless it takes longer than that. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([answer.finally(() => clearTimeout(timer)), late]);
}

/** The front end's side of the kernel: queues, replies, tells everyone what happens. */
export class Server {
  readonly #sockets: Sockets;
  readonly #iopub: IoPub;
  readonly #wire: Wire;
  readonly #language: LanguageClient;
  readonly #history: History;
  readonly #interrupter: Interrupter;
  readonly #shared: Int32Array;
  readonly #tell: (message: ToMain) => void;
  readonly #queue: [socket: Router, request: Message][] = [];
  readonly #questions = new Map<number, (answer: object) => void>();
  #running: [socket: Router, request: Message] | undefined;
  #finished: (outcome: Outcome) => void = () => {};
  #count = 0;
  #asked = 0;

  constructor(data: FrontEndData, languageProcess: LanguageProcess) {
    this.#wire = new Wire(data.connection);
    this.#sockets = new Sockets(this.#wire);
    this.#iopub = new IoPub(this.#sockets.iopub, this.#wire);
    this.#language = new LanguageClient(languageProcess);
    this.#history = new History(data.historyFile);
    this.#tell = (message) => data.main.postMessage(message);
    this.#shared = new Int32Array(data.shared);
    this.#interrupter = new Interrupter(
      this.#shared,
      () => this.#tell({ kind: "interrupt" }),
      () => languageProcess.pid,
    );
    data.main.on("message", (message: ToFrontEnd) => this.#hear(message));
    data.calls.on("message", async (call: Call) => data.calls.postMessage(await this.#language.relay(call)));
  }

  async serve(connection: FrontEndData["connection"]): Promise<void> {
    const { shell, control, stdin } = this.#sockets;
    await this.#sockets.bind(connection);
    this.#iopub.status("starting");
    for (const socket of [shell, control]) {
      void this.#sockets.serve(socket, (request) => void this.#handle(socket, request));
    }
    void this.#sockets.serve(stdin, ({ header, content }) => {
      if (header.msg_type !== "input_reply") return;
      this.#tell({ kind: "input", value: String(content.value ?? "") });
      Atomics.add(this.#shared, Slot.answers, 1);
      Atomics.notify(this.#shared, Slot.answers);
    });
    const parent = process.ppid;
    setInterval(() => {
      if (isOrphan(parent)) signal([process.pid], "SIGKILL");
    }, ORPHAN_MS).unref();
  }

  async #handle(socket: Router, request: Message): Promise<void> {
    const type = request.header.msg_type;
    if (type === "execute_request") {
      this.#queue.push([socket, request]);
      await this.#drainQueue();
    } else if (type === "interrupt_request") {
      this.#iopub.status("busy", request.header);
      const done = this.#interrupter.interrupt();
      await this.#reply(socket, request, "interrupt_reply", { status: "ok" });
      this.#idle(request.header);
      await done;
    } else if (type === "shutdown_request") {
      await this.#shutDown(socket, request);
    } else if (type === "comm_open" || type === "comm_msg" || type === "comm_close") {
      // Past the queue: a Stop button must work while a cell runs.
      this.#iopub.status("busy", request.header);
      const { content, metadata, buffers, header } = request;
      this.#tell({ kind: "comm", message: { type, content, metadata, buffers, parent: header } });
    } else if (Object.hasOwn(this.#answers, type)) {
      await this.#answer(socket, request);
    } else {
      log(`unknown message type ${type}`);
    }
  }

  /** What is answered at once, whether or not a cell runs. */
  readonly #answers: Record<string, (content: Content) => Answer | Promise<Answer>> = {
    kernel_info_request: () => ["kernel_info_reply", kernelInfo],
    complete_request: async ({ code, cursor_pos }) => {
      const { content, ask } = await this.#language.complete(String(code ?? ""), Number(cursor_pos ?? 0));
      // A cell that computes answers nothing.
      const members = ask && (await within(BUSY_MS, this.#ask({ kind: "members", path: ask.path })));
      const completed = ask && members ? withMembers(content, ask, members as Member[]) : content;
      return ["complete_reply", { status: "ok", ...completed }];
    },
    inspect_request: async ({ code, cursor_pos }) => {
      const content = await this.#language.inspect(String(code ?? ""), Number(cursor_pos ?? 0));
      return ["inspect_reply", { status: "ok", ...content }];
    },
    is_complete_request: async ({ code }) => {
      const text = String(code ?? "");
      // A console waits no longer than a second; the language process may not be there yet.
      const answer = await within(WARM_MS, this.#language.isComplete(text));
      return ["is_complete_reply", answer ?? roughlyComplete(text)];
    },
    history_request: (content) => ["history_reply", { status: "ok", history: this.#history.query(content) }],
    comm_info_request: async ({ target_name }) => {
      const target = target_name ? String(target_name) : undefined;
      return ["comm_info_reply", { status: "ok", comms: await this.#ask({ kind: "comm info", target }) }];
    },
  };

  /** Asks main, which answers when it is at leisure. */
  #ask(question: Question): Promise<object> {
    return new Promise((resolve) => {
      const id = this.#asked++;
      this.#questions.set(id, resolve);
      this.#tell({ ...question, id });
    });
  }

  async #answer(socket: Router, request: Message): Promise<void> {
    const type = request.header.msg_type;
    this.#iopub.status("busy", request.header);
    try {
      const [replyType, content] = await this.#answers[type](request.content);
      await this.#reply(socket, request, replyType, content);
    } catch (error) {
      const content = { status: "error", ename: "KernelError", evalue: String(error), traceback: [] };
      await this.#reply(socket, request, type.replace("_request", "_reply"), content);
    }
    this.#idle(request.header);
  }

  async #reply(socket: Router, request: Message, type: string, content: object): Promise<void> {
    await this.#iopub.flush();
    await this.#sockets.reply(socket, request, type, content);
  }

  /** Front ends show the state that they heard last: say again that a cell is running. */
  #idle(parent: Header): void {
    this.#iopub.status("idle", parent);
    const running = this.#running?.[1];
    if (running && running.header.msg_id !== parent.msg_id) this.#iopub.status("busy", running.header);
  }

  async #drainQueue(): Promise<void> {
    if (this.#running) return;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) await this.#execute(...next);
  }

  async #execute(socket: Router, request: Message): Promise<void> {
    this.#running = [socket, request];
    this.#iopub.status("busy", request.header);
    const outcome = await this.#run(request);
    const aborted: [Router, Message][] = [];
    if (outcome.status === "error" && request.content.stop_on_error !== false) {
      await sleep(ABORT_WINDOW_MS);
      aborted.push(...this.#queue.splice(0));
    }
    const execution_count = this.#count;
    await this.#reply(socket, request, "execute_reply", { ...outcome, execution_count, payload: [] });
    this.#running = undefined;
    this.#iopub.status("idle", request.header);
    for (const [from, each] of aborted) {
      this.#iopub.status("busy", each.header);
      await this.#reply(from, each, "execute_reply", { status: "aborted" });
      this.#iopub.status("idle", each.header);
    }
  }

  #run(request: Message): Promise<Outcome> {
    const { silent, store_history, user_expressions, allow_stdin } = request.content;
    const code = String(request.content.code ?? "");
    const parent = request.header;
    if (!silent) {
      if (store_history !== false) this.#history.add(++this.#count, code);
      this.#iopub.publish({ type: "execute_input", content: { code, execution_count: this.#count }, parent });
    }
    const order = {
      code,
      count: this.#count,
      silent: Boolean(silent),
      allowStdin: allow_stdin !== false,
      expressions: (user_expressions ?? {}) as Record<string, string>,
      parent,
    };
    return new Promise((resolve) => {
      this.#finished = resolve;
      this.#tell({ kind: "execute", order });
    });
  }

  #hear(message: ToFrontEnd): void {
    if (message.kind === "publish") this.#iopub.publish(message.message);
    else if (message.kind === "done") this.#finished(message.outcome);
    else if (message.kind === "interrupted") this.#interrupter.heard();
    else if (message.kind === "comm done") this.#idle(message.parent);
    else if (message.kind === "answer") {
      this.#questions.get(message.id)?.(message.answer);
      this.#questions.delete(message.id);
    } else if (message.kind === "input") void this.#askUser(message.prompt, message.password);
    else void this.#leave();
  }

  /** Asks the client that sent the running cell. */
  async #askUser(prompt: string, password: boolean): Promise<void> {
    if (!this.#running) return;
    await this.#reply(this.#sockets.stdin, this.#running[1], "input_request", { prompt, password });
  }

  async #shutDown(socket: Router, request: Message): Promise<void> {
    const content = { status: "ok", restart: Boolean(request.content.restart) };
    this.#iopub.status("busy", request.header);
    this.#iopub.publish({ type: "shutdown_reply", content, parent: request.header });
    await this.#reply(socket, request, "shutdown_reply", content);
    this.#iopub.status("idle", request.header);
    await this.#iopub.flush();
    await this.#interrupter.interrupt();
    this.#tell({ kind: "shutdown" });
    await sleep(SHUTDOWN_MS);
    signal([...this.#interrupter.helpers(), process.pid], "SIGKILL");
  }

  async #leave(): Promise<void> {
    await this.#iopub.flush();
    // What was asked to end, and does not.
    if (this.#interrupter.helpers().length > 0) await sleep(CHILDREN_MS);
    signal(this.#interrupter.helpers(), "SIGKILL");
    this.#sockets.close();
    this.#tell({ kind: "closed" });
  }
}
