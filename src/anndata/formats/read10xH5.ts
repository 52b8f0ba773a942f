import { existsSync, statSync } from "node:fs";
import { CellkernelError } from "../../support/error.js";
import type { AnnData } from "../anndata.js";
import type { Column } from "../columns.js";
import { takeGenes } from "../edit/subset.js";
import { H5File } from "../hdf5/file.js";
import { toColumn } from "../infer.js";
import { CsrMatrix } from "../matrices/csr.js";
import { assemble } from "./assemble.js";
import { takeExpression } from "./expression.js";
import { refuseOtherFormats, refuseOtherHdf5 } from "./recognize.js";

/** How a 10x file is read. */
export interface Read10xOptions {
  /** The genome whose genes are read: needed in a file of Cell Ranger 2 that holds several. */
  genome?: string;
  /** Whether features other than genes (antibodies, guides) are left out; yes by default, as in scanpy. */
  genesOnly?: boolean;
}

/**
 * Opens a 10x Genomics feature-barcode matrix (`.h5`) of Cell Ranger 2 (a group for each genome) or
 * since 3 (`/matrix`). It stores features × barcodes by columns, which is cells × genes by rows, so it
 * is read by blocks like any other matrix.
 *
 * Source: https://www.10xgenomics.com/support/software/cell-ranger/latest/analysis/outputs/cr-outputs-h5-matrices
 *
 * @throws where the file is none of these, or holds several genomes and none is named (names them)
 * @example
 * const cells = await read10xH5("filtered_feature_bc_matrix.h5");
 * [cells.nObs, cells.nVars]; // → [60, 120]
 */
export async function read10xH5(path: string, options: Read10xOptions = {}): Promise<AnnData> {
  if (existsSync(path) && statSync(path).isFile()) refuseOtherFormats(path);
  const file = await H5File.open(path);
  try {
    refuseOtherHdf5(file);
    return file.kind("/matrix") === "group" ? readVersion3(file, options) : readVersion2(file, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Whether an HDF5 file looks like one of 10x. */
export function is10x(file: H5File): boolean {
  return (
    (file.kind("/matrix") === "group" && file.kind("/matrix/barcodes") === "dataset") ||
    genomes(file).length > 0
  );
}

function readVersion3(file: H5File, { genome, genesOnly = true }: Read10xOptions): AnnData {
  const group = "/matrix/features";
  // Groups among them, such as target_sets, say other things than one a feature.
  const features = file
    .keys(group)
    .filter((key) => !key.startsWith("_") && file.kind(`${group}/${key}`) === "dataset");
  const columns = new Map<string, Column>();
  const rename: Record<string, string> = { id: "gene_ids", feature_type: "feature_types" };
  for (const key of features) {
    if (key === "name") continue;
    columns.set(rename[key] ?? key, toColumn(texts(file, `${group}/${key}`), file.at(key)));
  }
  const all = open(file, "/matrix", texts(file, `${group}/name`), columns);
  const of = (key: string) => (features.includes(key) ? texts(file, `${group}/${key}`) : undefined);
  const [genomes, types] = [of("genome"), of("feature_type")];
  // Features that are no genes have a genome too, or an empty one.
  const kept = Int32Array.from(all.varNames.keys()).filter(
    (i) => genome === undefined || genomes?.[i] === genome,
  );
  if (kept.length === 0 && genome !== undefined)
    throw noSuchGenome(file, [...new Set(genomes?.filter((name) => name !== ""))]);
  const cells = kept.length < all.nVars ? takeGenes(all, kept) : all;
  return genesOnly && types
    ? takeExpression(
        cells,
        Array.from(kept, (i) => types[i]),
      )
    : cells;
}

function noSuchGenome(file: H5File, found: readonly string[]): CellkernelError {
  return new CellkernelError(
    "option",
    `${file.path} holds the genomes ${found.join(", ") || "none"}; name one of them (option genome, on the command line --genome).`,
    { option: "genome", path: file.path, genomes: found },
  );
}

function readVersion2(file: H5File, { genome }: Read10xOptions): AnnData {
  const found = genomes(file);
  const chosen = genome ?? found[0];
  if (found.length === 0) {
    throw new CellkernelError(
      "format",
      `${file.path} is an HDF5 file but not a matrix of 10x Genomics: it has no barcodes.`,
      { path: file.path },
    );
  }
  if (!found.includes(chosen) || (genome === undefined && found.length > 1)) {
    throw noSuchGenome(file, found);
  }
  const ids = toColumn(texts(file, `/${chosen}/genes`), file.at("genes"));
  return open(file, `/${chosen}`, texts(file, `/${chosen}/gene_names`), new Map([["gene_ids", ids]]));
}

function open(file: H5File, group: string, varNames: string[], columns: Map<string, Column>): AnnData {
  const obsNames = texts(file, `${group}/barcodes`);
  const shape = Array.from(file.read(`${group}/shape`).values as ArrayLike<number | bigint>, Number);
  if (shape[0] !== varNames.length || shape[1] !== obsNames.length) {
    throw new CellkernelError(
      "format",
      `${file.at(group)} is ${shape.join(" × ")}, but has ${varNames.length} features and ` +
        `${obsNames.length} barcodes; the file is damaged.`,
      { path: file.path, member: group },
    );
  }
  const X = new CsrMatrix(file, group, [obsNames.length, varNames.length]);
  return assemble({ path: file.path, X, obsNames, varNames, var: columns, close: () => file.close() });
}

function genomes(file: H5File): string[] {
  return file
    .keys("/")
    .filter((name) => file.kind(`/${name}`) === "group" && file.kind(`/${name}/gene_names`));
}

function texts(file: H5File, path: string): string[] {
  const { values, dtype } = file.read(path);
  if (dtype !== "str")
    throw new CellkernelError("format", `${file.at(path)} should hold texts, but holds ${dtype}.`, {
      path: file.path,
      member: path,
    });
  return values as string[];
}
