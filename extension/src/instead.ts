import { element } from "./dom.js";

/** The same thing in several forms, by MIME type. */
export type Bundle = Readonly<Record<string, unknown>>;

/** Something that the reader can do about it. */
export interface Remedy {
  label: string;
  run(): void;
}

/**
 * What stands where a view cannot be drawn: a sentence that says why, and the bundle's picture or else its text. Outputs
 * come out of notebooks, which anyone may have written: nothing of them becomes more than a picture or text.
 */
export function instead(bundle: Bundle, why: string, remedy?: Remedy): HTMLElement {
  const box = element("div", "instead");
  const sentence = element("div", "instead-why");
  sentence.setAttribute("role", "status");
  sentence.append(element("span", "instead-text", why));
  if (remedy) {
    const button = element("button", "button", remedy.label);
    button.type = "button";
    button.addEventListener("click", remedy.run);
    sentence.append(button);
  }
  box.append(sentence);
  const { "image/png": png, "text/plain": plain } = bundle;
  const text = [plain]
    .flat()
    .filter((line) => typeof line === "string")
    .join("");
  if (typeof png === "string" && /^[A-Za-z\d+/=\s]+$/.test(png)) {
    const picture = element("img", "instead-picture");
    picture.src = `data:image/png;base64,${png.replace(/\s/g, "")}`;
    picture.alt = text || why;
    // A damaged picture is no picture.
    picture.addEventListener("error", () => picture.replaceWith(element("pre", "instead-plain", text)));
    box.append(picture);
  } else box.append(element("pre", "instead-plain", text));
  return box;
}
