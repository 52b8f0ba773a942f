/** Our side of the inference benchmark, in a process of its own: the cells' tokens to labels. */
import { predictCells } from "../src/predict/cells.js";
import { Predictor } from "../src/predict/predictor.js";
import { CLASSES, fullSizeArgs, fullSizeWeights, randomTokens } from "./fullSize.js";
import type { InferWork } from "./infer.js";

const { layers, genes, lengths, batchSize, threads, int8 }: InferWork = JSON.parse(process.argv[2]);
const args = fullSizeArgs(layers);
const tokens = randomTokens([64, ...lengths], genes);
const weights = fullSizeWeights(args, genes);
const spec = { args, genes: genes + 2, classes: CLASSES };
const predictor = await Predictor.create(spec, weights, { device: "cpu", threads, int8 });
const options = { batchSize, maxSeqLen: Math.max(...lengths), padValue: args.pad_value, seed: 0 };
await predictCells(predictor, tokens, [0], options);

const start = performance.now();
const before = process.cpuUsage();
const cells = lengths.map((_, i) => i + 1);
await predictCells(predictor, tokens, cells, options);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - start) / 1000;
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6, peakMiB }));
