import assert from "node:assert/strict";
import { test } from "node:test";
import { errorChart } from "../../extension/src/training/charts.js";
import type { TrainingPayload } from "../../src/views/contract.js";

const trans = { __: (text: string) => text };

test("epochs that were validated lie within the chart, whichever they are", () => {
  for (const epochs of [[], [1], [4], [2, 4, 6], [1, 2, 3]]) {
    const history = epochs.map((epoch) => ({
      ...{ epoch, step: 10 * epoch, trainLoss: 1, validationLoss: 1, validationError: 0.5 },
    }));
    const { xRange, curves } = errorChart({ history } as unknown as TrainingPayload, trans);
    assert.ok(xRange[0] < xRange[1]);
    const places = curves[0].points.map(({ x }) => x);
    assert.deepEqual(places, epochs);
    for (const x of places) assert.ok(x >= xRange[0] && x <= xRange[1], `${x} of ${xRange}`);
  }
});
