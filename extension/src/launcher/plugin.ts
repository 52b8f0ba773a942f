import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { ILauncher } from "@jupyterlab/launcher";
import { IMainMenu } from "@jupyterlab/mainmenu";
import { INotebookTracker, NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { Menu } from "@lumino/widgets";
import { askForChoice } from "./dialog.js";
import { writeNew } from "./files.js";
import { KERNEL, protocolNotebook } from "./notebook.js";
import { choiceIn, type Step, stemOf, stepsOf } from "./steps.js";

const NEW = "cellkernel:new-protocol-notebook";
const INSERT = "cellkernel:insert-step";
const CATEGORY = "Cellkernel";

/** Of the launcher's own categories notebooks have 0, consoles 20. */
const CATEGORY_RANK = 10;
/** After the standard menus, before Help. */
const MENU_RANK = 200;

/** Begins a notebook of the protocol: a tile of the launcher, commands in the palette and the menus. */
export const launcher: JupyterFrontEndPlugin<void> = {
  id: "@cellkernel/jupyterlab:launcher",
  description: "Writes notebooks of the protocol, and inserts its steps.",
  autoStart: true,
  optional: [ILauncher, ICommandPalette, IMainMenu, IDefaultFileBrowser, INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tiles: ILauncher | null,
    palette: ICommandPalette | null,
    menus: IMainMenu | null,
    files: IDefaultFileBrowser | null,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("cellkernel");
    const { commands, serviceManager } = app;
    commands.addCommand(NEW, {
      label: ({ isPalette }) =>
        isPalette ? trans.__("New Protocol Notebook") : trans.__("Protocol Notebook"),
      caption: trans.__("Write a notebook that fine-tunes scGPT on a file of cells"),
      iconClass: "cellkernel-logo",
      execute: async ({ cwd }) => {
        const folder = typeof cwd === "string" ? cwd : (files?.model.path ?? "");
        const choice = await askForChoice(serviceManager, folder, trans);
        if (!choice) return undefined;
        const notebook = protocolNotebook(choice, trans);
        const path = await writeNew(serviceManager.contents, folder, stemOf(choice.file), notebook);
        return commands.execute("docmanager:open", {
          path,
          factory: "Notebook",
          kernel: { name: KERNEL.name },
        });
      },
    });
    tiles?.add({ command: NEW, category: CATEGORY, rank: 0, categoryRank: CATEGORY_RANK });
    palette?.addItem({ command: NEW, category: CATEGORY, args: { isPalette: true } });
    menus?.fileMenu.newMenu.addItem({ command: NEW, rank: CATEGORY_RANK });

    const steps = stepsOf(trans);
    const current = () => notebooks?.currentWidget;
    commands.addCommand(INSERT, {
      label: ({ step, isPalette }) => {
        const title = steps.find(({ id }) => id === step)?.title ?? "";
        return isPalette ? trans.__("Insert Step: %1", title) : title;
      },
      isEnabled: () => current() != null,
      execute: ({ step }) => {
        const panel = current();
        const found = steps.find(({ id }) => id === step);
        if (panel && found) insert(panel, found);
      },
    });
    notebooks?.currentChanged.connect(() => commands.notifyCommandChanged(INSERT));
    const submenu = new Menu({ commands });
    submenu.title.label = trans.__("Insert Step");
    for (const { id } of steps) {
      submenu.addItem({ command: INSERT, args: { step: id } });
      palette?.addItem({ command: INSERT, category: CATEGORY, args: { step: id, isPalette: true } });
    }
    const menu = new Menu({ commands });
    menu.id = "cellkernel-menu";
    menu.title.label = CATEGORY;
    menu.addItem({ command: NEW, args: { isPalette: true } });
    menu.addItem({ type: "submenu", submenu });
    menus?.addMenu(menu, true, { rank: MENU_RANK });
  },
};

/** A cell of the step below the active one, for the file and column that the notebook already speaks of. */
function insert({ content: notebook }: NotebookPanel, step: Step): void {
  const sources = notebook.widgets.map(({ model }) => model.sharedModel.getSource());
  // There, TypeScript is a magic's.
  const magic = notebook.model?.defaultKernelLanguage === "python" ? "%%ts\n" : "";
  NotebookActions.insertBelow(notebook);
  notebook.activeCell?.model.sharedModel.setSource(magic + step.code(choiceIn(sources)));
}
