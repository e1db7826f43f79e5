# SPDX-License-Identifier: BSD-3-Clause
"""Adds up: meson's log of the unit and fuzz tests and the output of the replay tests.

    python3 tests/total.py testlog.json replay.log

A cmocka program counts its tests, any other program counts as one. What did not even report is a
failure.
"""
import collections
import json
import pathlib
import re
import sys

WORDS = "passed", "failed", "skipped"
CMOCKA = re.compile(r"^\[  (PASSED  |FAILED  |SKIPPED )\] (\d+) test\(s\)", re.MULTILINE)
SKIPPED = re.compile(r"^\[  SKIPPED \] ([A-Za-z_]\w*)", re.MULTILINE)
TOTAL = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")
RESULTS = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def of_program(entry):
    """One line of testlog.json."""
    output = entry.get("stdout", "") + entry.get("stderr", "")
    counts = collections.Counter()
    for word, number in CMOCKA.findall(output):
        counts[word.strip().lower()] += int(number)
    result = RESULTS.get(entry["result"], "failed")
    if result == "failed":
        counts["failed"] = max(1, counts["failed"])
    elif not counts:
        counts[result] = 1
    for name in SKIPPED.findall(output):
        print("skipped %s: %s" % (entry["name"], name))
    if result == "failed":
        print("failed %s" % entry["name"])
    return counts


def of_replay(text):
    found = TOTAL.findall(text.splitlines()[-1] if text else "")
    if not found:
        print("failed tests/replay: it did not finish")
        return collections.Counter(failed=1)
    return collections.Counter(dict(zip(WORDS, map(int, found[0]))))


def main():
    testlog, replay = map(pathlib.Path, sys.argv[1:])
    total = of_replay(replay.read_text())
    if testlog.exists():
        for line in testlog.read_text().splitlines():
            total += of_program(json.loads(line))
    else:
        print("failed meson test: no log")
        total["failed"] += 1
    print(", ".join("%d %s" % (total[word], word) for word in WORDS))
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
