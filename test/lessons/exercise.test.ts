import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Displayable, MimeBundle, Prepared, Report, Run } from "cellkernel";
import { exercise, judgeNumber } from "../../notebooks/lessons/exercise.js";
import { check as fineTune } from "../../notebooks/lessons/fineTune.js";
import {
  atThreshold,
  calibrationError,
  labelsAt,
  thresholds,
} from "../../notebooks/lessons/probabilities.js";
import { check as trust } from "../../notebooks/lessons/trust.js";

/** What a check says, in text and as HTML. */
function bundle(shown: Displayable): Record<"text/plain" | "text/html", string> {
  return shown[Symbol.for("Jupyter.mime")]() as MimeBundle as ReturnType<typeof bundle>;
}
const said = (shown: Displayable) => bundle(shown)["text/plain"];

/** What students have put into holes. */
const JUNK = [
  ...[
    "",
    "7",
    "seven",
    "<b>7</b>",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    -1e99,
    7n,
    true,
    {},
    [],
    [1, [2]],
  ],
  ...[() => 7, Symbol("7"), new Date(Number.NaN), Promise.resolve(7), Object.create(null), new Map()],
];

describe("an exercise", () => {
  const make = () =>
    exercise({
      task: "Put the answer here.",
      judge: (answer) => judgeNumber(answer, { truth: 42, within: 0, right: "All is said." }),
      hints: ["It is even.", "It is six times seven."],
      solution: () => "forty-two",
    });

  it("hints twice, and gives the solution at the third wrong try", () => {
    const check = make();
    assert.equal(said(check(undefined)), "Not yet. Put the answer here.");
    assert.equal(said(check(null)), "Not yet. Put the answer here.");
    assert.equal(said(check(1)), "Not yet. 1 is too small.\nHint: It is even.");
    assert.equal(said(check(99)), "Not yet. 99 is too large.\nA stronger hint: It is six times seven.");
    assert.equal(said(check("42")).split("\n")[1], "A solution: forty-two");
    assert.equal(said(check(42)), "✓ Right. All is said.");
  });

  it("counts the same answer once, as when all cells are run again", () => {
    const check = make();
    for (let i = 0; i < 5; i++) assert.match(said(check(1)), /\nHint: /);
    for (let i = 0; i < 5; i++) assert.match(said(check(Number.NaN)), /\nA stronger hint: /);
  });

  it("says of what is no number what it is", () => {
    const check = make();
    assert.match(said(check("42")), /"42" is a text: write a number, without quotation marks/);
    assert.match(said(check(Promise.resolve(42))), /put `await` in front of it/);
    assert.match(said(check(Number.NaN)), /NaN is no number/);
  });

  it("shows answers as text, and code as code", () => {
    const check = exercise({
      ...{ task: "", hints: ["use `a * b * c` and *then* look", ""] as const, solution: () => "" },
      judge: (answer) => ({ wrong: `${answer} is wrong` }),
    });
    const html = bundle(check('<img src="x" onerror=alert(1)>'))["text/html"];
    assert.ok(!html.includes("<img"), html);
    assert.ok(html.includes("<code>a * b * c</code> and <em>then</em>"), html);
  });

  it("says that it could not check where the data are not there", () => {
    const check = exercise<[{ run: { name: string } }]>({
      ...{ task: "Run the cells above.", hints: ["", ""] as const, solution: () => "" },
      judge: (_, { run }) => ({ wrong: run.name }),
    });
    assert.match(
      said(check(1, undefined as never)),
      /^Not yet\. This could not be checked: .*Run the cells above\./,
    );
  });
});

describe("the checks", () => {
  const checks = { ...fineTune, ...trust } as unknown as Record<string, (...given: unknown[]) => Displayable>;
  const given: Record<string, unknown[]> = {
    ...{ majority: [run(), cells()], stepsPerEpoch: [run()], bestEpoch: [run()], headWeights: [run()] },
    ...{ learningRate: [run({ lr: 1e-5, losses: [3] }), run({ lr: 1, losses: [2] })], mended: [run()] },
    ...{ sure: [report()], temperature: [report(), report()], threshold: [report(), report()] },
    ...{ against: [report()], surestMistake: [report()], overlooked: [undefined] },
  };

  it("take whatever they are given", () => {
    assert.deepEqual(Object.keys(given).sort(), Object.keys(checks).sort());
    for (const [name, check] of Object.entries(checks)) {
      assert.match(said(check(undefined, ...given[name])), /^Not yet\. /, name);
      for (const junk of JUNK)
        assert.match(said(check(junk, ...given[name])), /^Not yet\. /, `${name}: ${typeof junk}`);
      for (const junk of JUNK)
        assert.match(said(check(junk)), /^Not yet\. /, `${name}: ${typeof junk}, without data`);
    }
  });

  it("know what is behind a wrong number", () => {
    // 10 training cells of which 6 are of type 1, 4 test cells of which 1 is: 1 / 4.
    expect(
      fineTune.majority,
      [0.25],
      [
        [25, /not a percentage/],
        [0.6, /too large/],
      ],
      run(),
      cells(),
    );
    // 10 cells in batches of 4.
    expect(
      fineTune.stepsPerEpoch,
      [3],
      [
        [10, /a step for each cell/],
        [5, /counts all cells/],
        [2, /do not fill a batch/],
        [7, /too large/],
      ],
      run(),
    );
    // Validation losses 1.5, 0.9, 1.2; training losses fall.
    expect(
      fineTune.bestEpoch,
      [2],
      [
        [3, /lowest \*training\* loss/],
        [1, /was 1\.500; another/],
        [9, /too large/],
      ],
      run(),
    );
    // Linear(2 → 2), LayerNorm(2), Linear(2 → 3): 6 + 4 + 9; biases 5, norms 4.
    expect(
      fineTune.headWeights,
      [19],
      [
        [14, /`Linear` has a bias/],
        [15, /`LayerNorm` has weights/],
        [10, /matrices/],
        [49, /whole model/],
      ],
      run(),
    );
  });

  it("judge open exercises by what came of them", () => {
    const slow = run({ lr: 1e-5, losses: [3, 2.5] });
    const fast = run({ lr: 1, losses: [2.1, 2] });
    expect(
      fineTune.learningRate,
      [run({ losses: [1.9, 1.7] })],
      [
        [run({ losses: [1.9, 1.85] }), /is 1\.85; below 1\.80 is wanted/],
        [run({ losses: [1.9, 1, 0.5] }), /With more epochs it is no comparison/],
        [run({ losses: [1, 1], train: [0, 1] }), /learnt from 2 cells that are not the 10/],
      ],
      ...([slow, fast] as const),
    );
    expect(
      fineTune.mended,
      [run({ losses: [0.84] }), run({ losses: [1.5, 0.85, 1.2] })],
      [
        [run({ losses: [0.88] }), /fell from 0\.900 to 0\.880, which may be luck/],
        [run({ losses: [1.1] }), /went from 0\.900 to 1\.100/],
        [run({ losses: [0.1], train: [0] }), /learnt from 1 cells/],
        [{ epochs: 20 }, /A run is expected/],
        [Promise.resolve(run()), /`await` in front of `finetune`/],
      ],
      run(),
    );
  });

  it("judge what is said of labels", () => {
    // Above 0.9: a, c, d and e; right: a and c.
    expect(
      trust.sure,
      [0.5],
      [
        [50, /more than 1/],
        [0.8, /the share of cells of which it is sure/],
        [0.6, /share of all cells/],
      ],
      report(),
    );
    // Both simple methods say otherwise of b and d; of d they are right.
    expect(
      trust.against,
      [1],
      [
        [2, /cells in dispute/],
        [0, /0 is too small/],
      ],
      report(),
    );
    expect(
      trust.surestMistake,
      ["e"],
      [
        ["a", /labelled so: it is no mistake/],
        ["d", /there is one of which it is surer/i],
        ["f", /no test cell/],
        ["E", /is "e" meant/],
      ],
      report(),
    );
    // 0.95: e and d are wrong at the top, so that no label may be given at all.
    assert.match(
      said(trust.threshold(0.5, report(), report())),
      /60 % of these labels are right: 95 % are wanted/,
    );
    const sure = report({ wrong: ["b"] });
    expect(
      trust.threshold,
      [0.7],
      [
        [0.5, /80 % of these/],
        [0.96, /a threshold that labels 80 % of them/],
        [2, /between 0 and 1/],
      ],
      sure,
      sure,
    );
  });

  it("judge a temperature by the calibration error", () => {
    const unsure = report({ wrong: ["b", "c", "d"] });
    assert.match(said(trust.temperature(20, unsure, unsure)), /^✓ Right\. .*0 of 5 labels change/);
    assert.match(said(trust.temperature(0.5, unsure, unsure)), /that makes it surer still/);
    assert.match(said(trust.temperature(0, unsure, unsure)), /above 0/);
  });

  it("judge a hidden type by how many of its cells are noticed", () => {
    const hidden = (share: number) => {
      const { parts } = report();
      const trustOf = {
        ...parts.trust,
        unlike: { expected: 0.05, share: 0.05, unseen: { cells: 2, share, auroc: 0.5 } },
      };
      return {
        parts: { ...parts, truth: Int32Array.of(0, 1, -1, -1, 1, 0), trust: trustOf },
      } as unknown as Report;
    };
    assert.match(
      said(trust.overlooked("NK", hidden(0.1))),
      /^✓ Right\. Of the 2 cells of "NK", 10 % .*2 of them are "A"/,
    );
    assert.match(
      said(trust.overlooked("NK", hidden(0.6))),
      /60 % were said to be unlike .*that type is noticed/,
    );
    assert.match(said(trust.overlooked("NK", report())), /"NK" is not a type of these cells/);
  });
});

describe("probabilities", () => {
  it("at another temperature are the softmax of logits divided by it", () => {
    // Softmax of (2, 0) is 0.8808, of (1, 0) 0.7311, of (4, 0) 0.9820 (scipy.special.softmax).
    const p = 0.880797077977882;
    const [given] = [report({ scores: Array(6).fill([p, 1 - p]) })];
    const at = (t: number) => labelsAt(t, given)[0].probability;
    for (const [t, expected] of [
      [1, 0.880797077977882],
      [2, 0.731058578630005],
      [0.5, 0.982013790037908],
    ])
      assert.ok(Math.abs(at(t) - expected) < 1e-6, `${t}: ${at(t)}`);
  });

  it("have a calibration error: sure less right, by interval", () => {
    const outcomes = [
      ...[
        [0.95, true],
        [0.95, false],
        [0.65, true],
        [0.65, true],
        [0.52, false],
      ],
    ].map(([probability, right]) => ({ cell: "", label: "", truth: "", probability, right }) as never);
    // |0.95 − 0.5| · 2 + |0.65 − 1| · 2 + |0.52 − 0| · 1, over 5 cells
    assert.ok(Math.abs(calibrationError(outcomes) - (0.9 + 0.7 + 0.52) / 5) < 1e-12);
  });

  it("below a threshold give no label", () => {
    const outcomes = [0.9, 0.8, 0.8, 0.3].map((probability, i) => ({
      ...{ cell: "", label: "", truth: "" },
      probability,
      right: i !== 2,
    }));
    assert.deepEqual(atThreshold(0.8, outcomes), { threshold: 0.8, share: 0.75, precision: 2 / 3 });
    assert.deepEqual(
      thresholds(outcomes).map(({ threshold, share }) => [threshold, share]),
      [
        [0.3, 1],
        [0.8, 0.75],
        [0.9, 0.25],
      ],
    );
    assert.equal(atThreshold(0.95, outcomes).precision, 1);
  });
});

/** Right answers, and wrong ones with what is said of each. */
function expect<Given extends unknown[]>(
  check: (answer: unknown, ...given: Given) => Displayable,
  right: unknown[],
  wrong: [unknown, RegExp][],
  ...given: Given
): void {
  for (const answer of right) assert.match(said(check(answer, ...given)), /^✓ Right\. /);
  for (const [answer, pattern] of wrong) assert.match(said(check(answer, ...given)), pattern);
}

/** A run as the checks see it: 10 training cells, 6 for validation, 4 for the test; batches of 4. */
function run({ lr = 1e-3, losses = [1.5, 0.9, 1.2], train = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } = {}): Run {
  const history = losses.map((validationLoss, i) => ({
    epoch: i + 1,
    trainLoss: 1 / (i + 1),
    validationLoss,
  }));
  const best = history.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const split = {
    train: Int32Array.from(train),
    validation: Int32Array.of(10, 11, 12, 13, 14, 15),
    test: Int32Array.of(16, 17, 18, 19),
  };
  const shapes = {
    "encoder.embedding.weight": [15, 2],
    "cls_decoder._decoder.0.weight": [2, 2],
    "cls_decoder._decoder.0.bias": [2],
    "cls_decoder._decoder.2.weight": [2],
    "cls_decoder._decoder.2.bias": [2],
    "cls_decoder.out_layer.weight": [3, 2],
    "cls_decoder.out_layer.bias": [3],
  };
  const weights = Object.entries(shapes).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return [name, { shape, data: new Float32Array(size) }] as const;
  });
  return {
    ...{ args: { embsize: 2 }, classes: ["A", "B", "C"], weights: new Map(weights) },
    parts: { cells: { split } },
    settings: { batchSize: 4, lr, epochs: losses.length },
    training: { history, bestEpoch: best.epoch },
  } as unknown as Run;
}

/** 20 cells: of the first 10, six are "B"; of the last four, one is. */
function cells(): Prepared {
  const codes = Int32Array.of(1, 1, 1, 1, 1, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
  return { labels: { classes: ["A", "B", "C"], codes } } as unknown as Prepared;
}

/** Six cells, a to f, the last a training cell; "A" is the label of all. */
function report({
  wrong = ["d", "e"],
  scores = [
    [0.95, 0.05],
    [0.6, 0.4],
    [0.92, 0.08],
    [0.96, 0.04],
    [0.99, 0.01],
    [0.5, 0.5],
  ],
} = {}): Report {
  const names = ["a", "b", "c", "d", "e", "f"];
  const truth = Int32Array.from(names, (name) => (wrong.includes(name) ? 1 : 0));
  const classes = ["A", "B"];
  return {
    parts: {
      ...{ truth, run: { classes, parts: {} }, ready: { cellNames: names } },
      evaluated: Int32Array.of(0, 1, 2, 3, 4),
      labelled: { codes: new Int32Array(6), scores: Float32Array.from(scores.flat()) },
      opinions: { logistic: Int32Array.of(0, 1, 0, 1, 1, 0), neighbours: Int32Array.of(0, 1, 0, 1, 0, 0) },
      trust: { temperature: 1 },
    },
  } as unknown as Report;
}
