"""A thousand cells: they take no longer in the end, and no more memory."""

import statistics
import subprocess
import time
import unittest

from support import Kernel


class Endurance(unittest.TestCase):
    def test_a_thousand_cells(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        memory, times = {}, []
        for i in range(1000):
            started = time.monotonic()
            code = f"const value{i % 50} = {i}; function f{i % 7}(x: number) {{ return x + value{i % 50}; }}\nf{i % 7}(1)"
            self.assertEqual(kernel.run(code).text, str(i + 1))
            times.append(time.monotonic() - started)
            if i % 10 == 9:
                memory[i] = resident(kernel.pid)
        # The least of a stretch: what stands between two garbage collections is no growth.
        early, late = [
            [min(mb[part] for i, mb in memory.items() if first <= i < end) for part in (0, 1)]
            for first, end in ((150, 250), (900, 1000))
        ]
        self.assertLess(late[0] - early[0], 20, "the kernel itself")
        # Seen: 6 to 10 MB. When V8 collects is not ours to say.
        self.assertLess(late[1] - early[1], 40, "its language process")
        self.assertLess(statistics.median(times[900:]), 3 * statistics.median(times[100:200]))


def resident(pid):
    """Resident memory in MB of a process, and of its children together."""
    own = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True).stdout
    children = subprocess.run(["ps", "-o", "rss=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [sum(int(n) for n in rows.split()) / 1000 for rows in (own, children)]


if __name__ == "__main__":
    unittest.main()
