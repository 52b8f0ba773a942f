import { crc32 } from "node:zlib";
import { CellkernelError } from "../support/error.js";
import type { RandomAccessFile } from "./file.js";

// Format: PKWARE's APPNOTE.TXT, sections 4.3 and 4.4. PyTorch stores its entries uncompressed.
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const ZIP64 = 1;
const LIMIT = 0xffffffff;

interface Entry {
  /** Where the entry's local header begins. */
  offset: number;
  size: number;
  crc: number;
}

/** The entries of a zip file by name. */
export class ZipFile {
  private constructor(
    private readonly file: RandomAccessFile,
    private readonly entries: Map<string, Entry>,
  ) {}

  static open(file: RandomAccessFile): ZipFile {
    return new ZipFile(file, centralDirectory(file));
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  /** An entry's bytes, checked against its checksum. @param most bytes that it may have */
  read(name: string, most = Number.POSITIVE_INFINITY): Uint8Array {
    const entry = this.entries.get(name);
    if (!entry) throw damaged(this.file, `it holds no entry ${name}`);
    if (entry.size > most)
      throw damaged(this.file, `entry ${name} has ${entry.size} bytes, where at most ${most} are expected`);
    const header = view(this.file.read(entry.offset, 30));
    if (header.getUint32(0, true) !== LOCAL) throw damaged(this.file, `entry ${name} has no header`);
    const nameLength = header.getUint16(26, true);
    if (text(this.file.read(entry.offset + 30, nameLength)) !== name)
      throw damaged(this.file, `its table of contents takes another entry for ${name}`);
    const start = entry.offset + 30 + nameLength + header.getUint16(28, true);
    const bytes = this.file.read(start, entry.size);
    if (crc32(bytes) !== entry.crc) throw damaged(this.file, `the checksum of entry ${name} does not agree`);
    return bytes;
  }
}

function centralDirectory(file: RandomAccessFile): Map<string, Entry> {
  const { count, offset, size } = endRecord(file);
  const bytes = file.read(offset, size);
  const directory = view(bytes);
  const entries = new Map<string, Entry>();
  let total = 0;
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > size || directory.getUint32(at, true) !== CENTRAL)
      throw damaged(file, "its table of contents is broken");
    const nameLength = directory.getUint16(at + 28, true);
    const extraLength = directory.getUint16(at + 30, true);
    const name = text(bytes.subarray(at + 46, at + 46 + nameLength));
    if (directory.getUint16(at + 10, true) !== 0)
      throw new CellkernelError(
        "format",
        `${file.path}: entry ${name} is compressed; PyTorch writes its entries uncompressed`,
        { path: file.path },
      );
    const fields = [
      directory.getUint32(at + 24, true),
      directory.getUint32(at + 20, true),
      directory.getUint32(at + 42, true),
    ];
    const extraStart = at + 46 + nameLength;
    const [entrySize, , entryOffset] = widen(
      fields,
      view(bytes.subarray(extraStart, extraStart + extraLength)),
    );
    if (entries.has(name)) throw damaged(file, `it holds two entries ${name}`);
    total += entrySize;
    if (total > file.size) throw damaged(file, "its entries overlap");
    entries.set(name, { offset: entryOffset, size: entrySize, crc: directory.getUint32(at + 16, true) });
    at = extraStart + extraLength + directory.getUint16(at + 32, true);
  }
  return entries;
}

/** Fields that are full in 32 bits stand in the zip64 extra field, in the same order. */
function widen(fields: number[], extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== ZIP64) continue;
    let next = at + 4;
    return fields.map((field) => {
      if (field !== LIMIT) return field;
      next += 8;
      return Number(extra.getBigUint64(next - 8, true));
    });
  }
  return fields;
}

function endRecord(file: RandomAccessFile): { count: number; offset: number; size: number } {
  const tailStart = Math.max(0, file.size - 22 - 0xffff);
  const tail = view(file.read(tailStart, file.size - tailStart));
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at--;
  if (at < 0) throw damaged(file, "the table of contents at its end is not there");
  const locator = at - 20;
  if (locator >= 0 && tail.getUint32(locator, true) === END64_LOCATOR) {
    const end = view(file.read(Number(tail.getBigUint64(locator + 8, true)), 56));
    if (end.getUint32(0, true) !== END64) throw damaged(file, "its 64-bit table of contents is broken");
    const word = (position: number) => Number(end.getBigUint64(position, true));
    return { count: word(32), size: word(40), offset: word(48) };
  }
  return {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
}

/**
 * The bytes of a zip file of uncompressed entries, each entry's data at a multiple of 64 bytes,
 * as PyTorch lays them out for memory mapping. At most 4 GiB.
 */
export function* zipParts(entries: Iterable<[name: string, data: Uint8Array]>): Generator<Uint8Array> {
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of entries) {
    const nameBytes = Buffer.from(name);
    // The padding is an extra field of its own: 4 bytes of head ("FB", as PyTorch names it) and filling.
    const padding = 4 + ((64 - ((offset + 34 + nameBytes.length) % 64)) % 64);
    if (offset + data.byteLength > LIMIT - 0x10000)
      throw new CellkernelError(
        "option",
        "the model is larger than the 4 GiB of a PyTorch file of this form; save model.safetensors",
      );
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0); // version needed
    shared.writeUInt32LE(0x00210000, 6); // 1980-01-01, so that equal weights give equal files
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(data.byteLength, 14);
    shared.writeUInt32LE(data.byteLength, 18);
    shared.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.alloc(30 + nameBytes.length + padding);
    local.writeUInt32LE(LOCAL, 0);
    shared.copy(local, 4);
    local.writeUInt16LE(padding, 28);
    nameBytes.copy(local, 30);
    local.write("FB", 30 + nameBytes.length);
    local.writeUInt16LE(padding - 4, 32 + nameBytes.length);
    const header = Buffer.alloc(46 + nameBytes.length);
    header.writeUInt32LE(CENTRAL, 0);
    header.writeUInt16LE(20, 4); // version made by
    shared.copy(header, 6);
    header.writeUInt32LE(offset, 42);
    nameBytes.copy(header, 46);
    central.push(header);
    yield local;
    yield data;
    offset += local.length + data.byteLength;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  yield directory;
  yield end;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

function damaged(file: RandomAccessFile, what: string): Error {
  return new CellkernelError("format", `${file.path} is damaged or cut short: ${what}`, { path: file.path });
}
