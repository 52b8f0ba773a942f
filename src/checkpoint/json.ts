import { readFileSync } from "node:fs";
import { CellkernelError } from "../support/error.js";

/** @throws where the file is no JSON */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new CellkernelError("format", `${path} is not JSON: ${(error as Error).message}`, { path });
  }
}
