#!/usr/bin/env node
import "../src/runtime/telemetry.js";

import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { nodeFault } from "../src/support/nodeVersion.js";
import { type ConnectionInfo, readConnection } from "./connection.js";
import type { FrontEndData } from "./frontend.js";
import { log } from "./log.js";
import { jupyterDataDirectory } from "./platform.js";
import { SHARED_BYTES } from "./threads.js";

/**
 * Entry of the kernel: `node main.js CONNECTION_FILE`, as the kernelspec has it. Starts the front
 * end's thread, and only then loads what the main thread needs: they get ready side by side.
 */

const exit = process.exit.bind(process);
const connection = connect(process.argv[2]);
const directory = process.cwd();
const memory = new SharedArrayBuffer(SHARED_BYTES);
// Ports keep what is sent before anyone listens.
const messages = new MessageChannel();
const calls = new MessageChannel();
const workerData: FrontEndData = {
  connection,
  shared: memory,
  main: messages.port1,
  calls: calls.port1,
  directory,
  historyFile: join(jupyterDataDirectory(), "cellkernel", "history.jsonl"),
};
const transferList = [messages.port1, calls.port1];
const frontEnd = new Worker(new URL("./frontend.js", import.meta.url), { workerData, transferList });
frontEnd.on("error", (error) => {
  log(String(error.stack));
  exit(1);
});

const { serveNotebook } = await import("./notebook.js");
serveNotebook({ frontEnd: messages.port2, calls: calls.port2, shared: new Int32Array(memory), directory });

function connect(file: string | undefined): ConnectionInfo {
  const fault = nodeFault();
  if (fault) {
    log(fault);
    return exit(2);
  }
  if (!file) {
    log("usage: node main.js CONNECTION_FILE (Jupyter starts kernels this way)");
    return exit(2);
  }
  try {
    return readConnection(file);
  } catch (error) {
    log((error as Error).message);
    return exit(2);
  }
}
