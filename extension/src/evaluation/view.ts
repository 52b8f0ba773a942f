import {
  type DecodedEvaluation,
  decodeEvaluation,
  type ReliabilityData,
} from "../../../src/views/contract.js";
import { element, onThemeChange } from "../dom.js";
import { keepKeys } from "../embedding/keys.js";
import { Tabs } from "../embedding/tabs.js";
import { type Bundle, instead } from "../instead.js";
import { type Selection, selectionOf } from "../selection.js";
import type { Words } from "../words.js";
import { ClassTable } from "./classTable.js";
import { type Entry, Matrix, type MatrixActions } from "./matrix.js";
import { Members } from "./members.js";
import { mistakeList } from "./mistakeList.js";
import { opinionTable } from "./opinionTable.js";
import { type Picked, pickedOf } from "./picked.js";
import { Reliability } from "./reliability.js";
import { decimals, figureOrder, figureWords } from "./words.js";

/** From this width on the matrix stands beside the rest. */
const BESIDE = 860;
/** Least and most height of the parts, and share of the window's. */
const [LEAST, MOST, SHARE] = [280, 560, 0.6];
/** Between the matrix and what stands beside it, and below the tabs. */
const [GAP, TABS_GAP] = [24, 8];

/** Payloads may say anything. */
const MOST_INTERVALS = 100;

interface Part {
  title: string;
  node: HTMLElement;
  fit?(width: number, height: number): void;
}

/**
 * What an evaluation found: overall figures, the confusion matrix, the figures of each class, the surest mistakes, and
 * how far probabilities can be believed. What one clicks selects its cells in all views of the same table.
 */
export class EvaluationView {
  readonly #host: HTMLElement;
  readonly #trans: Words;
  #evaluation: DecodedEvaluation | undefined;
  #matrix: Matrix | undefined;
  #parts: Part[] = [];
  #tabs: Tabs | undefined;
  #tab = 0;
  #beside = false;
  #room = "";
  #endings: (() => void)[] = [];
  readonly #body = element("div", "evaluation-body");
  readonly #resized = new ResizeObserver(() => this.#fit());
  readonly #windowResized = () => this.#fit();

  /** @param host an element of the page, which the view fills */
  constructor(host: HTMLElement, trans: Words) {
    this.#host = host;
    this.#trans = trans;
    host.classList.add("cellkernel-view", "cellkernel-evaluation");
  }

  /** Takes up what is to be shown. @param bundle the same in other forms */
  show(payload: unknown, bundle: Bundle): void {
    this.#end();
    try {
      this.#evaluation = decodeEvaluation(payload);
    } catch {
      this.#evaluation = undefined;
      const why = this.#trans.__("The data of this evaluation are damaged; this is its picture.");
      this.#host.replaceChildren(instead(bundle, why));
      return;
    }
    this.#build(this.#evaluation);
  }

  /** The host has come into the page. */
  attach(): void {
    this.#resized.observe(this.#host);
    window.addEventListener("resize", this.#windowResized);
    this.#fit();
  }

  /** The host leaves the page, and may come back. */
  detach(): void {
    this.#resized.disconnect();
    window.removeEventListener("resize", this.#windowResized);
  }

  dispose(): void {
    this.detach();
    this.#end();
  }

  #end(): void {
    for (const end of this.#endings) end();
    this.#endings = [];
  }

  #build(evaluation: DecodedEvaluation): void {
    const trans = this.#trans;
    const { assigned, classes, shows } = evaluation;
    const members = assigned && new Members(assigned);
    const selection = selectionOf(assigned?.table);
    const actions = members && {
      select: (entry: Entry, add: boolean) => {
        const [rows, what] = [members.of(entry.truth, entry.predicted), this.#wordsOf(entry)];
        // Once more, what stands alone gives way.
        if (!add && selection.what === what && selection.rows.length === rows.length)
          selection.change([], "");
        else selection.change(rows, what, add ? "add" : "replace");
      },
      preview: (entry: Entry | null) => selection.hover(entry && members.of(entry.truth, entry.predicted)),
    };
    const matrix = new Matrix(evaluation, trans, actions);
    this.#matrix = matrix;
    this.#parts = [this.#matrixPart(matrix)];
    const shown: ((picked: Picked) => void)[] = [
      (picked) => {
        matrix.picked = picked;
      },
    ];
    if (shows === "report") {
      const table = new ClassTable(evaluation, trans, actions);
      this.#parts.push({ title: trans.__("Classes"), node: table.node });
      shown.push(({ truth }) => {
        table.picked = truth;
      });
      if (members)
        this.#parts.push({
          title: trans.__("Mistakes"),
          node: mistakeList(members.mistakes(), classes, trans, {
            select: ({ row, truth, predicted }) =>
              selection.change(
                [row],
                trans.__("row %1: true %2, taken for %3", row, classes[truth], classes[predicted]),
              ),
            preview: (mistake) => selection.hover(mistake && Uint32Array.of(mistake.row)),
          }),
        });
      const reliability = this.#reliability(evaluation, members, actions, selection);
      if (reliability) {
        // The diagram and its sentence share the height.
        this.#parts.push({
          title: trans.__("Reliability"),
          node: reliability.node,
          fit: (width, height) => reliability.fit(width, height),
        });
        shown.push((picked) => {
          reliability.picked = picked;
        });
      }
      if (evaluation.secondOpinion)
        this.#parts.push({
          title: trans.__("Second opinion"),
          node: opinionTable(evaluation.secondOpinion),
        });
    }
    this.#tabs = new Tabs((tab) => {
      this.#tab = tab;
      this.#fit();
    });
    this.#tab = 0;
    this.#room = "";
    this.#host.replaceChildren(...this.#head(evaluation), this.#body);
    if (members) this.#host.append(this.#line(selection));
    if (assigned) {
      let last: Uint32Array | undefined;
      const intervals = intervalsOf(evaluation.reliability);
      const show = () => {
        // It is told of what the pointer rests on, too.
        if (selection.rows === last) return;
        last = selection.rows;
        const picked = pickedOf(assigned, last, classes.length, intervals);
        for (const take of shown) take(picked);
      };
      show();
      this.#endings.push(selection.onChange(show));
    }
    this.#endings.push(
      keepKeys(this.#body),
      onThemeChange(() => matrix.redraw()),
    );
    this.#fit();
  }

  #head({ title, cells, notes, figures }: DecodedEvaluation): Node[] {
    const trans = this.#trans;
    const head = element("div", "title", title);
    head.dir = "auto";
    head.append(element("span", "evaluated", trans.__("%1 cells", cells.toLocaleString("en"))));
    const box = element("div", "figures");
    for (const figure of figureOrder(figures.keys())) {
      const { name, plain, help } = figureWords(figure, trans);
      const item = element("div", "figure");
      item.title = help;
      item.append(
        element("div", "figure-name", name),
        element("div", "figure-value", decimals(figures.get(figure) ?? null)),
        element("div", "figure-plain", plain),
      );
      box.append(item);
    }
    const said = element("ul", "evaluation-notes");
    for (const note of notes) {
      const line = element("li", "evaluation-note", note);
      line.classList.toggle("cellkernel-warning", note.startsWith("WARNING"));
      said.append(line);
    }
    return [head, ...(notes.length > 0 ? [said] : []), ...(figures.size > 0 ? [box] : [])];
  }

  /** The matrix with the switch of what stands in it. */
  #matrixPart(matrix: Matrix): Part {
    const trans = this.#trans;
    const node = element("div", "matrix-part");
    const bar = element("div", "matrix-bar");
    const choices: [string, boolean][] = [
      [trans.__("Share of the true class"), true],
      [trans.__("Cells"), false],
    ];
    const buttons = choices.map(([label, shares]) => {
      const button = element("button", "choice", label);
      button.type = "button";
      button.setAttribute("aria-pressed", String(shares));
      button.addEventListener("click", () => {
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        matrix.shares = shares;
      });
      return button;
    });
    const more = element("span", "hint");
    bar.append(...buttons, more);
    node.append(bar, matrix.node);
    const classes = this.#evaluation?.classes.length ?? 0;
    return {
      title: trans.__("Confusion matrix"),
      node,
      fit: (width, height) => {
        matrix.fit(width, height - 34);
        more.textContent = matrix.scrolls ? trans.__("%1 classes: scroll for all", classes) : "";
      },
    };
  }

  #reliability(
    evaluation: DecodedEvaluation,
    members: Members | undefined,
    matrix: MatrixActions | undefined,
    selection: Selection,
  ): Reliability | undefined {
    const { reliability } = evaluation;
    if (!reliability || reliability.bins.length === 0) return undefined;
    const trans = this.#trans;
    return new Reliability(
      reliability,
      evaluation,
      trans,
      members && {
        select: (from, to, add) =>
          selection.change(
            members.between(from, to),
            trans.__("probability %1 to %2", decimals(from), decimals(to)),
            add ? "add" : "replace",
          ),
        preview: (interval) => selection.hover(interval && members.between(interval.from, interval.to)),
        choose: (predicted) => {
          if (predicted === null) selection.change([], "");
          else matrix?.select({ predicted }, false);
        },
      },
    );
  }

  /** What is selected, in words. As high whatever stands in it. */
  #line(selection: Selection): HTMLElement {
    const trans = this.#trans;
    const line = element("div", "line");
    const said = element("span", "said");
    said.setAttribute("role", "status");
    const clear = element("button", "link", trans.__("Clear"));
    clear.type = "button";
    clear.addEventListener("click", () => {
      selection.change([], "");
      // It goes with the selection.
      this.#matrix?.node.focus();
    });
    const draw = () => {
      const { length } = selection.rows;
      const counted =
        length === 1
          ? trans.__("1 cell selected")
          : trans.__("%1 cells selected", length.toLocaleString("en"));
      const hint = trans.__(
        "Click an entry, a class or a mistake to select its cells; with Ctrl they are added.",
      );
      said.textContent = length > 0 ? [counted, selection.what].filter(Boolean).join(" · ") : hint;
      said.title = said.textContent;
      said.classList.toggle("cellkernel-hint", length === 0);
      clear.hidden = length === 0;
    };
    line.append(said, clear);
    draw();
    this.#endings.push(selection.onChange(draw));
    return line;
  }

  #wordsOf({ truth, predicted }: Entry): string {
    const classes = this.#evaluation?.classes ?? [];
    const trans = this.#trans;
    if (predicted === undefined) return trans.__("true %1", classes[truth ?? 0]);
    if (truth === undefined) return trans.__("taken for %1", classes[predicted]);
    return trans.__("true %1, taken for %2", classes[truth], classes[predicted]);
  }

  /** Takes up the room that there is now: the matrix beside one of the others, or one part at a time. */
  #fit(): void {
    const { clientWidth } = this.#host;
    if (clientWidth === 0 || !this.#tabs || this.#parts.length === 0) return;
    const { paddingLeft, paddingRight } = getComputedStyle(this.#host);
    const width = clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
    const height = Math.round(Math.max(LEAST, Math.min(MOST, SHARE * window.innerHeight)));
    // What is laid out anew changes the height of the view, of which it then hears.
    const room = [width, height, this.#tab].join();
    if (room === this.#room) return;
    this.#room = room;
    this.#beside = width >= BESIDE && this.#parts.length > 1;
    const tabbed = this.#beside ? this.#parts.slice(1) : this.#parts;
    const tab = Math.min(this.#tab, tabbed.length - 1);
    this.#tabs.show(
      tabbed.map(({ title }) => title),
      tab,
    );
    const chosen = tabbed[tab];
    const pane = element("div", "evaluation-pane");
    pane.append(this.#tabs.node, chosen.node);
    const half = this.#beside ? Math.floor((width - GAP) / 2) : width;
    const panes = this.#beside ? [this.#parts[0].node, pane] : [pane];
    const focused = document.activeElement;
    this.#body.replaceChildren(...panes);
    // What was moved has lost the focus.
    if (focused instanceof HTMLElement && this.#body.contains(focused))
      focused.focus({ preventScroll: true });
    this.#body.classList.toggle("cellkernel-beside", this.#beside);
    // What was a tab before may stand by itself now.
    for (const { node } of this.#parts) node.style.maxHeight = "";
    const tabs = this.#tabs.node.offsetHeight + TABS_GAP;
    chosen.node.style.maxHeight = `${height - tabs}px`;
    if (this.#beside) this.#parts[0].fit?.(half, height);
    chosen.fit?.(half, height - tabs);
  }
}

/** Into how many intervals a diagram's probabilities fall: those without cells are left out of it. */
function intervalsOf(reliability: ReliabilityData | undefined): number {
  const [{ from, to } = { from: 0, to: 1 }] = reliability?.bins ?? [];
  return Math.min(MOST_INTERVALS, Math.max(1, Math.round(1 / (to - from)) || 1));
}
