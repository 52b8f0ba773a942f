import type { MessagePort } from "node:worker_threads";
import { Children } from "./children.js";
import { Comms } from "./comms.js";
import { context } from "./context.js";
import { cellOf, mapStacks } from "./errors.js";
import { Executor } from "./executor.js";
import { followCells, ownerOf } from "./followCells.js";
import { installGlobals } from "./globals.js";
import { Inbox } from "./inbox.js";
import { captureInherited } from "./inherit.js";
import { Input } from "./input.js";
import { LanguageClient } from "./language/client.js";
import { log } from "./log.js";
import { membersAt } from "./members.js";
import { showOriginals } from "./originals.js";
import { Output } from "./output.js";
import { NotebookSession } from "./session.js";
import { askThroughStdin } from "./stdin.js";
import type { ToFrontEnd, ToMain } from "./threads.js";
import { importTslab } from "./tslab.js";
import type { Outgoing } from "./wire.js";

/** What `main.ts` has prepared for the main thread. */
export interface Parts {
  frontEnd: MessagePort;
  /** Over which the front end's thread passes calls to the language process. */
  calls: MessagePort;
  shared: Int32Array;
  directory: string;
}

const exit = process.exit.bind(process);
const asJson = (content: object | string) =>
  typeof content === "string" ? content : JSON.stringify(content);

/** The main thread's work: to run cells, and to answer for them. */
export function serveNotebook({ frontEnd, calls, shared, directory }: Parts): void {
  const tell = (message: ToFrontEnd) => frontEnd.postMessage(message);
  // As JSON, here: what cannot be written so is the fault of the code that shows it.
  const publish = (message: Outgoing) =>
    tell({ kind: "publish", message: { ...message, content: asJson(message.content) } });
  const language = new LanguageClient(calls);
  const output = new Output(publish);
  const comms = new Comms(publish);
  const children = new Children();
  const executor = new Executor(language, shared, directory, { tslab: () => importTslab(output) });
  const session = new NotebookSession(executor, language, output, shared);
  const input = new Input({
    ask: (prompt, password) => tell({ kind: "input", prompt, password }),
    wait: () => inbox.waitForAnswer(),
  });

  const shutDown = () => {
    session.interrupt();
    children.end();
    tell({ kind: "gone" });
  };

  const handlers: { [Kind in ToMain["kind"]]: (message: Extract<ToMain, { kind: Kind }>) => void } = {
    execute: ({ order }) => void session.execute(order).then((outcome) => tell({ kind: "done", outcome })),
    comm: ({ message }) => {
      try {
        comms.receive(message);
      } catch (error) {
        session.uncaught(error, context.throwerOf(error));
      }
      tell({ kind: "comm done", parent: message.parent });
    },
    "comm info": ({ id, target }) => tell({ kind: "answer", id, answer: comms.info(target) }),
    members: ({ id, path }) => tell({ kind: "answer", id, answer: membersAt(path, executor.scope) }),
    input: ({ value }) => input.answer(value),
    interrupt: () => {
      tell({ kind: "interrupted" });
      children.interrupt(context.running);
      session.interrupt();
    },
    shutdown: shutDown,
    closed: () => exit(0),
  };
  const inbox = new Inbox(frontEnd, shared, (message) => handlers[message.kind](message as never));

  guardProcess(session, shutDown);
  mapStacks();
  showOriginals();
  followCells();
  output.captureStreams();
  captureInherited(output);
  askThroughStdin(input);
  installGlobals(output, comms, input);
}

/** What would end the process, or write past the notebook, comes to the cell instead. */
function guardProcess(session: NotebookSession, shutDown: () => void): void {
  process.on("uncaughtException", (error) =>
    session.uncaught(error, context.throwerOf(error) ?? cellOf(error) ?? context.current),
  );
  process.on("unhandledRejection", (reason, promise) => session.uncaught(reason, ownerOf(promise)));
  // Interrupts come as messages; a signal that finds no synchronous cell to end is late.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", shutDown);
  process.exit = (code) => {
    throw new Error(`process.exit(${code ?? ""}) would end the kernel: restart it from the menu instead`);
  };
  // What the kernel itself uses of Node's experimental parts is no news for a cell.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    if (name !== "ExperimentalWarning") log(`${name}: ${message}`);
  });
}
