/** `npm run bench -- NAME [options]`: each benchmark prints one line of JSON on stdout, its course on stderr. */
const BENCHMARKS: Record<string, () => Promise<{ bench(args: string[]): Promise<object> }>> = {
  amp: () => import("./amp.js"),
  "demo-folds": () => import("./demoFolds.js"),
  faiss: () => import("./faiss.js"),
  gpu: () => import("./gpu.js"),
  "gpu-counts": () => import("./gpuCounts.js"),
  infer: () => import("./infer.js"),
  kernel: () => import("./kernel.js"),
  lora: () => import("./lora.js"),
  "lora-folds": () => import("./loraFolds.js"),
  memory: () => import("./memory.js"),
  preprocess: () => import("./preprocess.js"),
  pretrain: () => import("./pretrain.js"),
  protocol: () => import("./protocol.js"),
  published: () => import("./published.js"),
  ranks: () => import("./ranks.js"),
  rare: () => import("./rare.js"),
  shards: () => import("./shards.js"),
  survive: () => import("./survive.js"),
  train: () => import("./train.js"),
  umap: () => import("./umap.js"),
  values: () => import("./values.js"),
  views: () => import("./views.js"),
  trust: () => import("./trust.js"),
};

const [name = "", ...args] = process.argv.slice(2);
if (name in BENCHMARKS) {
  const { bench } = await BENCHMARKS[name]();
  console.log(JSON.stringify(await bench(args)));
} else {
  console.error(`Usage: npm run bench -- NAME, NAME one of ${Object.keys(BENCHMARKS).join(", ")}`);
  process.exitCode = 2;
}
