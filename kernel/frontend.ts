import { type MessagePort, workerData } from "node:worker_threads";
import type { ConnectionInfo } from "./connection.js";
import { LanguageProcess } from "./language/start.js";

/** What main hands to the front end's thread. */
export interface FrontEndData {
  connection: ConnectionInfo;
  shared: SharedArrayBuffer;
  main: MessagePort;
  /** Over which main calls the language process, which is this thread's. */
  calls: MessagePort;
  directory: string;
  historyFile?: string;
}

// The language process takes longest to get ready: it is started before the sockets are even loaded.
const data = workerData as FrontEndData;
const languageProcess = new LanguageProcess(data.directory);
const { Server } = await import("./server.js");
await new Server(data, languageProcess).serve(data.connection);
