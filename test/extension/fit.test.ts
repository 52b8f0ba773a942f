import assert from "node:assert/strict";
import { test } from "node:test";
import { widened, widening } from "../../extension/src/plot/fit.js";
import { PLOT_MIME } from "../../src/views/contract.js";
import { dotPlotView } from "../../src/views/dotPlot.js";
import { histogramView } from "../../src/views/histogram.js";

/** How plots are fitted into their places, before any is drawn. */

test("panels take the room that axes and legends leave, within limits", () => {
  // 600 − 80 of axes for panels of 400.
  assert.equal(widening({ room: 600, whole: 480, panels: 400 }), 1.3);
  assert.equal(widening({ room: 200, whole: 480, panels: 400 }), 0.75);
  assert.equal(widening({ room: 5000, whole: 480, panels: 100 }), 2.2);
  assert.equal(widening({ room: 5000, whole: 980, panels: 900 }), 920 / 900, "1,000 pixels at most");
  assert.equal(widening({ room: 600, whole: Number.NaN, panels: 400 }), 1);
  assert.equal(widening({ room: 600, whole: 480, panels: Number.NaN }), 1);
});

test("each panel of a row is widened, and the steps of a scale a little", () => {
  const spec = { hconcat: [{ width: 100, height: 50 }, { width: { step: 20 } }], spacing: 3 };
  assert.deepEqual(widened(spec, 2), {
    hconcat: [{ width: 200, height: 50 }, { width: { step: 30 } }],
    spacing: 3,
  });
  assert.deepEqual(widened({ mark: "bar" }, 2), { mark: "bar" });
});

test("bundles say how wide their panels are together", async () => {
  const one = { label: "genes", values: [1, 2, 3] };
  assert.deepEqual((await histogramView([one, one]))[PLOT_MIME], { panels: 2 * 260 });
  const shares = [[0.5, 0.25, 1]];
  const dots = await dotPlotView({ genes: ["a", "b", "c"], groups: ["B"], shares, means: shares });
  assert.deepEqual(dots[PLOT_MIME], { panels: 3 * 22 });
});
