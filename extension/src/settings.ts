import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { type Preferences, prefer } from "./preferences.js";

/** Takes over a plugin's settings, now and when they change. Without a registry the defaults stand. */
export async function followSettings(
  registry: ISettingRegistry | null,
  plugin: string,
  names: readonly (keyof Preferences)[],
): Promise<void> {
  if (!registry) return;
  const settings = await registry.load(plugin);
  const take = () =>
    prefer(Object.fromEntries(names.map((name) => [name, settings.composite[name]])) as Partial<Preferences>);
  settings.changed.connect(take);
  take();
}
