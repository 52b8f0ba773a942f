import { Session } from "node:inspector";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Publisher, Reply, Router } from "zeromq";
import { History } from "./history.js";
import { kernelInfo } from "./info.js";
import { IoPub } from "./iopub.js";
import { type Call, LanguageClient } from "./language/client.js";
import { LanguageProcess } from "./language/start.js";
import { address, canSignal, descendants, isOrphan, signal } from "./platform.js";
import { Phase, Slot, type ToFrontEnd, type ToMain } from "./threads.js";
import { type ConnectionInfo, type Header, type Message, Wire } from "./wire.js";

/** The thread of the front end: sockets, queue, replies, heartbeat, interrupts. */

/** What main hands to this thread. */
export interface FrontEndData {
  connection: ConnectionInfo;
  shared: SharedArrayBuffer;
  /** Over which main calls the language process, which is this thread's. */
  calls: MessagePort;
  directory: string;
  historyFile?: string;
}

/** How long the main thread may take to notice an interrupt before force is used. */
const PATIENCE_MS = 150;
/** After an error, requests that were on their way before the client could know of it are aborted too. */
const ABORT_WINDOW_MS = 10;
/** A shutdown that the main thread does not finish by itself in this time is forced. */
const SHUTDOWN_MS = 1500;

const data = workerData as FrontEndData;
const main = parentPort!;
const shared = new Int32Array(data.shared);
const wire = new Wire(data.connection);
const languageProcess = new LanguageProcess(data.directory);
const language = new LanguageClient(languageProcess);
const history = new History(data.historyFile);
const shell = new Router({ sendHighWaterMark: 0 });
const control = new Router({ sendHighWaterMark: 0 });
const stdin = new Router({ sendHighWaterMark: 0 });
const heartbeat = new Reply();
const publisher = new Publisher({ sendHighWaterMark: 0 });
const iopub = new IoPub(publisher, wire);

const queue: Message[] = [];
let running: Message | undefined;
let count = 0;
let heard = 0;
let finished: ((message: Extract<ToFrontEnd, { kind: "done" }>) => void) | undefined;
const commInfo = new Map<number, (comms: object) => void>();
let commInfoCount = 0;

const tell = (message: ToMain) => main.postMessage(message);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function reply(socket: Router, request: Message, type: string, content: object): Promise<void> {
  await iopub.flush();
  await socket.send(wire.encode({ type, content, parent: request.header }, request.ids));
}

/** The state that front ends show is of the last message: say again that a cell is running. */
function idle(parent: Header): void {
  iopub.status("idle", parent);
  if (running && running.header.msg_id !== parent.msg_id) iopub.status("busy", running.header);
}

type Answer = [type: string, content: object];

const answers: Record<string, (content: Record<string, unknown>) => Answer | Promise<Answer>> = {
  kernel_info_request: () => ["kernel_info_reply", kernelInfo],
  complete_request: async ({ code, cursor_pos }) => [
    "complete_reply",
    { status: "ok", ...(await language.complete(String(code ?? ""), Number(cursor_pos ?? 0))) },
  ],
  inspect_request: async ({ code, cursor_pos }) => [
    "inspect_reply",
    { status: "ok", ...(await language.inspect(String(code ?? ""), Number(cursor_pos ?? 0))) },
  ],
  is_complete_request: async ({ code }) => [
    "is_complete_reply",
    await language.isComplete(String(code ?? "")),
  ],
  history_request: (content) => ["history_reply", { status: "ok", history: history.query(content) }],
  comm_info_request: ({ target_name }) =>
    new Promise((resolve) => {
      const id = commInfoCount++;
      commInfo.set(id, (comms) => resolve(["comm_info_reply", { status: "ok", comms }]));
      tell({ kind: "comm info", id, target: target_name ? String(target_name) : undefined });
    }),
};

/** Answers a request that need not wait for the cells before it. */
async function answer(socket: Router, request: Message): Promise<void> {
  const type = request.header.msg_type;
  iopub.status("busy", request.header);
  try {
    const [replyType, content] = await answers[type](request.content);
    await reply(socket, request, replyType, content);
  } catch (error) {
    const content = { status: "error", ename: "KernelError", evalue: String(error), traceback: [] };
    await reply(socket, request, type.replace("_request", "_reply"), content);
  }
  idle(request.header);
}

async function execute(request: Message): Promise<void> {
  const { code, silent, store_history, stop_on_error, user_expressions, allow_stdin } = request.content;
  const source = String(code ?? "");
  running = request;
  iopub.status("busy", request.header);
  if (!silent) {
    if (store_history !== false) {
      count++;
      history.add(count, source);
    }
    const content = { code: source, execution_count: count };
    iopub.publish({ type: "execute_input", content, parent: request.header });
  }
  const { outcome } = await new Promise<Extract<ToFrontEnd, { kind: "done" }>>((resolve) => {
    finished = resolve;
    const order = {
      code: source,
      count,
      silent: Boolean(silent),
      allowStdin: allow_stdin !== false,
      expressions: (user_expressions ?? {}) as Record<string, string>,
      parent: request.header,
    };
    tell({ kind: "execute", order });
  });
  const aborted: Message[] = [];
  if (outcome.status === "error" && stop_on_error !== false) {
    await sleep(ABORT_WINDOW_MS);
    aborted.push(...queue.splice(0));
  }
  await reply(shell, request, "execute_reply", { ...outcome, execution_count: count, payload: [] });
  running = undefined;
  iopub.status("idle", request.header);
  for (const each of aborted) {
    iopub.status("busy", each.header);
    await reply(shell, each, "execute_reply", { status: "aborted", execution_count: count });
    iopub.status("idle", each.header);
  }
}

async function drainQueue(): Promise<void> {
  if (running) return;
  for (let next = queue.shift(); next; next = queue.shift()) await execute(next);
}

/** Ends what the main thread is doing, by the gentlest means that works. */
async function interrupt(): Promise<void> {
  if (Atomics.load(shared, Slot.phase) === Phase.idle) return;
  Atomics.store(shared, Slot.interrupt, 1);
  const before = heard;
  tell({ kind: "interrupt" });
  await sleep(PATIENCE_MS);
  if (heard !== before || Atomics.load(shared, Slot.phase) === Phase.idle) return;
  // The thread is inside synchronous code that was not compiled by us, or waits for a child process.
  const helpers = descendants(process.pid).filter((pid) => pid !== languageProcess.pid);
  signal(helpers, "SIGINT");
  if (Atomics.load(shared, Slot.phase) === Phase.synchronous) {
    if (canSignal) signal([process.pid], "SIGINT");
    return;
  }
  // Safe in a microtask only, hence not in the synchronous phase. The session must not stay
  // connected: the process would wait for it when it exits.
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution", () => session.disconnect());
}

async function shutDown(socket: Router, request: Message): Promise<void> {
  iopub.status("busy", request.header);
  const content = { status: "ok", restart: Boolean(request.content.restart) };
  iopub.publish({ type: "shutdown_reply", content, parent: request.header });
  await reply(socket, request, "shutdown_reply", content);
  iopub.status("idle", request.header);
  await iopub.flush();
  if (Atomics.load(shared, Slot.phase) !== Phase.idle) await interrupt();
  tell({ kind: "shutdown" });
  await sleep(SHUTDOWN_MS);
  signal([...descendants(process.pid), process.pid], "SIGKILL");
}

function closeSockets(): void {
  for (const socket of [shell, control, stdin, heartbeat, publisher]) socket.close();
}

async function handle(socket: Router, frames: Uint8Array[]): Promise<void> {
  let request: Message;
  try {
    request = wire.decode(frames);
  } catch (error) {
    process.stderr.write(`cellkernel: dropped a message: ${(error as Error).message}\n`);
    return;
  }
  const type = request.header.msg_type;
  if (type === "execute_request") {
    queue.push(request);
    await drainQueue();
  } else if (type === "interrupt_request") {
    iopub.status("busy", request.header);
    const done = interrupt();
    await reply(socket, request, "interrupt_reply", { status: "ok" });
    idle(request.header);
    await done;
  } else if (type === "shutdown_request") {
    await shutDown(socket, request);
  } else if (type === "comm_open" || type === "comm_msg" || type === "comm_close") {
    // Past the queue: a Stop button must work while a cell runs.
    iopub.status("busy", request.header);
    tell({ kind: "comm", type, content: request.content, buffers: request.buffers, parent: request.header });
  } else if (type in answers) {
    await answer(socket, request);
  } else {
    process.stderr.write(`cellkernel: unknown message type ${type}\n`);
  }
}

async function serve(socket: Router): Promise<void> {
  for await (const frames of socket) void handle(socket, frames);
}

async function serveStdin(): Promise<void> {
  for await (const frames of stdin) {
    try {
      const message = wire.decode(frames);
      if (message.header.msg_type === "input_reply") {
        tell({ kind: "input", value: String(message.content.value ?? "") });
      }
    } catch (error) {
      process.stderr.write(`cellkernel: dropped a message: ${(error as Error).message}\n`);
    }
  }
}

async function serveHeartbeat(): Promise<void> {
  for await (const frames of heartbeat) await heartbeat.send(frames);
}

data.calls.on("message", async (call: Call) => data.calls.postMessage(await language.relay(call)));

main.on("message", (message: ToFrontEnd) => {
  if (message.kind === "publish") iopub.publish(message.message);
  else if (message.kind === "done") finished?.(message);
  else if (message.kind === "comm done") idle(message.parent);
  else if (message.kind === "interrupted") heard++;
  else if (message.kind === "comm info") {
    commInfo.get(message.id)?.(message.comms);
    commInfo.delete(message.id);
  } else if (message.kind === "input" && running) {
    const content = { prompt: message.prompt, password: message.password };
    const frames = wire.encode({ type: "input_request", content, parent: running.header }, running.ids);
    void iopub.flush().then(() => stdin.send(frames));
  } else if (message.kind === "gone") {
    // The sockets must be closed before the process ends, or ZeroMQ crashes it.
    void iopub.flush().then(() => {
      closeSockets();
      main.postMessage({ kind: "closed" });
    });
  }
});

const at = (port: number) => address(data.connection, port);
await Promise.all([
  shell.bind(at(data.connection.shell_port)),
  control.bind(at(data.connection.control_port)),
  stdin.bind(at(data.connection.stdin_port)),
  heartbeat.bind(at(data.connection.hb_port)),
  publisher.bind(at(data.connection.iopub_port)),
]);
iopub.status("starting");
void serve(shell);
void serve(control);
void serveStdin();
void serveHeartbeat();

const parentAtStart = process.ppid;
setInterval(() => {
  if (isOrphan(parentAtStart)) process.kill(process.pid, "SIGKILL");
}, 2000).unref();
