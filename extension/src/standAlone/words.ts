import type { Words } from "../words.js";

/** A page that stands alone speaks English. */
export const words: Words = {
  __: (text, ...values) => text.replace(/%(\d+)/g, (_, place) => String(values[Number(place) - 1] ?? "")),
};
