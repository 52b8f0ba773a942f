import { testPython } from "./runPython.js";

void testPython("test_endurance");
