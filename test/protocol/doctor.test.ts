import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { doctorReport } from "../../src/cli/doctor.js";
import type { Finding } from "../../src/protocol/doctor/finding.js";
import { jupyter } from "../../src/protocol/doctor/jupyter.js";
import { type Facts, factsHere, machine } from "../../src/protocol/doctor/machine.js";
import { cellkernelHere } from "../support/cli.js";

const well: Facts = {
  ...{ node: "24.19.0", program: "/e/node", platform: "linux", arch: "x64", glibc: "2.36" },
  memory: { available: 8 * 2 ** 30, limit: 16 * 2 ** 30 },
  threads: { used: 4, allowed: 4 },
};

/** What is not right, as `part: found → remedy`. */
const faults = (findings: Finding[]) =>
  findings
    .filter(({ state }) => state !== "right")
    .map(({ part, found, remedy }) => `${part}: ${found} → ${remedy}`);

describe("the doctor, of the machine", () => {
  it("finds nothing where all is there", () => {
    assert.deepEqual(faults(machine(well)), []);
    assert.deepEqual(
      machine(factsHere()).map(({ part }) => part),
      ["Node", "system", "memory", "threads"],
    );
  });

  it("says which Node is needed, and why that of the search path is not used", () => {
    assert.deepEqual(faults(machine({ ...well, node: "18.20.4" })), [
      "Node: 18.20.4, /e/node: 20.19 or a newer 20, or 22.12 or newer is needed → Install Node 24, for instance.",
    ]);
    const [, passedOver] = machine({ ...well, passedOver: "/usr/bin/node does not run" });
    assert.equal(passedOver.found, "/usr/bin/node does not run: the environment's own is used");
  });

  it("names a C library that the binaries can't use", () => {
    const remedy = "Use a distribution with glibc 2.28 or newer: Debian 10, Ubuntu 20.04, RHEL 8, or later.";
    assert.deepEqual(faults(machine({ ...well, glibc: undefined })), [
      `system: linux x64 without glibc (musl, as in Alpine) → ${remedy}`,
    ]);
    assert.deepEqual(faults(machine({ ...well, glibc: "2.17" })), [
      `system: linux x64, glibc 2.17 → ${remedy}`,
    ]);
    assert.deepEqual(faults(machine({ ...well, platform: "darwin", glibc: undefined })), []);
  });

  it("tells a container's limits", () => {
    const limited = { used: 2, allowed: 64, quota: 1.5 };
    assert.equal(
      machine({ ...well, threads: limited }).at(-1)!.found,
      "2 of 64, by the container's quota of 1.5 processors",
    );
    const [memory] = faults(machine({ ...well, memory: { available: 2 ** 30, limit: 2 ** 31 } }));
    assert.match(memory, /^memory: 1\.0 GiB available of 2\.0 GiB → The demo takes up to 2\.0 GiB/);
  });
});

describe("the doctor, of Jupyter", () => {
  const prefix = mkdtempSync(join(tmpdir(), "cellkernel-test-細胞 "));
  const share = join(prefix, "share/jupyter");
  const etc = join(prefix, "etc/jupyter");
  const python = {
    program: "/e/python",
    version: "3.12.4",
    jupyterlab: "4.6.6",
    data: [share],
    config: [etc],
  };
  const write = (path: string, content: object | string) => {
    mkdirSync(dirname(join(prefix, path)), { recursive: true });
    writeFileSync(join(prefix, path), typeof content === "string" ? content : JSON.stringify(content));
  };
  const START = { argv: ["python", "{resource_dir}/start.py", "{connection_file}"] };
  afterEach(() => rmSync(prefix, { recursive: true, force: true }));

  function install() {
    write("share/jupyter/labextensions/@cellkernel/jupyterlab/package.json", { version: "1.2.3" });
    write("share/jupyter/kernels/cellkernel/kernel.json", START);
    write("share/jupyter/kernels/cellkernel/start.py", "from cellkernel.node import start");
    write("lib/python3.12/site-packages/cellkernel/js/package.json", {});
  }

  it("finds nothing where all is there", () => {
    install();
    write("share/jupyter/kernels/python3/kernel.json", { argv: ["/gone/python"] });
    const findings = jupyter(python, "1.2.3");
    assert.deepEqual(faults(findings), []);
    assert.deepEqual(
      findings.map(({ part }) => part),
      ["Python", "JupyterLab", "extension", "kernelspec cellkernel"],
    );
  });

  it("says what is needed of Python and JupyterLab", () => {
    install();
    assert.deepEqual(faults(jupyter({ ...python, jupyterlab: "3.6.7" }, "1.2.3")), [
      'JupyterLab: 3.6.7: the extension needs 4.3 or newer → /e/python -m pip install --upgrade "jupyterlab>=4.3"',
    ]);
    assert.deepEqual(faults(jupyter({ ...python, version: "3.9.2" }, "1.2.3")), [
      "Python: 3.9.2, /e/python → Make an environment of Python 3.10 or newer.",
    ]);
    assert.deepEqual(faults(jupyter(undefined, "1.2.3")), [
      "Python: not found: JupyterLab needs it → Install Python 3.10 or newer, or activate its environment.",
    ]);
  });

  it("says when the extension is missing, disabled or of another version", () => {
    install();
    const extension = () => faults(jupyter(python, "1.2.3")).filter((line) => line.startsWith("extension"));
    write("etc/jupyter/labconfig/page_config.json", {
      disabledExtensions: { "@cellkernel/jupyterlab": true },
    });
    assert.match(extension()[0], /, disabled → jupyter labextension enable @cellkernel\/jupyterlab$/);
    rmSync(etc, { recursive: true });
    write("share/jupyter/labextensions/@cellkernel/jupyterlab/package.json", { version: "1.0.0" });
    assert.match(extension()[0], /: this is Cellkernel 1\.2\.3 → Install the wheel of this version there\.$/);
    rmSync(join(share, "labextensions"), { recursive: true });
    assert.match(extension()[0], /^extension: not installed/);
  });

  it("names a kernelspec whose environment is gone", () => {
    install();
    write("share/jupyter/kernels/old/kernel.json", {
      argv: ["/gone/node", "/gone/main.js", "{connection_file}"],
      metadata: { cellkernel: { version: "1.0.0" } },
    });
    const folder = join(share, "kernels");
    assert.deepEqual(faults(jupyter(python, "1.2.3")), [
      `kernelspec old: ${join(folder, "old")}: what it starts is gone (/gone/node) → jupyter kernelspec remove old`,
    ]);
    rmSync(join(prefix, "lib"), { recursive: true });
    const [ours] = faults(jupyter(python, "1.2.3"));
    assert.match(ours, /^kernelspec cellkernel: .*what it starts is gone \(the package cellkernel below /);
    rmSync(folder, { recursive: true });
    assert.match(
      faults(jupyter(python, "1.2.3")).at(-1)!,
      /^kernelspec: not installed → .*kernel install --sys-prefix$/,
    );
  });
});

describe("cellkernel doctor", () => {
  it("writes a line a finding, the remedy below", () => {
    const report = doctorReport([
      { part: "Node", state: "right", found: "24.19.0" },
      { part: "JupyterLab", state: "wrong", found: "3.6.7", remedy: "upgrade it" },
      { part: "device cuda", state: "note", found: "no NVIDIA GPU" },
    ]);
    assert.deepEqual(report.split("\n"), [
      "✓ Node         24.19.0",
      "✗ JupyterLab   3.6.7",
      "               → upgrade it",
      "· device cuda  no NVIDIA GPU",
      "",
      "1 thing to mend: see →.",
    ]);
  });

  it("looks at this machine", async () => {
    const { stdout, stderr } = await cellkernelHere("doctor", "--json");
    assert.equal(stderr, "");
    const { cellkernel, findings } = JSON.parse(stdout) as { cellkernel: string; findings: Finding[] };
    assert.match(cellkernel, /^\d+\.\d+\.\d+$/);
    const found = (part: string) => findings.find((each) => each.part === part)!;
    assert.equal(found("Node").found, `${process.versions.node}, ${process.execPath}`);
    assert.match(found("device cpu").found, /^a training step takes \d+ ms$/);
    for (const { state, remedy } of findings) if (state === "wrong") assert.ok(remedy);
  });
});
