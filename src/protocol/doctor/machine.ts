import { freemem, totalmem } from "node:os";
import { isSuitable, NODES } from "../../support/nodeVersion.js";
import { processors, quota } from "../../support/processors.js";
import { atLeast, type Finding, note, right, wrong } from "./finding.js";

/** What onnxruntime's library for Linux is linked with. */
const GLIBC = [2, 28] as const;
const GIB = 2 ** 30;
/** What the demo takes, with JupyterLab beside it. */
const DEMO_BYTES = 2 * GIB;

/** What the machine says of itself; given by tests. */
export interface Facts {
  node: string;
  program: string;
  platform: string;
  arch: string;
  /** Version of glibc; undefined where the C library is another one. */
  glibc?: string;
  /** A Node of the search path that the wheel's launcher did not take, and why. */
  passedOver?: string;
  memory: { available: number; limit: number };
  threads: { used: number; allowed: number; quota?: number };
}

export function factsHere(): Facts {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  const limit = process.constrainedMemory?.() ?? 0;
  return {
    node: process.versions.node,
    program: process.execPath,
    platform: process.platform,
    arch: process.arch,
    glibc: header.glibcVersionRuntime,
    passedOver: process.env.CELLKERNEL_NODE_PASSED_OVER,
    memory: {
      available: process.availableMemory?.() ?? freemem(),
      limit: limit > 0 && limit < totalmem() ? limit : totalmem(),
    },
    threads: { used: processors(), allowed: processors(undefined, () => undefined), quota: quota() },
  };
}

/** Node, system, memory and threads. */
export function machine(facts: Facts): Finding[] {
  return [...nodes(facts), system(facts), memory(facts), threads(facts)];
}

function nodes({ node, program, passedOver }: Facts): Finding[] {
  const found = `${node}, ${program}`;
  const own = isSuitable(node)
    ? right("Node", found)
    : wrong("Node", `${found}: ${NODES} is needed`, "Install Node 24, for instance.");
  if (!passedOver) return [own];
  return [own, note("Node on the search path", `${passedOver}: the environment's own is used`)];
}

function system({ platform, arch, glibc }: Facts): Finding {
  const part = "system";
  if (platform !== "linux") return right(part, `${platform} ${arch}`);
  const least = GLIBC.join(".");
  const remedy = `Use a distribution with glibc ${least} or newer: Debian 10, Ubuntu 20.04, RHEL 8, or later.`;
  if (!glibc) return wrong(part, `linux ${arch} without glibc (musl, as in Alpine)`, remedy);
  if (!atLeast(glibc, GLIBC)) return wrong(part, `linux ${arch}, glibc ${glibc}`, remedy);
  return right(part, `linux ${arch}, glibc ${glibc}`);
}

function memory({ memory: { available, limit } }: Facts): Finding {
  const found = `${gib(available)} available of ${gib(limit)}`;
  if (available >= DEMO_BYTES) return right("memory", found);
  const remedy = `The demo takes up to ${gib(DEMO_BYTES)}: end other programs, or give the container more.`;
  return note("memory", found, remedy);
}

function threads({ threads: { used, allowed, quota } }: Facts): Finding {
  const by =
    quota === undefined ? "" : `, by the container's quota of ${Number(quota.toFixed(2))} processors`;
  return right("threads", `${used} of ${allowed}${used < allowed ? by : ""}`);
}

const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
