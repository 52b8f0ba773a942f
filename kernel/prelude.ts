/// <reference types="node" preserve="true" />
import type { DisplayHandle, HostComm, MimeBundle } from "../src/host/host.js";

/** What every cell sees without importing it. The types are for the cells; `globals.ts` gives the values. */

/** An output on the page that can be drawn again. */
export interface Displayed {
  /** Draws `value` in the place of what was shown; at most 10 times a second, the last always. */
  update(value: unknown): Promise<void>;
}

/** An object that says itself what it looks like. */
export interface Showable {
  toMime(): MimeBundle | Promise<MimeBundle>;
}

export interface Display {
  /**
   * Shows a value below the cell, as it would be shown as the cell's result.
   *
   * @param options.id a name under which `display.update` finds the output again
   */
  (value: unknown, options?: { id?: string; metadata?: Record<string, unknown> }): Promise<Displayed>;
  /** Draws every output that was shown under `id` again. */
  update(id: string, value: unknown): Promise<void>;
  /** A progress bar from 0 to `total`, drawn at most 10 times a second. */
  progress(total: number, label?: string): { update(done: number, label?: string): void };
}

/** One open comm between the page and the kernel: what Jupyter's widgets are made of. */
export interface Comm extends HostComm {
  /** By which front ends and their widgets name it. */
  readonly id: string;
  send(data: unknown, buffers?: Uint8Array[], metadata?: Record<string, unknown>): void;
  onMessage(
    received: (data: unknown, buffers: Uint8Array[], metadata: Record<string, unknown>) => void,
  ): void;
  /** Called when the page closes it. */
  onClose(closed: (data: unknown) => void): void;
  close(data?: unknown): void;
}

/** The kernel, for cells that need more than `display`. */
export interface Jupyter {
  /** Aborted when the user interrupts the running cell. */
  readonly signal: AbortSignal;
  /** Shows a MIME bundle below the cell. */
  display(bundle: MimeBundle, metadata?: Record<string, unknown>): DisplayHandle;
  /** Takes away the cell's outputs; with `wait`, when the next one comes. */
  clearOutput(wait?: boolean): void;
  /** Opens a comm to a target that the page has registered. */
  openComm(target: string, data?: unknown, buffers?: Uint8Array[], metadata?: Record<string, unknown>): Comm;
  /** Answers a comm target that pages open. Returns a function that takes it back. */
  onComm(
    target: string,
    opened: (comm: Comm, data: unknown, buffers: Uint8Array[], metadata: Record<string, unknown>) => void,
  ): () => void;
}

declare global {
  /** Shows values below the cell: `display(table)`, `const d = await display(x); d.update(y)`. */
  const display: Display;
  /** Shows HTML: as a cell's last expression, or through `display`. A template tag too. */
  function html(source: string | TemplateStringsArray, ...values: unknown[]): Showable;
  /** Shows Markdown: as a cell's last expression, or through `display`. A template tag too. */
  function markdown(source: string | TemplateStringsArray, ...values: unknown[]): Showable;
  /** Asks the user for a line of text below the cell. */
  function input(prompt?: string, options?: { password?: boolean }): Promise<string>;
  /** Asks the user for a line of text, and holds up everything else until it is there; `input` does not. */
  function prompt(message?: string, otherwise?: string): string;
  /** The kernel: interrupts, comms, clearing of outputs. */
  const jupyter: Jupyter;
}
