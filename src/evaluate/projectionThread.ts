import { workerData } from "node:worker_threads";
import { type Layout, layOut } from "./projectionLayout.js";

// A further thread of `projectUmap`'s layout.
const { layout, thread } = workerData as { layout: Layout; thread: number };
layOut(layout, thread);
