import { writeSafetensors } from "../../src/checkpoint/safetensors.js";
import { finetune, loadPrepared } from "../../src/index.js";

// One of several processes, or one alone: trains twice, and writes the weights that it has at the end. PREPARED OPTIONS FILE
const [prepared, options, file] = process.argv.slice(2);
const ready = loadPrepared(prepared);
await finetune(ready, { ...JSON.parse(options), epochs: 1 });
const { weights } = await finetune(ready, JSON.parse(options));
writeSafetensors(`${file}.${process.env.PMI_RANK ?? "alone"}`, weights);
