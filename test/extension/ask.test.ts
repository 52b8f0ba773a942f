import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Ask, shareSelection } from "../../extension/src/embedding/ask.js";
import type { Heard, LinkState } from "../../extension/src/linked.js";
import { Selection } from "../../extension/src/selection.js";

/** What a page asks of the kernel, and the selection that both have. */

const bytesOf = (...rows: number[]) => new Uint8Array(Uint32Array.from(rows).buffer);

/** A kernel that says what it is told to. */
function lineTo() {
  const said: { command: string; rest: Record<string, unknown>; rows: number[] }[] = [];
  const line = { state: "live" as LinkState, heard: (() => {}) as Heard, changed: () => {} };
  const ask = new Ask((heard, changed) => {
    Object.assign(line, { heard, changed });
    return {
      get state() {
        return line.state;
      },
      send(command, rest = {}, [bytes = new Uint8Array()] = []) {
        if (line.state === "lost") return false;
        said.push({ command, rest: { ...rest }, rows: [...new Uint32Array(bytes.slice().buffer)] });
        return true;
      },
    };
  });
  return { ask, line, said };
}

beforeEach(() => mock.timers.reset());

test("each question gets its own answer, in whatever order, or a sentence why not", async () => {
  const { ask, line, said } = lineTo();
  const [color, columns, wrong] = [ask.color("CD3D"), ask.columns("cd"), ask.color("nothing")];
  const [first, second, third] = said.map(({ rest }) => rest.ask);
  line.heard({ command: "columns", ask: second, columns: [{ name: "CD3D", kind: "gene" }], more: 2 }, []);
  line.heard({ command: "color", ask: third, error: "there is none" }, []);
  line.heard({ command: "color", ask: first, by: "CD3D", panel: { title: "CD3D" } }, [bytesOf(7)]);
  assert.equal((await columns).more, 2);
  assert.deepEqual([...(await color).bytes], [7, 0, 0, 0]);
  await assert.rejects(wrong, /^Error: there is none$/);
  const open = ask.cells([1, 2]);
  line.state = "lost";
  line.changed();
  await assert.rejects(open, /no longer has these cells: run the cell again/);
  await assert.rejects(ask.columns(""), /no longer has these cells/);
});

test("page and kernel come to one selection, and neither hears its own", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { ask, line, said } = lineTo();
  const selection = new Selection();
  const end = shareSelection(selection, ask);
  selection.change([4], "before the kernel answers");
  mock.timers.tick(500);
  assert.equal(said.length, 0);
  line.heard({ command: "select", what: "" }, [bytesOf()]);
  assert.deepEqual(said.at(-1), {
    command: "select",
    rest: { what: "before the kernel answers" },
    rows: [4],
  });
  selection.change([1, 2], "lasso");
  selection.hover(Uint32Array.of(9));
  mock.timers.tick(100);
  selection.change([1, 2, 3], "lasso");
  assert.equal(said.length, 1, "it has not come to rest");
  mock.timers.tick(150);
  assert.deepEqual(said.at(-1)?.rows, [1, 2, 3]);
  line.heard({ command: "select", what: "by code" }, [bytesOf(8, 9)]);
  mock.timers.tick(500);
  assert.deepEqual([[...selection.rows], selection.what, said.length], [[8, 9], "by code", 2]);
  selection.change([8, 9], "the same in other words");
  mock.timers.tick(500);
  assert.equal(said.pop()?.rest.what, "the same in other words");
  end();
  selection.change([], "");
  mock.timers.tick(500);
  assert.equal(said.length, 2);
});

test("a view that is built anew hears again what was said last, by either side", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { ask, line, said } = lineTo();
  line.heard({ command: "select", what: "" }, [bytesOf()]);
  line.heard({ command: "color", by: "CD3D", panel: {} }, []);
  const selection = new Selection();
  shareSelection(selection, ask)();
  selection.change([6], "while nothing is built");
  shareSelection(selection, ask);
  mock.timers.tick(500);
  assert.deepEqual(said.at(-1)?.rows, [6]);
  selection.change([7], "lasso");
  mock.timers.tick(500);
  assert.deepEqual(said.at(-1)?.rows, [7]);
  const colors: string[] = [];
  ask.on("color", ({ by }) => colors.push(by));
  assert.deepEqual(colors, ["CD3D"]);
});

test("a page that was opened anew takes what the kernel has", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { ask, line, said } = lineTo();
  const selection = new Selection();
  shareSelection(selection, ask);
  line.heard({ command: "select", what: "yesterday" }, [bytesOf(3, 5)]);
  mock.timers.tick(500);
  assert.deepEqual([[...selection.rows], selection.what, said.length], [[3, 5], "yesterday", 0]);
});
