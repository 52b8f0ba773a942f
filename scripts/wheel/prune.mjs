// What of a package goes into the wheel.

/** Of no use to somebody who runs the package; licences stay. */
const NEVER = [
  /\.(map|tsbuildinfo|flow|md|cc|cpp|hh?|gyp)$/,
  // onnxruntime's library for macOS stands there twice; the binding loads it by its short name.
  /\/libonnxruntime\.\d+\.\d+\.\d+\.dylib$/,
  // Of the package's root alone: what is named so further down may be code.
  /^(\.github|tests?|__tests__|docs?|examples?|perf|vendor)\//i,
  /^(CMakeLists\.txt|CHANGELOG|README|Makefile)[^/]*$/i,
];

/** Of the large packages, all that is needed: whole files, or folders with a closing "/". */
const ONLY = {
  "@expo-google-fonts/inter": () => [
    "400Regular/Inter_400Regular.ttf",
    "600SemiBold/Inter_600SemiBold.ttf",
    "LICENSE_FONT",
  ],
  "@koromix/koffi": ({ platform, arch }) => ["index.js", `${platform}_${arch}/`],
  "cmake-ts": () => ["build/loader.js"],
  h5wasm: () => ["dist/esm/", "dist/node/", "src/"],
  "onnxruntime-node": ({ platform, arch }) => ["dist/", "lib/", `bin/napi-v6/${platform}/${arch}/`],
  "scran.js": () => ["main/"],
  "vega-lite": () => ["build/"],
  zeromq: ({ platform, arch, zeromq }) => [
    "lib/",
    "build/manifest.json",
    `build/${platform}/${arch}/node/${zeromq}/`,
  ],
};

/** Of TypeScript the library and the types of the language: no command line, no editor's server, no translations. */
const TYPESCRIPT = /^lib\/(typescript\.(js|d\.ts)|lib\.[\w.]+\.d\.ts|lib\.d\.ts)$/;

const ALWAYS = /^(package\.json|(un)?licen[cs]e[^/]*|notice[^/]*|copying[^/]*|ThirdPartyNoticeText\.txt)$/i;

/**
 * @param {string} name of the package
 * @param {string} path of a file in it, with "/"
 * @param platform as in `platforms.mjs`
 */
export function goesIn(name, path, platform) {
  if (path.startsWith("node_modules/")) return false;
  if (ALWAYS.test(path)) return true;
  if (NEVER.some((pattern) => pattern.test(path))) return false;
  if (name === "typescript") return TYPESCRIPT.test(path);
  const only = ONLY[name.startsWith("@koromix/koffi-") ? "@koromix/koffi" : name];
  if (!only) return true;
  return only(platform).some((each) => (each.endsWith("/") ? path.startsWith(each) : path === each));
}
