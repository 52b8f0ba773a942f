import { readdirSync } from "node:fs";
import { Comment, CommentTag, type Context, type DeclarationReflection, ReflectionKind } from "typedoc";
import ts from "typescript";
import type { Setting, Table } from "../../src/settings/setting.js";

/** The tables of options, by the names of their constants. */
export async function settingsTables(): Promise<Map<string, Table>> {
  const folder = new URL("../../src/settings/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const modules: object[] = await Promise.all(files.map((name) => import(new URL(name, folder).href)));
  return new Map(modules.flatMap((module) => Object.entries(module)));
}

/** Gives an option what its table says of it, in place of a doc comment, which it has none. */
export function describeSettings(tables: Map<string, Table>) {
  return (context: Context, reflection: DeclarationReflection): void => {
    if (!reflection.kindOf(ReflectionKind.Property) || reflection.comment) return;
    const declared = context.getSymbolFromReflection(reflection)?.declarations?.[0];
    const table = declared && ts.findAncestor(declared, ts.isVariableDeclaration);
    const setting = table && tables.get(table.name.getText())?.[reflection.name];
    if (!setting) return;
    reflection.comment = commentOf(setting);
    // What TypeDoc takes for one is the call that makes the setting.
    delete reflection.defaultValue;
  };
}

function commentOf({ help, unit, default: value }: Setting<unknown, unknown>): Comment {
  const text = `${help}${unit && !help.includes(unit) ? ` (${unit})` : ""}`.replace(/<\w+>/g, "`$&`");
  const comment = new Comment([{ kind: "text", text }]);
  if (value !== undefined)
    comment.blockTags.push(new CommentTag("@defaultValue", [{ kind: "text", text: String(value) }]));
  return comment;
}
