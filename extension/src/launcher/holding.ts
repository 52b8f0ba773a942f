import { PathExt } from "@jupyterlab/coreutils";
import type { Kernel, KernelMessage, ServiceManager, Session } from "@jupyterlab/services";
import { KERNEL } from "./notebook.js";

/** A column of `obs` whose values could be types. */
export interface Column {
  name: string;
  /** Different values. */
  count: number;
  /** The first of them. */
  examples: string[];
}

/** What a file holds. */
export interface Holding {
  cells: number;
  genes: number;
  /** Those that could hold types, the likeliest first. */
  columns: Column[];
}

/** A column with more values names cells or measures them. */
const MOST = 500;
const EXAMPLES = 4;

/** Columns of these names mostly hold types. */
const TYPICAL = /cell.?type|label|annot|cluster|louvain|leiden|class/i;

/** Reads, in a kernel of its own, what files hold. The kernel ends with `dispose`. */
export class CellsReader {
  readonly #services: ServiceManager.IManager;
  readonly #folder: string;
  #session: Promise<Session.ISessionConnection> | undefined;

  /** @param folder of the notebook to be, from which paths are */
  constructor(services: ServiceManager.IManager, folder: string) {
    this.#services = services;
    this.#folder = folder;
  }

  /**
   * @param file from the folder
   * @throws what the kernel says where it can't be read
   */
  async read(file: string): Promise<Holding> {
    this.#session ??= this.#start();
    const { kernel } = await this.#session;
    const holding = await ask(kernel!, question(file));
    holding.columns.sort((a, b) => Number(TYPICAL.test(b.name)) - Number(TYPICAL.test(a.name)));
    return holding;
  }

  async dispose(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.shutdown().catch(() => undefined);
    session?.dispose();
  }

  /** Its working folder is that of its path, which no file need have. */
  #start(): Promise<Session.ISessionConnection> {
    const name = `cellkernel-columns-${Date.now()}`;
    const path = PathExt.join(this.#folder, name);
    return this.#services.sessions.startNew({ path, name, type: "console", kernel: { name: KERNEL.name } });
  }
}

/** A cell that shows the answer as JSON. */
function question(file: string): string {
  return `import { readH5ad } from "cellkernel";

const cells = await readH5ad(${JSON.stringify(file)});
const columns = cells.obs.columnNames().flatMap((name) => {
  const values = new Set<string>();
  for (const value of cells.obs.array(name)) {
    values.add(String(value));
    if (values.size > ${MOST}) return [];
  }
  const few = values.size >= 2 && values.size <= cells.nObs / 2;
  return few ? [{ name, count: values.size, examples: [...values].sort().slice(0, ${EXAMPLES}) }] : [];
});
cells.close();
jupyter.display({ "application/json": { cells: cells.nObs, genes: cells.nVars, columns } });`;
}

async function ask(kernel: Kernel.IKernelConnection, code: string): Promise<Holding> {
  let holding: Holding | undefined;
  const future = kernel.requestExecute({ code, store_history: false });
  future.onIOPub = ({ content }: KernelMessage.IIOPubMessage) => {
    if ("data" in content && "application/json" in (content.data as object))
      holding = (content.data as { "application/json": Holding })["application/json"];
  };
  const reply = (await future.done)!.content;
  if (reply.status === "error") throw new Error(reply.evalue);
  return holding!;
}
