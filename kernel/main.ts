#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import type { FrontEndData } from "./frontend.js";
import { jupyterDataDirectory } from "./platform.js";
import { SHARED_BYTES } from "./threads.js";

/**
 * Entry of the kernel: `node main.js CONNECTION_FILE`, as the kernelspec has it. Starts the front
 * end's thread, and only then loads what the main thread needs: they get ready side by side.
 */

const connectionFile = process.argv[2];
if (!connectionFile) {
  process.stderr.write("usage: node main.js CONNECTION_FILE (Jupyter starts kernels this way)\n");
  process.exit(2);
}
const exit = process.exit.bind(process);
const directory = process.cwd();
const memory = new SharedArrayBuffer(SHARED_BYTES);
// Ports keep what is sent before anyone listens.
const messages = new MessageChannel();
const calls = new MessageChannel();
const workerData: FrontEndData = {
  connection: JSON.parse(readFileSync(connectionFile, "utf8")),
  shared: memory,
  main: messages.port1,
  calls: calls.port1,
  directory,
  historyFile: join(jupyterDataDirectory(), "cellkernel", "history.jsonl"),
};
const transferList = [messages.port1, calls.port1];
const frontEnd = new Worker(new URL("./frontend.js", import.meta.url), { workerData, transferList });
frontEnd.on("error", (error) => {
  process.stderr.write(`cellkernel: ${error.stack}\n`);
  exit(1);
});

const { serveNotebook } = await import("./notebook.js");
serveNotebook({ frontEnd: messages.port2, calls: calls.port2, shared: new Int32Array(memory), directory });
