"""Runs the tests of one module and prints, as JSON, how each ended: ["name", "ok" | reason, seconds]."""

import json
import sys
import time
import unittest


class Report(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.outcomes = {}

    def startTest(self, test):
        super().startTest(test)
        self.outcomes[test.id()] = "ok"
        self.started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        seconds = time.monotonic() - self.started
        name = test.id().split(".")[-1]
        print(json.dumps([name, self.outcomes[test.id()], seconds]), flush=True)

    def addError(self, test, error):
        self.failed(test, error)

    def addFailure(self, test, error):
        self.failed(test, error)

    def addSubTest(self, test, subtest, error):
        if error:
            self.failed(test, error)

    def addSkip(self, test, reason):
        # One of a class's sub-tests that is skipped does not undo a failure.
        if self.outcomes.get(test.id()) == "ok":
            self.outcomes[test.id()] = f"skipped: {reason}"

    def failed(self, test, error):
        text = self._exc_info_to_string(error, test)
        if test.id() in self.outcomes:
            self.outcomes[test.id()] = text
        else:
            # The set-up of a class or a module.
            print(json.dumps([str(test), text, 0]), flush=True)


if __name__ == "__main__":
    unittest.defaultTestLoader.loadTestsFromName(sys.argv[1]).run(Report())
