# SPDX-License-Identifier: BSD-3-Clause
"""How fast a capture is replayed, beside ndpiReader on the same file, and in how much memory.

The input is the Ethernet captures of the shared collection, one after the other, looped with the
time going on. Runs are interleaved and medians compared, so that a busy machine slows both.
"""
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import capture
import program

GB = 10 ** 9
RUNS = 5
MODEL = "--model", "ru-twitter-2021"


class Loop:
    """A pcap body (us) that can be written again and again, later each time."""

    def __init__(self):
        body, self.places, base, last = bytearray(), [], 1600000000, 0
        for path in program.shared("apps"):
            frames = [one for one in capture.read(path) if one.link == 1]
            if not frames:
                continue
            first = min(one.time for one in frames)
            if max(one.time for one in frames) - first > 3600 * GB:
                continue  # years of loops would not fit into 32 bits of seconds
            for one in frames:
                second, rest = divmod(one.time - first, GB)
                self.places.append((len(body), base + second))
                body += struct.pack("<IIII", 0, rest // 1000, len(one.data), one.wire) + one.data
                last = max(last, base + second)
            base = last + 1
        self.body, self.seconds = body, base - 1600000000
        self.head = capture.pcap_bytes([], nanoseconds=False)

    def write(self, file, size):
        """Whole loops until `size` bytes are written."""
        file.write(self.head)
        written, shift = 0, 0
        while written < size:
            for place, second in self.places:
                struct.pack_into("<I", self.body, place, second + shift)
            file.write(self.body)
            written += len(self.body)
            # Longer than any idle time: each loop begins with no flows.
            shift += self.seconds + 700
        return written


def measure(arguments, feed=None):
    """(seconds, seconds of processor, peak resident bytes) of a process; feed(file) writes its
    standard input."""
    begin = time.monotonic()
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if feed:
        writer = threading.Thread(target=lambda: (feed(process.stdin), process.stdin.close()))
        writer.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if feed:
        writer.join()
    if process.returncode != 0:
        raise AssertionError("%s: exit code %d" % (arguments[0], process.returncode))
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


class Speed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.loop = Loop()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
        cls.path = cls.folder / "loop.pcap"
        with open(cls.path, "wb") as file:
            cls.size = cls.loop.write(file, 2 * GB)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def sluice(self, *more, path=None, feed=None):
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        return measure([program.SLUICE, "replay", str(path or self.path), *MODEL, *more,
                        "-o", str(out)], feed)

    def test_beside_ndpireader(self):
        reader = program.need("ndpiReader")
        candidates = {
            "ndpiReader -q": lambda: measure([reader, "-q", "-i", str(self.path)]),
            "replay": self.sluice,
            "replay without packet files": lambda: self.sluice("--no-packets"),
        }
        runs = {name: [] for name in candidates}
        for _ in range(RUNS):
            for name, run in candidates.items():
                runs[name].append(run())
        medians = {name: [statistics.median(column) for column in zip(*rows)]
                   for name, rows in runs.items()}
        theirs = medians["ndpiReader -q"]
        print("%-28s %8s %8s %8s %8s %8s" % ("median of %d" % RUNS, "s", "MB/s", "x ndpi",
                                             "CPU s", "x ndpi"))
        for name, (seconds, processor, _) in medians.items():
            print("%-28s %8.2f %8.0f %8.2f %8.2f %8.2f   (%s)" % (
                name, seconds, self.size / seconds / 1e6, seconds / theirs[0],
                processor, processor / theirs[1],
                " ".join("%.2f" % run[0] for run in runs[name])))

    def test_memory_does_not_follow_the_size(self):
        small = self.sluice()[2]
        large = self.sluice(path="-", feed=lambda file: self.loop.write(file, 10 * GB))[2]
        print("peak memory: %.0f MB for 2 GB, %.0f MB for 10 GB" % (small / 1e6, large / 1e6))
        self.assertLess(large, 1.2 * small)


if __name__ == "__main__":
    unittest.main()
