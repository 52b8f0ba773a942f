import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application, Converter } from "typedoc";
import { START } from "./examples.js";
import { isFunction, type Library, topicOf, withModules } from "./program.js";
import { describeSettings, settingsTables } from "./settings.js";
import { TOPICS } from "./topics.js";

/** How the pages look: functions first, what has many parts as tables, no links to where the sources stand. */
const LOOK = {
  ...{ plugin: ["typedoc-plugin-markdown"], router: "module", readme: "none", logLevel: "Warn" },
  ...{ disableSources: true, excludePrivate: true, excludeProtected: true, excludeExternals: true },
  ...{ skipErrorChecking: true, hideBreadcrumbs: true, hidePageHeader: true, useHTMLEncodedBrackets: true },
  pageTitleTemplates: {
    module: ({ name }: { name: string }) => TOPICS.find((topic) => topic.name === name)?.title,
  },
  groupOrder: ["Functions", "Classes", "Interfaces", "Type Aliases"],
  sort: ["alphabetical"],
  ...{ parametersFormat: "table", propertyMembersFormat: "table", typeDeclarationFormat: "table" },
  ...{
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
  },
  tableColumnSettings: { hideInherited: true, hideOverrides: true, hideSources: true, hideModifiers: true },
};

/**
 * The pages of the reference, by their names in `docs/api/`: one a topic, and `README.md`, which says what the examples start from.
 * @param root folder of the repository
 */
export async function apiPages(root: string, library: Library): Promise<Map<string, string>> {
  const names = new Map(TOPICS.map(({ name }): [string, string[]] => [name, []]));
  for (const [name, symbol] of library.exports) names.get(topicOf(root, name, symbol).name)!.push(name);
  const path = (topic: string) => `src/${topic}.topic.ts`;
  const modules = TOPICS.map(({ name, about }): [string, string] => [
    path(name),
    `/**\n * ${about}\n * @module\n */\nexport { ${names.get(name)!.join(", ")} } from "./index.js";\n`,
  ]);
  const program = withModules(root, library, new Map(modules));
  const app = await Application.bootstrapWithPlugins(LOOK as object);
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, describeSettings(await settingsTables()));
  const project = app.converter.convert(
    TOPICS.map(({ name }) => ({
      ...{ displayName: name, program },
      sourceFile: program.getSourceFile(join(root, path(name)))!,
    })),
  );
  const folder = mkdtempSync(join(tmpdir(), "cellkernel-api-"));
  try {
    app.options.setValue("out", folder);
    await app.generateOutputs(project);
    const pages = readdirSync(folder).map((name): [string, string] => [
      name,
      readFileSync(join(folder, name), "utf8"),
    ]);
    return new Map([...pages, ["README.md", firstPage(root, library)]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function firstPage(root: string, { exports }: Library): string {
  const list = TOPICS.map(({ name, title, about }) => {
    const functions = [...exports]
      .filter(([, symbol]) => isFunction(symbol))
      .filter(([one, symbol]) => topicOf(root, one, symbol).name === name)
      .map(([one]) => `[\`${one}\`](${name}.md#${one.toLowerCase()})`)
      .sort();
    return `## [${title}](${name}.md)\n\n${about}\n\n${functions.join(" · ")}`;
  });
  return readFileSync(join(root, START), "utf8").replace("<!-- pages -->", list.join("\n\n"));
}
