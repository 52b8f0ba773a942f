import { openChannel } from "../../host/channels.js";
import type { Host, HostComm } from "../../host/host.js";
import {
  type CellValues,
  type ColumnOffers,
  type ExploreCommand,
  isExploreCommand,
  type PanelData,
  uint32,
  VIEW_TARGET,
} from "../../views/contract.js";

/** A colouring as it goes to a page: its numbers apart. */
export interface SentColor {
  by: string;
  panel: PanelData;
  bytes: Uint8Array;
}

/** Rows of a table, in words. */
export interface SentSelection {
  rows: Uint32Array;
  what: string;
}

/** Who knows what the pages ask for. */
export interface Answers {
  /** What a page that begins is told. */
  selection(): SentSelection;
  color(): SentColor | undefined;
  columns(search: string): Promise<ColumnOffers>;
  colorBy(by: string): Promise<SentColor>;
  cells(rows: readonly number[]): Promise<CellValues[]>;
  /** The row of the cell of a name, or whose name begins so; null where there is none. */
  find(name: string): number | null;
  /** The page's user has selected these. */
  selected(selection: SentSelection): void;
}

/** The pages that show a map of cells: see {@link ExploreRequests}. They ask past a cell that runs. */
export class Pages {
  private readonly watching = new Set<HostComm>();
  private readonly answers: Answers;
  private readonly end: () => void;

  constructor(host: Host, view: string, answers: Answers) {
    this.answers = answers;
    this.end = openChannel(host, VIEW_TARGET, view, (message, comm, buffers) =>
      this.hear(message, comm, buffers),
    );
  }

  /** @param but the page that knows already */
  select({ rows, what }: SentSelection, but?: HostComm): void {
    for (const comm of this.watching)
      if (comm !== but) send(comm, { command: "select", what }, bytesOf(rows));
  }

  color({ by, panel, bytes }: SentColor): void {
    for (const comm of this.watching) send(comm, { command: "color", by, panel }, bytes);
  }

  /** Hears no more, and says so to the pages. */
  close(): void {
    this.end();
    for (const comm of this.watching) comm.close();
    this.watching.clear();
  }

  private hear(message: Record<string, unknown>, comm: HostComm, buffers: Uint8Array[]): void {
    const { command } = message;
    if (!isExploreCommand(command)) return;
    if (command === "watch") this.watch(comm);
    else if (command === "select") {
      const selection = { rows: uint32(buffers[0] ?? new Uint8Array()), what: String(message.what ?? "") };
      this.answers.selected(selection);
      this.select(this.answers.selection(), comm);
    } else void this.answer(command, message, comm);
  }

  private watch(comm: HostComm): void {
    this.watching.add(comm);
    comm.onClose(() => this.watching.delete(comm));
    const { rows, what } = this.answers.selection();
    send(comm, { command: "select", what }, bytesOf(rows));
    const color = this.answers.color();
    if (color) send(comm, { command: "color", by: color.by, panel: color.panel }, color.bytes);
  }

  private async answer(
    command: Exclude<ExploreCommand, "watch" | "select">,
    { ask, search, by, rows, name }: Record<string, unknown>,
    comm: HostComm,
  ): Promise<void> {
    try {
      if (command === "columns")
        send(comm, { command, ask, ...(await this.answers.columns(String(search ?? ""))) });
      else if (command === "color") {
        const { panel, bytes } = await this.answers.colorBy(String(by));
        send(comm, { command, ask, by, panel }, bytes);
      } else if (command === "find") send(comm, { command, ask, row: this.answers.find(String(name ?? "")) });
      else {
        const asked = Array.isArray(rows) ? rows.filter(Number.isInteger) : [];
        send(comm, { command, ask, cells: await this.answers.cells(asked) });
      }
    } catch (error) {
      send(comm, { command, ask, error: (error as Error).message });
    }
  }
}

function send(comm: HostComm, message: object, bytes?: Uint8Array): void {
  comm.send(message, bytes && [bytes]);
}

function bytesOf(rows: Uint32Array): Uint8Array {
  return new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
}
