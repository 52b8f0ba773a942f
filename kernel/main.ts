#!/usr/bin/env node
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { bindTimers, type Cell, context } from "./cell.js";
import { Comms } from "./comms.js";
import { Executor } from "./executor.js";
import type { FrontEndData } from "./frontend.js";
import { installGlobals } from "./globals.js";
import { LanguageClient } from "./language/client.js";
import { Output } from "./output.js";
import { descendants, jupyterDataDirectory, signal } from "./platform.js";
import { NotebookSession } from "./session.js";
import { SHARED_BYTES, type ToFrontEnd, type ToMain } from "./threads.js";
import { importTslab } from "./tslab.js";
import type { ConnectionInfo, Outgoing } from "./wire.js";

/** Entry of the kernel: `node main.js CONNECTION_FILE`, as the kernelspec has it. */

const exit = process.exit.bind(process);

const connectionFile = process.argv[2];
if (!connectionFile) {
  process.stderr.write("usage: node main.js CONNECTION_FILE (Jupyter starts kernels this way)\n");
  exit(2);
}
const connection = JSON.parse(readFileSync(connectionFile, "utf8")) as ConnectionInfo;
const directory = process.cwd();
const memory = new SharedArrayBuffer(SHARED_BYTES);
const shared = new Int32Array(memory);

const { port1, port2 } = new MessageChannel();
const frontEndData: FrontEndData = {
  connection,
  shared: memory,
  calls: port1,
  directory,
  historyFile: join(jupyterDataDirectory(), "cellkernel", "history.jsonl"),
};
const frontEnd = new Worker(new URL("./frontend.js", import.meta.url), {
  workerData: frontEndData,
  transferList: [port1],
});
frontEnd.on("error", (error) => {
  process.stderr.write(`cellkernel: ${error.stack}\n`);
  exit(1);
});

const tell = (message: ToFrontEnd) => frontEnd.postMessage(message);
const publish = (message: Outgoing) => tell({ kind: "publish", message });
const language = new LanguageClient(port2);
const output = new Output(publish);
const comms = new Comms(publish);
const executor = new Executor(language, shared, directory, { tslab: () => importTslab(output) });
const session = new NotebookSession(executor, language, output, shared);

let answerInput: ((value: string) => void) | undefined;

function ask(prompt: string, password: boolean): Promise<string> {
  const cell = context.current;
  if (!cell?.allowStdin)
    throw new Error("input() needs a front end that can ask; this one does not allow it");
  const answer = new Promise<string>((resolve) => {
    answerInput = resolve;
  });
  tell({ kind: "input", prompt, password });
  return Promise.race([answer, cell.failed]);
}

/** Child processes, each with the cell that started it. */
const children = new Map<ChildProcess, Cell | undefined>();
subscribe("child_process", (message) => {
  const child = (message as { process: ChildProcess }).process;
  children.set(child, context.current);
  child.once("exit", () => children.delete(child));
});

/** Ends a child process and what it has started itself. */
function end(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined) signal([child.pid, ...descendants(child.pid)], name);
}

function interrupt(): void {
  tell({ kind: "interrupted" });
  for (const [child, cell] of children) if (cell === context.running) end(child, "SIGINT");
  session.interrupt();
}

function shutDown(): void {
  session.interrupt();
  for (const child of children.keys()) end(child, "SIGTERM");
  tell({ kind: "gone" });
}

frontEnd.on("message", (message: ToMain | { kind: "closed" }) => {
  if (message.kind === "execute") {
    void session.execute(message.order).then((outcome) => tell({ kind: "done", outcome }));
  } else if (message.kind === "comm") {
    try {
      comms.receive(message.type, message.content, message.buffers, message.parent, context.running);
    } catch (error) {
      session.uncaught(error);
    }
    tell({ kind: "comm done", parent: message.parent });
  } else if (message.kind === "comm info") {
    tell({ kind: "comm info", id: message.id, comms: comms.info(message.target) });
  } else if (message.kind === "input") answerInput?.(message.value);
  else if (message.kind === "interrupt") interrupt();
  else if (message.kind === "shutdown") shutDown();
  else if (message.kind === "closed") exit(0);
});

process.on("uncaughtException", (error) => session.uncaught(error));
process.on("unhandledRejection", (reason) => session.uncaught(reason));
// Interrupts come as messages; a signal that finds no synchronous cell to end is late.
process.on("SIGINT", () => {});
process.on("SIGTERM", shutDown);
process.exit = (code) => {
  throw new Error(`process.exit(${code ?? ""}) would end the kernel: restart it from the menu instead`);
};

// What the kernel itself uses of Node's experimental parts is no news for a cell.
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") process.stderr.write(`${warning.name}: ${warning.message}\n`);
});
bindTimers();
output.captureStreams();
installGlobals(output, comms, ask);
