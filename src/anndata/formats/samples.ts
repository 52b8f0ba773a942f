import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CellkernelError } from "../../support/error.js";
import { storeVersion } from "../zarr/folder.js";
import { isOneMatrix } from "./mtxFiles.js";

/** One file or folder of cells among several. */
export interface Sample {
  /** What tells its cells from those of the others: its name, with as many folders before it as that takes. */
  label: string;
  path: string;
  /** Where a folder holds several Matrix Market matrices: what the names of this one's files begin with. */
  prefix?: string;
}

const MATRIX = /^(.*)matrix\.mtx(\.gz)?$/;
/** What is taken of a run of Cell Ranger or kallisto, the first that is there; cells that were called, not all barcodes. */
const RUN = [
  ...["filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix"].flatMap((name) => [
    name,
    join("outs", name),
  ]),
  ...["counts_filtered", "counts_unfiltered"],
];
/** What STARsolo counts, a folder each, of the same cells. */
const FEATURES = /^(Gene|GeneFull\w*|Velocyto|Transcript3p)$/;

/**
 * The samples that files and folders stand for, in the order given and within a folder by name. A folder is one sample
 * (a Zarr store, a Matrix Market folder, a run of Cell Ranger), or holds several: `.h5ad` files, 10x `.h5` files, Zarr
 * stores, folders of single samples, or Matrix Market files with a prefix each, as GEO has them
 * (`GSM1_matrix.mtx.gz`, `GSM1_barcodes.tsv.gz`, `GSM1_features.tsv.gz`).
 *
 * @throws where one does not exist, is named twice, or a folder holds samples of several kinds
 */
export function samplesOf(paths: string | readonly string[]): Sample[] {
  const given = typeof paths === "string" ? [paths] : paths;
  if (given.length === 0) throw new CellkernelError("path", "no file of cells was given", {});
  const found = given.flatMap((path) => {
    if (!existsSync(path)) throw new CellkernelError("path", `there is no file ${resolve(path)}`, { path });
    return statSync(path).isDirectory() ? inFolder(path) : [{ path }];
  });
  const places = found.map(({ path, prefix }) => join(realpathSync(path), prefix ?? ""));
  const twice = places.findIndex((place, i) => places.indexOf(place) < i);
  if (twice >= 0)
    throw new CellkernelError("path", `${found[twice].path} was given twice.`, { path: found[twice].path });
  const labels = distinctLabels(found);
  return found.map((sample, i) => ({ ...sample, label: labels[i] }));
}

type Found = Omit<Sample, "label">;

function inFolder(folder: string): Found[] {
  const single = asSample(folder);
  if (single) return [single];
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort();
  const matrices = names.flatMap((name) => MATRIX.exec(name)?.[1] ?? []).sort();
  const ofKind = (wanted: (path: string) => Found | undefined) =>
    names.flatMap((name) => wanted(join(folder, name)) ?? []);
  const kinds = new Map<string, Found[]>([
    ["Matrix Market matrices", matrices.map((prefix) => ({ path: folder, prefix }))],
    [".h5ad files", ofKind((path) => (/\.h5ad$/.test(path) && isFile(path) ? { path } : undefined))],
    ["10x .h5 files", ofKind((path) => (/\.h5$/.test(path) && isFile(path) ? { path } : undefined))],
    [
      "Zarr stores",
      ofKind((path) => (isFolder(path) && storeVersion(path) !== undefined ? { path } : undefined)),
    ],
    [
      "folders of samples",
      ofKind((path) => (isFolder(path) && storeVersion(path) === undefined ? asSample(path) : undefined)),
    ],
  ]);
  const there = [...kinds].filter(([, samples]) => samples.length > 0);
  const features = names.filter((name) => FEATURES.test(name) && asSample(join(folder, name)));
  if (features.length > 1)
    throw new CellkernelError(
      "path",
      `${folder} holds counts of the same cells by several rules (${features.join(", ")}); name one of them: ${join(folder, features[0])}.`,
      { path: folder },
    );
  if (there.length === 1) return there[0][1];
  throw new CellkernelError(
    "path",
    there.length === 0
      ? `${folder} holds no cells that are known here: expected .h5ad files, 10x .h5 files, Zarr stores, or matrix.mtx with barcodes and features, there or in its folders.`
      : `${folder} holds ${there.map(([kind, samples]) => `${samples.length} ${kind}`).join(" and ")}, perhaps of the same cells; name those that are to be taken.`,
    { path: folder },
  );
}

/** A folder that is one sample. */
function asSample(folder: string): Found | undefined {
  if (storeVersion(folder) !== undefined) return { path: folder };
  if (isOneMatrix(folder)) return { path: folder };
  // STARsolo has both beside each other.
  const called = join(folder, "filtered");
  if (isFolder(called) && isFolder(join(folder, "raw")) && isOneMatrix(called)) return { path: called };
  const run = RUN.map((name) => join(folder, name)).find((path) => existsSync(path));
  return run === undefined ? undefined : { path: run };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Names, with as many folders before them as make them differ. */
function distinctLabels(samples: readonly Found[]): string[] {
  const parts = samples.map(partsOf);
  const depth = parts.map(() => 1);
  const label = (i: number) => parts[i].slice(-depth[i]).join("/");
  for (;;) {
    const labels = parts.map((_, i) => label(i));
    const repeated = labels.flatMap((one, i) =>
      labels.indexOf(one) !== labels.lastIndexOf(one) && depth[i] < parts[i].length ? [i] : [],
    );
    if (repeated.length === 0) return labels;
    for (const i of repeated) depth[i]++;
  }
}

/** Folders and name of a sample, without what only says how it is stored. */
function partsOf({ path, prefix }: Found): string[] {
  const whole = resolve(path);
  const run = RUN.find((name) => whole.endsWith(join("/", name)));
  const place = run === undefined ? whole : whole.slice(0, -run.length - 1).replace(/[\\/]outs$/, "");
  const folders = dirname(place).split(/[\\/]/).filter(Boolean);
  const name = basename(place).replace(/\.(h5ad|h5|zarr|(csv|tsv|txt)(\.gz)?)$/, "");
  if (prefix === undefined) return [...folders, name];
  return [...folders, name, ...(prefix === "" ? [] : [prefix.replace(/[._-]+$/, "")])];
}
