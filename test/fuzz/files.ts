import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { crc32 } from "node:zlib";
import { zipParts } from "../../src/checkpoint/zip.js";
import type { Random } from "../../src/support/random.js";
import { Lines, Victim } from "../support/attack.js";
import type { Digest } from "../support/digest.js";
import { mutated } from "./mutate.js";
import { any, type Execution, type Target } from "./target.js";

const PYTHON = join(".venv-peers", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

/** Damaged files, read by us and by the library that has the last word on what they hold. */
abstract class Files implements Target {
  protected readonly folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  private readonly victim = new Victim();
  private readonly oracle = new Lines(PYTHON, ["test/fuzz/oracle.py"]);
  private bases: string[] | undefined;

  constructor(
    private readonly reader: string,
    private readonly ends: readonly string[],
  ) {}

  async execute(random: Random): Promise<Execution> {
    this.bases ??= await this.makeBases();
    const base = any(random, this.bases);
    const path = join(this.folder, `damaged${extname(base)}`);
    rmSync(path, { recursive: true, force: true });
    this.damage(base, path, random);
    const { value, error, ended, ms, megabytes } = await this.victim.read(this.reader, path, 20);
    const execution = { ms, megabytes, input: path };
    if (ended) return { ...execution, outcome: ended, find: ended };
    if (error)
      return {
        ...execution,
        outcome: "refused",
        find:
          error.name === "CellkernelError"
            ? undefined
            : `an error of another kind: ${error.name}: ${error.message}`,
      };
    const answer = await this.oracle.ask({ reader: this.reader, path }, 30);
    if (typeof answer === "string" || answer.error) return { ...execution, outcome: "read by us alone" };
    const find = this.difference(value as Digest, answer.value);
    if (find) {
      // PyTorch hands out memory as it is for some damaged files: another value each time.
      const again = await this.oracle.ask({ reader: this.reader, path }, 30);
      if (JSON.stringify(again) !== JSON.stringify(answer))
        return { ...execution, outcome: "read by us alone" };
    }
    return { ...execution, outcome: find ? "read otherwise" : "read alike", find };
  }

  async close(): Promise<void> {
    await this.victim.close();
    await this.oracle.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  protected abstract damage(base: string, path: string, random: Random): void;
  protected abstract difference(ours: Digest, theirs: unknown): string | undefined;

  private async makeBases(): Promise<string[]> {
    const folder = join(this.folder, "bases");
    mkdirSync(folder);
    const answer = await this.oracle.ask({ reader: "bases", path: folder }, 120);
    if (typeof answer === "string" || answer.error)
      throw new Error(`no files to damage: ${JSON.stringify(answer)}`);
    return readdirSync(folder)
      .filter((name) => this.ends.includes(extname(name)))
      .sort()
      .map((name) => join(folder, name));
  }
}

/** Checkpoints: the file as a whole, or one entry of the zip file, or a header of which the length is put right. */
export class Checkpoints extends Files {
  constructor() {
    super("checkpoint", [".pt", ".safetensors"]);
  }

  protected damage(base: string, path: string, random: Random): void {
    const bytes = readFileSync(base);
    const whole = random.below(3) === 0;
    if (whole) writeFileSync(path, mutated(bytes, random));
    else if (base.endsWith(".safetensors")) writeFileSync(path, damagedHeader(bytes, random));
    else if (bytes.readUInt32LE(0) === 0x04034b50) writeFileSync(path, damagedEntry(bytes, random));
    else writeFileSync(path, mutated(bytes, random));
  }

  protected difference(ours: Digest, theirs: unknown): string | undefined {
    const candidates = theirs as Digest[];
    const agree = (dict: Digest) => Object.entries(ours).every(([name, digest]) => dict[name] === digest);
    if (candidates.some(agree)) return undefined;
    return `we read ${JSON.stringify(ours)}, PyTorch ${JSON.stringify(candidates)}`;
  }
}

function damagedHeader(bytes: Buffer, random: Random): Buffer {
  const length = Number(bytes.readBigUInt64LE());
  const header = mutated(bytes.subarray(8, 8 + length), random);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, bytes.subarray(8 + length)]);
}

/** The checksum of the damaged entry is right, so that the damage is met further in. */
function damagedEntry(bytes: Buffer, random: Random): Buffer {
  const entries: [string, Uint8Array][] = [];
  const signature = Buffer.from("PK\x01\x02", "latin1");
  for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 46)) {
    const [size, nameLength, offset] = [
      bytes.readUInt32LE(at + 24),
      bytes.readUInt16LE(at + 28),
      bytes.readUInt32LE(at + 42),
    ];
    const name = bytes.toString("latin1", at + 46, at + 46 + nameLength);
    const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
    const data = bytes.subarray(start, start + size);
    if (crc32(data) === bytes.readUInt32LE(at + 16)) entries.push([name, data]);
  }
  const chosen =
    random.below(4) > 0
      ? entries.findIndex(([name]) => name.endsWith("data.pkl"))
      : random.below(entries.length);
  entries[chosen][1] = mutated(entries[chosen][1], random);
  return Buffer.concat([...zipParts(entries)]);
}

/** Cells: bytes of an HDF5 file, or of one file of a Zarr store. */
export class Cells extends Files {
  constructor(end: ".h5ad" | ".zarr") {
    super("cells", [end]);
  }

  protected damage(base: string, path: string, random: Random): void {
    if (!statSync(base).isDirectory()) {
      writeFileSync(path, mutated(readFileSync(base), random));
      return;
    }
    cpSync(base, path, { recursive: true });
    const files = readdirSync(path, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(path, name)).isFile())
      .sort();
    const file = join(path, any(random, files));
    writeFileSync(file, mutated(readFileSync(file), random));
  }

  protected difference(ours: Digest, theirs: unknown): string | undefined {
    const found = theirs as Digest;
    const wrong = Object.keys(ours).filter(
      (name) =>
        name in found &&
        !ours[name].startsWith("!") &&
        !found[name].startsWith("!") &&
        ours[name] !== found[name],
    );
    return wrong.length > 0
      ? wrong.map((name) => `${name}: we read ${ours[name]}, anndata ${found[name]}`).join("; ")
      : undefined;
  }
}
