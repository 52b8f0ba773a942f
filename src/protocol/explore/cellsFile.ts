import { AnnData } from "../../anndata/anndata.js";
import { readSamples, type SamplesOptions } from "../../anndata/formats/readSamples.js";

/** Cells as they are named: data, a file, several or a folder of them. */
export type CellsInput = AnnData | string | readonly string[];

/**
 * The file or data behind a view. Files are opened when something of them is asked for and closed again, so that nothing
 * of them is held in between; data that stand in no file are held, and must stay open.
 */
export class CellsFile {
  readonly path: string;
  private readonly reopen: () => AnnData | Promise<AnnData>;
  private readonly lent: boolean;
  private opened: Promise<AnnData> | undefined;
  private users = 0;

  constructor(cells: CellsInput, options: SamplesOptions = {}) {
    const given = cells instanceof AnnData;
    this.lent = given && !cells.isFile;
    const paths = given ? cells.path : cells;
    this.path = typeof paths === "string" ? paths : paths.join(" + ");
    this.reopen = given && !cells.isFile ? () => cells : () => readSamples(paths, options);
  }

  /** The cells, for as long as `use` takes; those who use them at a time share them. */
  async use<T>(use: (cells: AnnData) => T | Promise<T>): Promise<T> {
    this.users++;
    this.opened ??= Promise.resolve(this.reopen());
    const opened = this.opened;
    try {
      return await use(await opened);
    } finally {
      if (--this.users === 0) {
        this.opened = undefined;
        opened.then(
          (cells) => this.close(cells),
          () => {},
        );
      }
    }
  }

  /** The cells, for the caller to close. */
  async open(): Promise<AnnData> {
    return this.reopen();
  }

  /** Closes cells that were opened here; those that were given stay as they are. */
  close(cells: AnnData): void {
    if (!this.lent) cells.close();
  }
}
