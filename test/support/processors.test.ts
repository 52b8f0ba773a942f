import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { processors, quota } from "../../src/support/processors.js";

/** Files of a control group, as the kernel's documentation has them. */
const files = (contents: Record<string, string>) => (path: string) => contents[path];

describe("processors", () => {
  it("are those of the machine without a quota", () => {
    assert.equal(
      processors(8, files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" })),
      8,
    );
    assert.equal(
      processors(8, () => undefined),
      8,
    );
  });

  it("are those of the quota of the group, or of one above it", () => {
    const read = files({
      "/proc/self/cgroup": "0::/kubepods/pod1\n",
      "/sys/fs/cgroup/kubepods/pod1/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/kubepods/cpu.max": "150000 100000\n",
    });
    assert.equal(quota(read), 1.5);
    assert.equal(processors(8, read), 2);
    assert.equal(processors(1, read), 1);
  });

  it("are those of the quota of version 1, in a container that does not see its host's path", () => {
    const read = files({
      "/proc/self/cgroup": "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    });
    assert.equal(quota(read), 0.5);
    assert.equal(processors(8, read), 1);
    const unlimited = files({
      "/proc/self/cgroup": "4:cpu,cpuacct:/\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    });
    assert.equal(quota(unlimited), undefined);
  });
});
