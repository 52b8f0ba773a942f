import { Dialog } from "@jupyterlab/apputils";
import { PathExt } from "@jupyterlab/coreutils";
import type { ServiceManager } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { element } from "../dom.js";
import { exists, findCells } from "./files.js";
import { CellsReader, type Column } from "./holding.js";
import type { Choice } from "./steps.js";

/**
 * Asks for a file of a folder and a column of it.
 * @returns undefined where the user thinks better of it
 */
export async function askForChoice(
  services: ServiceManager.IManager,
  folder: string,
  trans: TranslationBundle,
): Promise<Choice | undefined> {
  const reader = new CellsReader(services, folder);
  const dialog = new Dialog<Choice>({
    title: trans.__("New Protocol Notebook"),
    body: new ChoiceForm(services, folder, reader, trans),
    buttons: [
      Dialog.cancelButton({ label: trans.__("Cancel") }),
      Dialog.okButton({ label: trans.__("Create") }),
    ],
    focusNodeSelector: "input",
  });
  dialog.addClass("cellkernel-dialog");
  try {
    const { button, value } = await dialog.launch();
    return button.accept && value ? value : undefined;
  } finally {
    void reader.dispose();
  }
}

/**
 * Two fields. The file's offers the files that there are; the column's offers, once a file is named, those of its columns that
 * could hold types. A field that won't do keeps the dialog's button off, and the line below says why.
 */
class ChoiceForm extends Widget implements Dialog.IBodyWidget<Choice> {
  readonly #services: ServiceManager.IManager;
  readonly #folder: string;
  readonly #reader: CellsReader;
  readonly #trans: TranslationBundle;
  readonly #file = field("file");
  readonly #column = field("column");
  readonly #files = element("datalist", "files");
  readonly #columns = element("datalist", "columns");
  readonly #ofFile = element("div", "dialog-note");
  readonly #ofColumn = element("div", "dialog-note");
  #known: Column[] = [];
  /** The file that was looked at last. */
  #looked = "";

  constructor(
    services: ServiceManager.IManager,
    folder: string,
    reader: CellsReader,
    trans: TranslationBundle,
  ) {
    super();
    this.#services = services;
    this.#folder = folder;
    this.#reader = reader;
    this.#trans = trans;
    this.#file.placeholder = "cells.h5ad";
    this.#column.placeholder = "cell_type";
    this.#ofColumn.textContent = trans.__("A column of obs.");
    this.node.append(
      this.#row(trans.__("File of the cells (.h5ad)"), this.#file, this.#files, this.#ofFile),
      this.#row(trans.__("Column of their types"), this.#column, this.#columns, this.#ofColumn),
    );
    this.#file.addEventListener("input", () => void this.#look());
    this.#column.addEventListener("input", () => this.#describe());
    void this.#find();
  }

  getValue(): Choice {
    return { file: this.#file.value.trim(), column: this.#column.value.trim() };
  }

  /** A field with its title, what it offers, and a line below that a screen reader tells of it. */
  #row(title: string, input: HTMLInputElement, list: HTMLDataListElement, note: HTMLElement): HTMLElement {
    list.id = list.className;
    input.setAttribute("list", list.id);
    note.id = `${list.id}-note`;
    note.setAttribute("role", "status");
    input.setAttribute("aria-describedby", note.id);
    const label = element("label", "dialog-field");
    label.append(element("span", "dialog-title", title), input);
    const row = element("div", "dialog-row");
    row.append(label, list, note);
    return row;
  }

  async #find(): Promise<void> {
    const found = await findCells(this.#services.contents, this.#folder);
    this.#files.replaceChildren(...found.map((path) => option(path)));
    if (this.#file.value) return;
    this.#ofFile.textContent = found.length
      ? this.#trans._n("One in this folder and below.", "%1 in this folder and below.", found.length)
      : this.#trans.__("None in this folder and below.");
    // The only one there is.
    if (found.length !== 1) return;
    this.#file.value = found[0];
    await this.#look();
  }

  /** Looks at the file once it is one, and not while its name is being written. */
  async #look(): Promise<void> {
    const { file } = this.getValue();
    if (file === this.#looked) return;
    this.#looked = file;
    this.#learn([]);
    const isCells = /\.h5ad$/i.test(file);
    const there = isCells && (await exists(this.#services.contents, PathExt.join(this.#folder, file)));
    if (file !== this.#looked) return;
    this.#refuse(this.#file, there ? "" : this.#trans.__("There is no .h5ad file of this name."));
    this.#ofFile.textContent = there || !isCells ? "" : this.#file.validationMessage;
    if (!there) return;
    this.#ofColumn.textContent = this.#trans.__("Looking at its columns …");
    const holding = await this.#reader.read(file).catch((error: Error) => error);
    if (file !== this.#looked) return;
    if (holding instanceof Error) {
      this.#ofColumn.textContent = this.#trans.__("The columns could not be read: %1", holding.message);
      return;
    }
    const { cells, genes, columns } = holding;
    this.#ofFile.textContent = this.#trans.__("%1 cells, %2 genes", cells, genes);
    if (!this.#column.value && columns.length) this.#column.value = columns[0].name;
    this.#learn(columns);
  }

  #learn(columns: Column[]): void {
    this.#known = columns;
    this.#columns.replaceChildren(
      ...columns.map(({ name, count, examples }) => option(name, `${count}: ${examples.join(", ")}`)),
    );
    this.#describe();
  }

  /** Says what the column holds; where it is none of those that were found, which these are. */
  #describe(): void {
    const { column } = this.getValue();
    const known = this.#known.find(({ name }) => name === column);
    const others = this.#known.map(({ name }) => name).join(", ");
    if (known) {
      const { count, examples } = known;
      const more = count > examples.length ? ", …" : "";
      this.#ofColumn.textContent = this.#trans.__("%1 types: %2", count, examples.join(", ") + more);
    } else if (others) this.#ofColumn.textContent = this.#trans.__("Columns that could be it: %1", others);
    this.#refuse(this.#column, "");
  }

  /** A field with a message is not valid; the dialog looks at that at each input event. */
  #refuse(input: HTMLInputElement, why: string): void {
    input.setCustomValidity(why);
    // To the dialog alone: our own fields have been heard.
    this.node.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function field(name: string): HTMLInputElement {
  const input = element("input", `dialog-${name}`);
  input.type = "text";
  input.required = true;
  input.autocomplete = "off";
  input.spellcheck = false;
  return input;
}

function option(value: string, label?: string): HTMLOptionElement {
  const node = document.createElement("option");
  node.value = value;
  if (label) node.label = label;
  return node;
}
