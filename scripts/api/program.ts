import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { TOPICS, type Topic } from "./topics.js";

/** The library as TypeScript sees it. */
export interface Library {
  program: ts.Program;
  /** What `src/index.ts` exports, by name, with its declarations. */
  exports: Map<string, ts.Symbol>;
}

/** Opens the library as it stands in `src/` of the repository. */
export function openLibrary(root: string): Library {
  const path = join(root, "src/index.ts");
  const program = ts.createProgram([path], optionsOf(root));
  const checker = program.getTypeChecker();
  const index = checker.getSymbolAtLocation(program.getSourceFile(path)!)!;
  const declared = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exports = checker.getExportsOfModule(index).map((symbol) => [symbol.name, declared(symbol)] as const);
  return { program, exports: new Map(exports) };
}

/**
 * The library with modules beside it that stand in no file.
 * @param modules their texts, by path from the root
 */
export function withModules(
  root: string,
  library: Library,
  modules: ReadonlyMap<string, string>,
): ts.Program {
  const texts = new Map([...modules].map(([path, text]) => [join(root, path), text]));
  const options = optionsOf(root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(resolve(path)) || fileExists(path);
  host.readFile = (path) => texts.get(resolve(path)) ?? readFile(path);
  host.getSourceFile = (path, how, ...rest) => {
    const text = texts.get(resolve(path));
    return text === undefined
      ? getSourceFile(path, how, ...rest)
      : ts.createSourceFile(path, text, how, true);
  };
  return ts.createProgram([...texts.keys()], options, host, library.program);
}

/** Whether an export is a function. */
export function isFunction(symbol: ts.Symbol): boolean {
  return (symbol.flags & ts.SymbolFlags.Function) !== 0;
}

/** @throws where an export is of no topic */
export function topicOf(root: string, name: string, symbol: ts.Symbol): Topic {
  const path = relative(join(root, "src"), symbol.declarations![0].getSourceFile().fileName).replaceAll(
    "\\",
    "/",
  );
  const fits = TOPICS.flatMap((topic) =>
    topic.from.filter((from) => path.startsWith(from)).map((from) => ({ topic, from })),
  ).sort((a, b) => b.from.length - a.from.length);
  if (fits.length === 0)
    throw new Error(
      `${name} (src/${path}) is on no page of the reference: name its file in scripts/api/topics.ts`,
    );
  return fits[0].topic;
}

function optionsOf(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  return { ...options, noEmit: true, incremental: false, noUnusedLocals: false };
}
