import { type RandomAccessFile, withFile } from "../checkpoint/file.js";
import { CellkernelError } from "../support/error.js";

/** What an index of faiss holds: `IndexPreTransform` (PCA) over `IndexIVFPQ`, whatever searches its centroids. */
export interface FaissIndex {
  /** Numbers of a vector, before the transform and after. */
  widthIn: number;
  width: number;
  /** Float32 [width × widthIn] and [width]: the transform is A x + b. */
  matrix: Float32Array;
  bias: Float32Array;
  /** Float32 [lists × width] */
  centroids: Float32Array;
  /** Parts of a vector, a multiple of 4, that are quantised each by itself, to 256 values: Float32 [parts × 256 × width / parts]. */
  parts: number;
  codebook: Float32Array;
  /** Float64 [lists + 1]: a list's vectors are those from its pointer to the next. */
  pointers: Float64Array;
  /** Uint8 [vectors × parts] */
  codes: Uint8Array;
  /** Int32 [vectors]: which vector each is. */
  ids: Int32Array;
}

/** faiss's number for the Euclidean distance. */
const METRIC_L2 = 1;

/** Values of a byte. */
const VALUES = 256;

/**
 * Reads an index that faiss wrote: "PCAd,IVFn_HNSWm,PQp" by faiss's names, as the published reference atlas is. The graph by which
 * faiss finds the nearest centroids is passed over: they are found exactly.
 * Format: what https://github.com/facebookresearch/faiss/blob/main/faiss/impl/index_write.cpp writes, little-endian.
 * @throws where the file is none, cut short, or of another kind of index
 */
export function readFaiss(path: string): FaissIndex {
  return withFile(path, (file) => {
    const reader = new Reader(file);
    reader.expect(["IxPT"], "an index behind a transform (IndexPreTransform)");
    const whole = reader.header();
    const transforms = reader.int();
    if (transforms !== 1) throw reader.fault(`it has ${transforms} transforms; expected one, PCA`);
    const transform = readTransform(reader);
    reader.expect(["IwPQ"], "inverted lists of quantised vectors (IndexIVFPQ)");
    const inner = reader.header();
    const lists = reader.size();
    reader.size(); // nprobe
    const centroids = readCentroids(reader);
    const kind = reader.byte();
    reader.skipVector(8);
    if (kind === 2) reader.skipVector(16);
    const byResidual = reader.byte();
    const codeSize = reader.size();
    const [width, parts, bits] = [reader.size(), reader.size(), reader.size()];
    const codebook = reader.floats();
    if (byResidual !== 1 || bits !== 8 || codeSize !== parts)
      throw reader.fault(
        `its vectors are quantised in ${bits} bits${byResidual === 1 ? "" : ", not by what is left of their centroid"}; expected 8 bits of the residual`,
      );
    const right =
      transform.widthOut === inner.d &&
      transform.widthIn === whole.d &&
      width === inner.d &&
      width % parts === 0 &&
      parts % 4 === 0 &&
      centroids.length === lists * width &&
      codebook.length === VALUES * width;
    if (!right) throw reader.fault("its parts don't fit together");
    const held = readLists(reader, lists, codeSize, inner.vectors);
    reader.end();
    return {
      ...{ widthIn: transform.widthIn, width, matrix: transform.matrix, bias: transform.bias },
      ...{ centroids, parts, codebook, ...held },
    };
  });
}

function readTransform(reader: Reader) {
  const code = reader.expect(["Pcam", "PcAm"], "PCA");
  reader.float(); // eigen_power
  if (code === "Pcam") reader.float(); // epsilon
  reader.byte(); // random_rotation
  reader.int(); // balanced_bins
  for (let vector = 0; vector < 3; vector++) reader.skipVector(4); // mean, eigenvalues, PCAMat
  const biased = reader.byte() !== 0;
  const [matrix, given] = [reader.floats(), reader.floats()];
  const [widthIn, widthOut] = [reader.int(), reader.int()];
  reader.byte(); // is_trained
  const bias = biased ? given : new Float32Array(widthOut);
  if (matrix.length !== widthIn * widthOut || bias.length !== widthOut)
    throw reader.fault("its transform is not of the size that it says");
  return { matrix, bias, widthIn, widthOut };
}

/** The centroids of the lists, with the graph over them or without. */
function readCentroids(reader: Reader): Float32Array {
  if (reader.expect(["IHNf", "IxF2"], "centroids, flat or with a graph (IndexHNSWFlat)") === "IHNf") {
    reader.header();
    for (const bytes of [8, 4, 4, 8, 4]) reader.skipVector(bytes);
    for (let field = 0; field < 5; field++) reader.int();
    reader.expect(["IxF2"], "flat centroids (IndexFlatL2)");
  }
  reader.header();
  return reader.floats();
}

function readLists(reader: Reader, lists: number, codeSize: number, vectors: number) {
  reader.expect(["ilar"], "inverted lists in the file itself");
  if (reader.size() !== lists || reader.size() !== codeSize)
    throw reader.fault("its lists are not as many, or not as wide, as it says");
  const pointers = new Float64Array(lists + 1);
  const sparse = reader.expect(["full", "sprs"], "the lists' sizes") === "sprs";
  const sizes = reader.sizes();
  if (sparse) for (let i = 0; i < sizes.length; i += 2) pointers[sizes[i] + 1] = sizes[i + 1];
  else
    sizes.forEach((size, list) => {
      pointers[list + 1] = size;
    });
  for (let list = 0; list < lists; list++) pointers[list + 1] += pointers[list];
  const total = pointers[lists];
  if (pointers.length !== lists + 1 || total !== vectors)
    throw reader.fault(`its lists hold ${total} vectors, where it says ${vectors}`);
  reader.require(total * (codeSize + 8));
  const codes = new Uint8Array(total * codeSize);
  const ids = new Int32Array(total);
  for (let list = 0; list < lists; list++) {
    const [from, end] = [pointers[list], pointers[list + 1]];
    codes.set(reader.bytes((end - from) * codeSize), from * codeSize);
    const own = new BigInt64Array(reader.bytes((end - from) * 8).buffer);
    own.forEach((id, i) => {
      if (id < 0n || id >= BigInt(total)) throw reader.fault(`it has a vector ${id} of ${total}`);
      ids[from + i] = Number(id);
    });
  }
  return { pointers, codes, ids };
}

/** Reads a file from front to end. */
class Reader {
  private at = 0;

  constructor(private readonly file: RandomAccessFile) {}

  bytes(length: number): Uint8Array {
    const bytes = this.file.read(this.at, length);
    this.at += length;
    return bytes;
  }

  byte(): number {
    return this.bytes(1)[0];
  }

  int(): number {
    return new DataView(this.bytes(4).buffer).getInt32(0, true);
  }

  float(): number {
    return new DataView(this.bytes(4).buffer).getFloat32(0, true);
  }

  size(): number {
    const size = Number(new DataView(this.bytes(8).buffer).getBigInt64(0, true));
    if (!Number.isSafeInteger(size) || size < 0) throw this.fault(`it has a size of ${size}`);
    return size;
  }

  /** A four-letter code, one of the given. */
  expect(codes: readonly string[], what: string): string {
    const code = Buffer.from(this.bytes(4)).toString("latin1");
    if (!codes.includes(code))
      throw this.fault(`it has ${JSON.stringify(code)} where ${what} is expected (${codes.join(", ")})`);
    return code;
  }

  /** What stands before every index: its width and vectors. */
  header(): { d: number; vectors: number } {
    const d = this.int();
    const vectors = this.size();
    this.bytes(17); // two fields of before, is_trained
    const metric = this.int();
    if (metric !== METRIC_L2)
      throw this.fault(`its distance is faiss's number ${metric}; expected L2, ${METRIC_L2}`);
    return { d, vectors };
  }

  floats(): Float32Array {
    return new Float32Array(this.vector(4).buffer);
  }

  sizes(): Float64Array {
    return Float64Array.from(new BigInt64Array(this.vector(8).buffer), Number);
  }

  /** Bytes of a vector of elements of that size. */
  private vector(bytes: number): Uint8Array {
    const length = this.size() * bytes;
    this.require(length);
    return this.bytes(length);
  }

  skipVector(bytes: number): void {
    const length = this.size() * bytes;
    this.require(length);
    this.at += length;
  }

  /** Fails before anything is made for what the file cannot hold. */
  require(length: number): void {
    if (length > this.file.size - this.at)
      throw this.fault(`it ends at byte ${this.file.size}, where ${this.at + length} are needed`);
  }

  end(): void {
    if (this.at !== this.file.size) throw this.fault(`it has ${this.file.size - this.at} bytes too many`);
  }

  fault(what: string): CellkernelError {
    const { path } = this.file;
    return new CellkernelError(
      "format",
      `${path} is no faiss index of the published kind (PCA, IVF with HNSW, PQ), or damaged: ${what}`,
      { path },
    );
  }
}
