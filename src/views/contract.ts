/**
 * What the library and the page agree on: MIME types, what travels under them, and the messages between the two.
 * Both sides run these files, one in Node, the other in a browser: they import nothing but one another.
 */
export * from "./contract/arrays.js";
export * from "./contract/channel.js";
export * from "./contract/crowd.js";
export * from "./contract/dots.js";
export * from "./contract/embedding.js";
export * from "./contract/evaluation.js";
export * from "./contract/explore.js";
export * from "./contract/later.js";
export * from "./contract/plot.js";
export * from "./contract/raster.js";
export * from "./contract/sequential.js";
export * from "./contract/training.js";
