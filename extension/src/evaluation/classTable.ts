import type { DecodedEvaluation } from "../../../src/views/contract.js";
import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { MatrixActions } from "./matrix.js";
import { decimals } from "./words.js";

interface Column {
  title: string;
  help: string;
  /** By which rows are put in order, largest first; names from A. */
  order(a: number, b: number): number;
  cell(of: number): { text: string; share?: number };
}

/** The figures of each class, in the order of any column. A row selects its class' cells, and shows when they are selected. */
export class ClassTable {
  readonly node = element("div", "class-figures");
  readonly #evaluation: DecodedEvaluation;
  readonly #actions: MatrixActions | undefined;
  readonly #columns: Column[];
  readonly #body = element("tbody", "classes-body");
  readonly #heads: HTMLTableCellElement[];
  #sorted = { column: 1, down: true };
  #picked: ReadonlySet<number> = new Set();

  constructor(evaluation: DecodedEvaluation, trans: Words, actions?: MatrixActions) {
    this.#evaluation = evaluation;
    this.#actions = actions;
    this.#columns = columnsOf(evaluation, trans);
    const table = element("table", "classes-table");
    table.setAttribute("aria-label", trans.__("Figures of each class"));
    const row = element("tr", "classes-heads");
    this.#heads = this.#columns.map(({ title, help }, c) => {
      const head = element("th", "classes-head");
      head.scope = "col";
      const button = element("button", "sort", title);
      button.type = "button";
      button.title = help;
      button.addEventListener("click", () => this.#sort(c));
      head.append(button);
      row.append(head);
      return head;
    });
    const heads = element("thead", "classes-top");
    heads.append(row);
    table.append(heads, this.#body);
    this.node.append(table);
    this.#draw();
  }

  /** The true classes all of whose cells are selected. */
  set picked(classes: ReadonlySet<number>) {
    this.#picked = classes;
    this.#mark();
    const [only] = this.#body.querySelectorAll<HTMLElement>(".cellkernel-picked");
    // Within the table: the page stays where it is.
    if (only && classes.size === 1) showIn(this.node, only);
  }

  #sort(column: number): void {
    const { column: before, down } = this.#sorted;
    this.#sorted = { column, down: before === column ? !down : true };
    this.#draw();
  }

  #draw(): void {
    const { column, down } = this.#sorted;
    const { order } = this.#columns[column];
    const classes = [...this.#evaluation.classes.keys()].sort(
      (a, b) => (down ? order(a, b) : order(b, a)) || a - b,
    );
    this.#heads.forEach((head, c) => {
      head.ariaSort = c === column ? (down === c > 0 ? "descending" : "ascending") : "none";
    });
    this.#body.replaceChildren(...classes.map((of) => this.#row(of)));
    this.#mark();
  }

  #mark(): void {
    for (const row of this.#body.querySelectorAll<HTMLElement>("[data-class]")) {
      const picked = this.#picked.has(Number(row.dataset.class));
      row.classList.toggle("cellkernel-picked", picked);
      row.querySelector("button")?.setAttribute("aria-pressed", String(picked));
    }
  }

  #row(of: number): HTMLTableRowElement {
    const row = element("tr", "classes-row");
    row.dataset.class = String(of);
    this.#columns.forEach(({ cell }, c) => {
      const { text, share } = cell(of);
      const node = element(c === 0 ? "th" : "td", "classes-cell");
      if (c === 0) {
        (node as HTMLTableCellElement).scope = "row";
        node.append(this.#name(text));
      } else node.textContent = text;
      if (share !== undefined) node.style.setProperty("--cellkernel-share", `${(100 * share).toFixed(1)}%`);
      node.classList.toggle("cellkernel-shared", share !== undefined);
      row.append(node);
    });
    const actions = this.#actions;
    if (actions) {
      row.classList.add("cellkernel-selects");
      // The name is the button; to a pointer all of the row is.
      row.addEventListener("click", ({ ctrlKey, metaKey }) =>
        actions.select({ truth: of }, ctrlKey || metaKey),
      );
      row.addEventListener("pointerenter", () => actions.preview({ truth: of }));
      row.addEventListener("pointerleave", () => actions.preview(null));
    }
    return row;
  }

  #name(text: string): HTMLElement {
    const actions = this.#actions;
    const name = element(
      actions ? "button" : "span",
      actions ? "class-name cellkernel-link" : "class-name",
      text,
    );
    name.dir = "auto";
    name.title = text;
    if (name instanceof HTMLButtonElement) name.type = "button";
    return name;
  }
}

/** Scrolls a box so far that a row in it is seen, below the heads that stand still. */
function showIn(box: HTMLElement, row: HTMLElement): void {
  const [outer, inner] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
  const above = inner.top - outer.top - 2 * inner.height;
  const below = inner.bottom - outer.bottom;
  if (above < 0) box.scrollTop += above;
  else if (below > 0) box.scrollTop += below;
}

function columnsOf({ classes, support, precision, recall, f1 }: DecodedEvaluation, trans: Words): Column[] {
  const figure = (title: string, help: string, values: readonly number[]): Column => ({
    ...{ title, help },
    order: (a, b) => values[b] - values[a],
    cell: (of) => ({ text: decimals(values[of]), share: values[of] }),
  });
  return [
    {
      title: trans.__("Class"),
      help: trans.__("By name"),
      order: (a, b) => classes[a].localeCompare(classes[b]),
      cell: (of) => ({ text: classes[of] }),
    },
    {
      title: trans.__("Cells"),
      help: trans.__("Cells that truly are of the class. Figures of few cells are uncertain."),
      order: (a, b) => support[b] - support[a],
      cell: (of) => ({ text: support[of].toLocaleString("en") }),
    },
    figure(
      trans.__("Precision"),
      trans.__("Of the cells that were labelled so, the share that truly are."),
      precision,
    ),
    figure(
      trans.__("Recall"),
      trans.__("Of the cells that truly are so, the share that were labelled so."),
      recall,
    ),
    figure(trans.__("F1"), trans.__("Harmonic mean of precision and recall: low where either is."), f1),
  ];
}
