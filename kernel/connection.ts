import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

/** The file that a front end writes before it starts a kernel. */
export interface ConnectionInfo {
  transport: "tcp" | "ipc";
  ip: string;
  shell_port: number;
  iopub_port: number;
  stdin_port: number;
  control_port: number;
  hb_port: number;
  key: string;
  signature_scheme: string;
}

const PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"];

/** Reads a connection file. Throws an error that names the file and the field when it is none that we can serve. */
export function readConnection(file: string): ConnectionInfo {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`cannot read the connection file ${file}: ${(error as Error).message}`);
  }
  const info = (typeof found === "object" && found !== null ? found : {}) as Record<string, unknown>;
  const refuse = (field: string, expected: string): never => {
    throw new Error(`${file}: ${field} is ${JSON.stringify(info[field])}; expected ${expected}`);
  };
  if (typeof info.ip !== "string") refuse("ip", "an address");
  if (info.transport !== "tcp" && info.transport !== "ipc") refuse("transport", '"tcp" or "ipc"');
  for (const port of PORTS) if (!Number.isInteger(info[port])) refuse(port, "a port's number");
  if (typeof info.key !== "string") refuse("key", "a text, empty for messages without signature");
  const scheme = String(info.signature_scheme || "hmac-sha256");
  try {
    createHmac(scheme.replace(/^hmac-/, ""), "");
  } catch {
    refuse("signature_scheme", "hmac- and a hash, such as hmac-sha256");
  }
  return { ...info, signature_scheme: scheme } as ConnectionInfo;
}
