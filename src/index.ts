export { host } from "./protocol/host.js";
