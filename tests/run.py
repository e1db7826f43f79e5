# SPDX-License-Identifier: BSD-3-Clause
"""Runs the tests of a folder: a line a test, and `N passed, N failed, N skipped` at the end.

    python3 tests/run.py replay|live|redis|lab [--speed] [PATTERN...]

SLUICE is the program, SLUICE_CAPTURES the folder of real captures. A PATTERN is a part of a test's
name as printed. --speed runs only what compares speeds, which takes minutes and wants a quiet
machine.
"""
import argparse
import collections
import concurrent.futures
import importlib
import multiprocessing
import os
import pathlib
import signal
import sys
import time
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Lines(unittest.TestResult):
    """Prints as it goes and counts; a test is one name whatever happens inside it."""

    def __init__(self):
        super().__init__()
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.bad = False
        self.began = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.began, self.bad = time.monotonic(), False

    def line(self, word, test, why=""):
        self.counts[word] += 1
        seconds = time.monotonic() - self.began
        print("%-8s %5.1f s  %s%s" % (word, seconds, test.id(), why and ": " + why), flush=True)

    def addSuccess(self, test):
        if not self.bad:
            self.line("passed", test)

    def addSkip(self, test, reason):
        self.line("skipped", test, reason)

    def addFailure(self, test, err):
        self.bad = True
        self.line("failed", test)
        kind, value, trace = err
        ours = [entry for entry in traceback.extract_tb(trace)
                if pathlib.Path(entry.filename).is_relative_to(HERE)]
        print("".join(traceback.format_list(ours) +
                      traceback.format_exception_only(kind, value)).rstrip(), flush=True)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err and not self.bad:
            self.addFailure(subtest, err)


def flat(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from flat(entry)
        else:
            yield entry


def run(names, patterns):
    """The tests of these modules that have one of the patterns in their name; how many did what."""
    suite = unittest.TestSuite()
    for name in names:
        module = importlib.import_module(name)
        suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(module))
    chosen = unittest.TestSuite(test for test in flat(suite) if not patterns or
                                any(pattern in test.id() for pattern in patterns))
    result = Lines()
    chosen.run(result)
    return result.counts


def run_side_by_side(names, patterns):
    """A module is one job."""
    context = multiprocessing.get_context("fork")
    counts = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), context) as pool:
        for job in [pool.submit(run, [name], patterns) for name in names]:
            counts.update(job.result())
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", choices=("replay", "live", "redis", "lab"),
                        help="replay: files; live: `sluice run`; redis: rules in Redis; "
                        "lab: scripts/lab")
    parser.add_argument("--speed", action="store_true", help="the speed comparisons, nothing else")
    parser.add_argument("pattern", nargs="*", help="a part of the names of the tests to run")
    options = parser.parse_args()

    sys.path[:0] = [str(HERE / folder) for folder in (options.folder, "live", "replay")]
    import program  # pylint: disable=import-outside-toplevel
    if not os.access(program.SLUICE, os.X_OK):
        sys.exit("run.py: there is no program %s; build it or set SLUICE" % program.SLUICE)
    # What is started in the background ignores SIGINT, and so would every program under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    names = [path.stem for path in sorted((HERE / options.folder).glob("test_*.py"))
             if options.speed == (path.stem == "test_speed")]
    # Only the tests on files wait for nothing but the processor.
    side_by_side = options.folder == "replay" and not options.speed
    counts = (run_side_by_side if side_by_side else run)(names, options.pattern)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 1 if counts["failed"] or not sum(counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
