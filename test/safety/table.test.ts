import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Victim } from "../support/attack.js";

const folder = mkdtempSync(join(tmpdir(), "hostile-table-"));
const victim = new Victim();
after(async () => {
  await victim.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

test("a gzipped table of one line is refused after 32 MB of it, in time that grows with its length alone", async () => {
  await victim.read("cells", file("good.csv", "cell,G1\na,1\n"), 30);
  // 256 MB, packed a thousandfold.
  const packed = Buffer.concat(Array.from({ length: 16 }, () => gzipSync(Buffer.alloc(2 ** 24, "a"))));
  const { error, ms, megabytes } = await victim.read("cells", file("line.csv.gz", packed));
  assert.equal(error?.name, "CellkernelError");
  assert.match(error!.message, /line\.csv\.gz has a line of more than 33554432 bytes/);
  assert.ok(ms < 3000 && megabytes < 500, `${ms} ms, ${megabytes} MB`);
});

test("a line of many quoted fields, and a quoted field of megabytes, are read", async () => {
  const fields = '"a""b",'.repeat(100_000);
  const table = `${fields}"${"x".repeat(4_000_000)}"\nc,${"1,".repeat(100_000)}2\n`;
  const { value, ms } = await victim.read("cells", file("quoted.csv", `cell,${table}`));
  assert.match((value as Record<string, string>).X, /^\[1,100001\]/);
  assert.ok(ms < 3000, `${ms} ms`);
});
