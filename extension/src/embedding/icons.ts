import { svg } from "../svg.js";

/** The toolbar's signs, drawn in a square of 16. */
const PATHS = {
  pan: "M8 1.5 6.2 3.8h1.2v3.6H3.8V6.2L1.5 8l2.3 1.8V8.6h3.6v3.6H6.2L8 14.5l1.8-2.3H8.6V8.6h3.6v1.2L14.5 8l-2.3-1.8v1.2H8.6V3.8h1.2z",
  lasso:
    "M4.2 10.4C2.6 9.6 1.8 8.4 1.8 7c0-2.7 2.8-4.7 6.2-4.7s6.2 2 6.2 4.7-2.8 4.7-6.2 4.7c-.7 0-1.4-.1-2-.2M4.2 10.4a1.3 1.3 0 1 0 1.8 1.1M5.6 12.5c.4.8.2 1.7-.8 2.3",
  rectangle: "M2 4.5V2.5h2M6.5 2.5h3M12 2.5h2v2M14 7v2.5M14 11.8v1.7h-2M9.5 13.5h-3M4 13.5H2v-1.7M2 9.5V7",
  less: "M3.5 8h9",
  more: "M3.5 8h9M8 3.5v9",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10M6 6.5h4v3H6z",
  full: "M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9",
  menu: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  close: "m4 4 8 8M12 4l-8 8",
};

export type Icon = keyof typeof PATHS;

export function icon(name: Icon): SVGSVGElement {
  const path = svg("path", { d: PATHS[name] });
  const filled = name === "pan";
  const look = { class: filled ? "cellkernel-icon cellkernel-filled" : "cellkernel-icon" };
  const drawn = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", ...look }, path);
  if (name === "menu") drawn.classList.add("cellkernel-dots");
  return drawn;
}
