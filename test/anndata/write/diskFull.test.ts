import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { readH5ad } from "../../../src/anndata/readH5ad.js";
import { writeH5ad } from "../../../src/anndata/write/h5ad.js";
import { writeResults } from "../../../src/anndata/write/results.js";
import { temporaryFolder } from "../../support/folder.js";

const INPUT = "test/fixtures/h5ad/csr.h5ad";

/** Lets the HDF5 library write so many bytes more, as on a disk that fills up. */
function fillDisk(room: number): { mend(): void } {
  const write = fs.writeSync;
  let left = room;
  // The library writes through this module object.
  fs.writeSync = ((...args: Parameters<typeof fs.writeSync>) => {
    const length = (args[1] as unknown as Uint8Array).length;
    const wanted = typeof args[3] === "number" ? args[3] : length;
    if (wanted > left)
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    left -= wanted;
    return write(...args);
  }) as typeof fs.writeSync;
  return {
    mend() {
      fs.writeSync = write;
    },
  };
}

test("a disk that is full is a clear error at whatever byte, and the old file is untouched", async (context) => {
  const folder = temporaryFolder(context);
  const out = join(folder, "out.h5ad");
  fs.writeFileSync(out, "an older file");
  const data = new Float32Array(60 * 2);
  const writes = {
    writeH5ad: async () => {
      const cells = await readH5ad(INPUT);
      try {
        await writeH5ad(cells, out);
      } finally {
        cells.close();
      }
    },
    writeResults: () =>
      writeResults(INPUT, out, { obsm: { X_new: { data, columns: 2 } }, uns: { note: "new" } }),
  };
  for (const [name, write] of Object.entries(writes)) {
    for (const room of [0, 500, 1500]) {
      const disk = fillDisk(room);
      try {
        await assert.rejects(
          write,
          /out\.h5ad could not be written: there is no space left on the disk\. The file that was there is untouched\.$/,
          `${name} with ${room} bytes`,
        );
      } finally {
        disk.mend();
      }
      assert.equal(fs.readFileSync(out, "utf8"), "an older file");
      assert.deepEqual(fs.readdirSync(folder), ["out.h5ad"]);
    }
    await write();
    assert.notEqual(fs.readFileSync(out, "latin1").slice(0, 8), "an older");
    fs.writeFileSync(out, "an older file");
  }
});
