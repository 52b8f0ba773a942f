import { closeSync, openSync, readSync, writeSync } from "node:fs";

import type { Metadata } from "h5wasm/node";

/**
 * h5py keeps booleans as an enumeration of FALSE and TRUE, a type that h5wasm reads but cannot
 * create. So they are written as records of one small integer, whose bytes are the same and whose
 * type takes more room, and once the file is closed that type is replaced.
 *
 * Layout: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 * (object header prefix 1, header messages 3 and 16, datatype classes 6 and 8).
 */
const PLACEHOLDER = "boolean";

/** The type to create a dataset of booleans with. */
export const PLACEHOLDER_TYPE: Pick<
  Metadata,
  "type" | "size" | "signed" | "vlen" | "littleEndian" | "compound_type"
> = {
  type: 6,
  size: 1,
  signed: false,
  vlen: false,
  littleEndian: true,
  compound_type: {
    nmembers: 1,
    members: [
      {
        name: PLACEHOLDER,
        offset: 0,
        type: 0,
        size: 1,
        signed: true,
        vlen: false,
        littleEndian: true,
        shape: [],
        maxshape: [],
        chunks: null,
        total_size: 1,
      },
    ],
  },
};

/** Datatype message: an enumeration (class 8, version 1) over int8 of FALSE = 0 and TRUE = 1. */
const BOOLEAN = Buffer.concat([
  Buffer.from([0x18, 2, 0, 0, 1, 0, 0, 0]),
  Buffer.from([0x10, 0x08, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]),
  Buffer.from("FALSE\0\0\0TRUE\0\0\0\0", "latin1"),
  Buffer.from([0, 1]),
]);

const DATATYPE = 0x0003;
const CONTINUATION = 0x0010;

/**
 * Gives datasets made with `PLACEHOLDER_TYPE` their boolean type.
 *
 * @param path a closed HDF5 file
 * @param addresses byte positions of the datasets' object headers
 */
export function writeBooleanTypes(path: string, addresses: readonly number[]): void {
  if (addresses.length === 0) return;
  const file = openSync(path, "r+");
  try {
    for (const address of addresses) {
      const { position, size } = datatypeMessage(file, address);
      const message = Buffer.alloc(size);
      BOOLEAN.copy(message);
      writeSync(file, message, 0, size, position);
    }
  } finally {
    closeSync(file);
  }
}

/** Finds the datatype message in an object header and checks that it is the placeholder's. */
function datatypeMessage(file: number, address: number): { position: number; size: number } {
  const prefix = bytes(file, address, 16);
  if (prefix[0] !== 1) throw new Error(`there is no object header of version 1 at byte ${address}`);
  const blocks = [{ start: address + 16, length: prefix.readUInt32LE(8) }];
  for (const { start, length } of blocks) {
    const messages = bytes(file, start, length);
    for (let at = 0; at + 8 <= length; ) {
      const type = messages.readUInt16LE(at);
      const size = messages.readUInt16LE(at + 2);
      const body = messages.subarray(at + 8, at + 8 + size);
      if (type === DATATYPE) {
        if (body[0] !== 0x16 || !body.includes(PLACEHOLDER) || size < BOOLEAN.length) break;
        return { position: start + at + 8, size };
      }
      if (type === CONTINUATION) {
        blocks.push({ start: Number(body.readBigUInt64LE(0)), length: Number(body.readBigUInt64LE(8)) });
      }
      at += 8 + size;
    }
  }
  throw new Error(`the dataset at byte ${address} is not of the type that booleans are written with`);
}

function bytes(file: number, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  if (readSync(file, buffer, 0, length, start) !== length)
    throw new Error("the file ends in an object header");
  return buffer;
}
