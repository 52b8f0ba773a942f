import { readdirSync } from "node:fs";
import { describe } from "node:test";
import { testPython } from "./runPython.js";

/** Most of their time is waiting: so many run side by side. */
const concurrency = 4;

/** Those with a file of their own, which runs when less else does. */
const OWN = ["test_endurance", "test_measured"];
const MODULE = /^(test_.*)\.py$/;
const modules = readdirSync("test/kernel").flatMap((name) => MODULE.exec(name)?.[1] ?? []);

describe("the kernel, by a client", { concurrency }, () => {
  for (const module of modules) if (!OWN.includes(module)) void testPython(module);
});
