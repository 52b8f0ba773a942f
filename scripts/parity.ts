import { run } from "../bench/parity.js";

process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1;
