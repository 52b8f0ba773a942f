import { optionsPage } from "../src/settings/page.js";
import { writeFileAtomically } from "../src/support/atomic.js";

// Writes the page of the docs that lists every option.
writeFileAtomically("docs/options.md", optionsPage());
