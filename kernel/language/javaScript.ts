import ts = require("typescript");

export const isJavaScript = (path: string) => /\.[mc]?js$/.test(path);

/** A JavaScript file alone: what it imports, and whether its types agree, is of no account. */
export function javaScript(path: string, settings: ts.CompilerOptions): ts.Program {
  const options: ts.CompilerOptions = {
    ...settings,
    allowJs: true,
    checkJs: false,
    declaration: false,
    noResolve: true,
    noLib: true,
    moduleDetection: ts.ModuleDetectionKind.Force,
    // Nothing is written; but TypeScript would not compile a file in its own place.
    outDir: "/compiled",
  };
  return ts.createProgram([path], options, ts.createCompilerHost(options));
}
