import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeFileAtomically } from "../../src/support/atomic.js";
import { writeFolderAtomically } from "../../src/support/atomicFolder.js";
import { checkWritableFolder } from "../../src/support/destination.js";
import { checkWritable, TemporaryFile } from "../../src/support/temporaryFile.js";

const skip = process.platform === "win32" && "links and modes as Unix has them";
const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "destination-")));

test("what is no file is refused, and stays: devices, pipes, sockets, folders", { skip }, async () => {
  const at = folder();
  execFileSync("mkfifo", [join(at, "pipe")]);
  symlinkSync(join(at, "pipe"), join(at, "link"));
  const server = createServer().listen(join(at, "socket"));
  await new Promise((done) => server.once("listening", done));
  for (const [path, kind] of [
    ["/dev/null", "a device"],
    [join(at, "pipe"), "a pipe"],
    [join(at, "link"), "a pipe"],
    [join(at, "socket"), "a socket"],
    [at, "a folder"],
  ]) {
    const refused = { code: "path", message: new RegExp(`${path} cannot be written: it is ${kind}`) };
    assert.throws(() => writeFileAtomically(path, "x"), refused);
    assert.throws(() => new TemporaryFile(path), refused);
    assert.throws(() => checkWritable(path), refused);
    if (path !== at) assert.throws(() => writeFolderAtomically(path, () => {}), /it is .*, not a folder/);
  }
  assert.ok(statSync("/dev/null").isCharacterDevice());
  assert.deepEqual(readdirSync(at).sort(), ["link", "pipe", "socket"]);
  server.close();
});

test("a folder that can't be made is refused before any work", () => {
  const at = folder();
  writeFileSync(join(at, "file"), "");
  const refused = (name: string, why: RegExp) =>
    assert.throws(() => checkWritableFolder(join(at, name)), { code: "path", message: why });
  refused("file", /file cannot be written: it is a file, not a folder/);
  refused("file/below", /file\/below cannot be written: .*/);
  checkWritableFolder(join(at, "new", "and", "below"));
  checkWritableFolder(at);
  assert.deepEqual(readdirSync(at), ["file"]);
});

test("a standard output that is a pipe is none that a file could take the place of", { skip }, () => {
  const module = JSON.stringify(new URL("../../src/support/atomic.js", import.meta.url).href);
  const program = `try { (await import(${module})).writeFileAtomically("/dev/stdout", "x"); } catch (error) { console.log(error.message); }`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  assert.match(said, /^\/dev\/stdout cannot be written: it is a (pipe|socket)/);
});

test("links are written through, also to what is not there yet", { skip }, () => {
  const at = folder();
  const far = folder();
  writeFileSync(join(far, "data"), "old");
  symlinkSync(join(far, "data"), join(at, "one"));
  symlinkSync("one", join(at, "two"));
  symlinkSync(join(far, "new"), join(at, "dangling"));
  for (const name of ["one", "two", "dangling"]) writeFileAtomically(join(at, name), name);
  assert.equal(readFileSync(join(far, "data"), "utf8"), "two");
  assert.equal(readFileSync(join(far, "new"), "utf8"), "dangling");
  assert.equal(readlinkSync(join(at, "two")), "one");
  mkdirSync(join(far, "run"));
  writeFileSync(join(far, "run", "mine.txt"), "mine");
  symlinkSync(join(far, "run"), join(at, "run"));
  writeFolderAtomically(join(at, "run"), (partial) => writeFileSync(join(partial, "a"), "a"));
  assert.ok(lstatSync(join(at, "run")).isSymbolicLink());
  assert.deepEqual(readdirSync(join(far, "run")).sort(), ["a", "mine.txt"]);
  symlinkSync("round", join(at, "round"));
  assert.throws(() => writeFileAtomically(join(at, "round"), ""), /round cannot be written|ELOOP/);
  assert.deepEqual(readdirSync(far).sort(), ["data", "new", "run"]);
});

test("permissions follow the umask; what takes another's place takes its permissions", { skip }, () => {
  const at = folder();
  const mode = (name: string) => (statSync(join(at, name)).mode & 0o777).toString(8);
  const before = process.umask(0o027);
  try {
    writeFileAtomically(join(at, "new"), "x");
    writeFolderAtomically(join(at, "run"), () => {});
    assert.deepEqual([mode("new"), mode("run")], ["640", "750"]);
    chmodSync(join(at, "new"), 0o600);
    chmodSync(join(at, "run"), 0o700);
    writeFileAtomically(join(at, "new"), "y");
    writeFolderAtomically(join(at, "run"), () => {});
    assert.deepEqual([mode("new"), mode("run")], ["600", "700"]);
  } finally {
    process.umask(before);
  }
});

test("long names can be written", () => {
  const at = folder();
  const name = "n".repeat(250);
  writeFileAtomically(join(at, name), "x");
  assert.ok(existsSync(join(at, name)));
  assert.deepEqual(readdirSync(at), [name]);
});
