import { Cells } from "./cells.js";
import { serve } from "./serve.js";

/** Entry of the language process where there is no snapshot to start from: `node process.js DIRECTORY`. */

serve(new Cells(process.argv[2]));
