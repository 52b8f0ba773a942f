import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/folder.js";

/** Runs a command without any network, where that is permitted. */
const WITHOUT_NETWORK = ["unshare", "--net"];
/** Writes down every socket and every file that is opened. */
const TRACED = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=socket,connect,sendto,openat", "-o"];

const works = ([program, ...args]: string[]) => spawnSync(program, [...args, "true"]).status === 0;

/** What asks who or where this machine is, or whom to ask. */
const LOOK_UPS =
  /resolv\.conf|nsswitch|\/etc\/hosts|machine-id|product_uuid|\/sys\/class\/net|deviceid|ca-cert/;

test("the protocol, from file to labels, leaves nothing outside its output and looks nothing up", (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  for (const name of ["home", "tmp", "out"]) mkdirSync(at(name));
  const network = works(WITHOUT_NETWORK) ? WITHOUT_NETWORK : [];
  const traced = works([...TRACED, at("probe")]) ? [...TRACED, at("trace")] : [];
  const script = resolve("dist/test/support/wholeJobChild.js");
  const command = [...network, ...traced, process.execPath, script, resolve("notebooks/models/small")];
  const { ORT_DISABLE_TELEMETRY: _, ...rest } = process.env;
  const given = Object.entries(rest).filter(([name]) => !/^(XDG_|JUPYTER|NODE_)/.test(name));
  execFileSync(command[0], command.slice(1), {
    cwd: at("out"),
    env: { ...Object.fromEntries(given), HOME: at("home"), TMPDIR: at("tmp") },
  });
  assert.deepEqual(readdirSync(at("out")).sort(), ["cells.h5ad", "labelled.h5ad", "report", "run"]);
  assert.deepEqual(readdirSync(at("home")), []);
  assert.deepEqual(readdirSync(at("tmp")), []);
  if (!existsSync(at("trace"))) return t.diagnostic("without strace: look-ups were not watched");
  const calls = readFileSync(at("trace"), "utf8").split("\n");
  assert.ok(calls.length > 100, "the trace holds what was opened");
  assert.deepEqual(
    calls.filter((call) => /AF_INET/.test(call) || LOOK_UPS.test(call)),
    [],
  );
});
