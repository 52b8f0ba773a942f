import { statSync } from "node:fs";

import ts = require("typescript");

/** What the running Node has of the language's own library. */
function library(): string[] {
  const node = Number.parseInt(process.versions.node, 10);
  if (node >= 24) return ["lib.esnext.d.ts"];
  const next = ["array", "collection", "iterator"].map((part) => `lib.esnext.${part}.d.ts`);
  return node >= 22 ? ["lib.es2024.d.ts", ...next] : ["lib.es2023.d.ts"];
}

/** What a `tsconfig.json` beside the notebook may change. */
const DEFAULTS: ts.CompilerOptions = {
  lib: library(),
  resolveJsonModule: true,
  esModuleInterop: true,
  strict: true,
  skipLibCheck: true,
  // The node types come with the prelude; others only when a cell imports them.
  types: [],
};

/** How cells are compiled, whatever a project does; and what asks of a program more than of a notebook. */
const OURS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  // Finds what Node finds, `exports` maps included, without asking that relative imports end in `.js`.
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  declaration: true,
  sourceMap: true,
  preserveConstEnums: true,
  newLine: ts.NewLineKind.LineFeed,
};

/** Options of a project that say where and in what form its files are written, or how it is built. */
const NOT_OF_CELLS = [
  ...[
    "allowJs",
    "checkJs",
    "composite",
    "declarationDir",
    "declarationMap",
    "emitBOM",
    "emitDeclarationOnly",
  ],
  ...["importHelpers", "incremental", "inlineSourceMap", "inlineSources", "isolatedDeclarations"],
  ...["isolatedModules", "mapRoot", "moduleDetection", "noCheck", "noEmit", "noEmitHelpers", "noEmitOnError"],
  ...["noLib", "noResolve", "noUnusedLocals", "noUnusedParameters", "outDir", "outFile", "plugins"],
  ...["removeComments", "rootDir", "rootDirs", "sourceRoot", "stripInternal", "tsBuildInfoFile"],
  ...["verbatimModuleSyntax", "useDefineForClassFields"],
];

/** No file is asked for. */
const NO_INPUTS = 18003;

/** How the cells of a notebook are checked. */
export interface Settings {
  options: ts.CompilerOptions;
  /** What is wrong with the `tsconfig.json`. */
  wrong: readonly ts.Diagnostic[];
  /** Whether types that nobody has written, and nobody can tell, are refused. */
  asksForTypes: boolean;
  saysWhichDecorators: boolean;
  /** Tells one state of the file from another. */
  state: number;
}

const pathOf = (directory: string) => `${directory}/tsconfig.json`;

export function settingsState(directory: string): number {
  return statSync(pathOf(directory), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Those of the `tsconfig.json` in the notebook's folder, or our own. */
export function readSettings(directory: string): Settings {
  const state = settingsState(directory);
  const ours = {
    options: { ...DEFAULTS, ...OURS },
    wrong: [],
    asksForTypes: false,
    saysWhichDecorators: false,
  };
  if (state === 0) return { ...ours, state };
  const path = pathOf(directory);
  const { config, error } = ts.readConfigFile(path, ts.sys.readFile);
  // Its files are none of the notebook's; they need not be found.
  const host = { ...ts.sys, readDirectory: () => [] };
  const parsed = ts.parseJsonConfigFileContent(config ?? {}, host, directory, undefined, path);
  const own = Object.entries(parsed.options).filter(([name]) => !NOT_OF_CELLS.includes(name));
  const errors = parsed.errors.filter(({ code }) => code !== NO_INPUTS);
  return {
    options: { ...DEFAULTS, ...Object.fromEntries(own), ...OURS },
    wrong: error ? [error] : errors,
    asksForTypes: parsed.options.noImplicitAny === true,
    saysWhichDecorators: parsed.options.experimentalDecorators !== undefined,
    state,
  };
}
