import { CellkernelError } from "../../support/error.js";
import type { RowMatrix } from "../matrix.js";
import type { Storage } from "../storage.js";
import { CscMatrix } from "./csc.js";
import { CsrMatrix } from "./csr.js";
import { DenseMatrix } from "./dense.js";

/**
 * Opens the matrix at a path: a two-dimensional dataset, or a `csr_matrix` / `csc_matrix` group
 * (https://anndata.readthedocs.io/en/stable/fileformat-prose.html#sparse-arrays), also as anndata
 * before 0.7 named them (`h5sparse_format`). `expected`, where given, is the shape that `obs` and
 * `var` ask for.
 */
export function openMatrix(file: Storage, path: string, expected?: readonly [number, number]): RowMatrix {
  const matrix = file.kind(path) === "dataset" ? openDense(file, path) : openSparse(file, path);
  if (expected && (matrix.shape[0] !== expected[0] || matrix.shape[1] !== expected[1])) {
    throw new CellkernelError(
      "format",
      `${file.at(path)} is ${matrix.shape.join(" × ")}, but obs and var ask for ${expected.join(" × ")}; ` +
        "the file is damaged.",
      { path: file.path, member: path },
    );
  }
  return matrix;
}

function openDense(file: Storage, path: string): RowMatrix {
  const shape = file.shape(path);
  if (shape.length !== 2)
    throw new CellkernelError(
      "format",
      `${file.at(path)} has ${shape.length} dimensions; a matrix has two.`,
      { path: file.path, member: path },
    );
  return new DenseMatrix(file, path, [shape[0], shape[1]]);
}

/** `csr` or `csc` where a group is a sparse matrix. */
export function sparseFormat(file: Storage, path: string): "csr" | "csc" | undefined {
  const encoding = file.textAttribute(path, "encoding-type") ?? file.textAttribute(path, "h5sparse_format");
  if (encoding === "csr_matrix" || encoding === "csr") return "csr";
  return encoding === "csc_matrix" || encoding === "csc" ? "csc" : undefined;
}

function openSparse(file: Storage, path: string): RowMatrix {
  const format = sparseFormat(file, path);
  if (format === undefined) {
    const encoding = file.textAttribute(path, "encoding-type");
    throw new CellkernelError(
      "format",
      `${file.at(path)} has the encoding "${encoding ?? "none"}", which a matrix cannot have. ` +
        "Readable are dense arrays, csr_matrix and csc_matrix.",
      { path: file.path, member: path },
    );
  }
  const attribute = file.attribute(path, "shape") ?? file.attribute(path, "h5sparse_shape");
  const shape = Array.from((attribute?.values ?? []) as ArrayLike<number | bigint>, Number);
  if (shape.length !== 2 || shape.some((length) => !(length >= 0 && length < 2 ** 31))) {
    throw new CellkernelError("format", `${file.at(path)} does not say its shape; the file is damaged.`, {
      path: file.path,
      member: path,
    });
  }
  const [rows, columns] = shape;
  return format === "csr"
    ? new CsrMatrix(file, path, [rows, columns])
    : new CscMatrix(file, path, [rows, columns]);
}
