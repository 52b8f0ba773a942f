import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { posix } from "node:path";

/** Reads a file of the system; undefined where it can't be read. */
export type ReadFile = (path: string) => string | undefined;

const ROOT = "/sys/fs/cgroup";

/**
 * How many threads are worth starting: the processors that this process may run on, or fewer where its container has a
 * quota of their time (cgroups of both versions: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files).
 * With more, all of them are stopped together when the quota is used up.
 */
export function processors(allowed = availableParallelism(), read: ReadFile = readHere): number {
  return Math.max(1, Math.min(allowed, Math.ceil(quota(read) ?? Number.POSITIVE_INFINITY)));
}

/** Processors' worth of time that the control group and those above it leave; undefined where there is no limit. */
export function quota(read: ReadFile = readHere): number | undefined {
  const limits = [...groups(read)].map(([time, period]) => Number(time) / Number(period));
  const least = Math.min(...limits.filter((limit) => limit > 0));
  return Number.isFinite(least) ? least : undefined;
}

/** Time and period of every group's quota, as they are written. */
function* groups(read: ReadFile): Generator<[time?: string, period?: string]> {
  // "0::/path" is of version 2, "4:cpu,cpuacct:/path" of version 1. In a container the path may be one of its host.
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    for (let group = path; ; group = posix.dirname(group)) {
      if (controllers === "") {
        const [time, period] = (read(posix.join(ROOT, group, "cpu.max")) ?? "").trim().split(" ");
        yield [time, period];
      } else if (controllers.split(",").includes("cpu")) {
        const folder = posix.join(ROOT, "cpu", group);
        yield [read(posix.join(folder, "cpu.cfs_quota_us")), read(posix.join(folder, "cpu.cfs_period_us"))];
      }
      if (group === "/") break;
    }
  }
}

function readHere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
