# SPDX-License-Identifier: BSD-3-Clause
"""Adds up: meson's log of the unit and fuzz tests and the output of runs of the replay tests.

    python3 tests/total.py testlog.json REPLAY-LOG...

A cmocka program counts its tests, any other program counts as one. What did not even report is a
failure.
"""
import collections
import json
import pathlib
import re
import sys

WORDS = "passed", "failed", "skipped"
CMOCKA = re.compile(r"^\[  (PASSED  |FAILED  |SKIPPED )\] (?:\w+: )?(\d+) test\(s\)", re.MULTILINE)
NAMED = re.compile(r"^(?:skipped because (.*)\n)?\[  (FAILED  |SKIPPED )\] (\w+)$", re.MULTILINE)
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
    reasons = {}
    for reason, word, name in NAMED.findall(output):  # a name comes again in the list at the end
        key = word.strip().lower(), name
        reasons[key] = reason or reasons.get(key, "")
    for (word, name), reason in sorted(reasons.items()):
        print("%s %s: %s%s" % (word, entry["name"], name, reason and " because " + reason))
    if result == "failed":
        print("failed %s (%s)" % (entry["name"], entry["result"]))
    return counts


def of_replay(path):
    text = path.read_text() if path.exists() else ""
    found = TOTAL.findall(text.splitlines()[-1] if text else "")
    if not found:
        print("failed tests/replay: %s has no total" % path)
        return collections.Counter(failed=1)
    return collections.Counter(dict(zip(WORDS, map(int, found[0]))))


def main():
    testlog, *logs = map(pathlib.Path, sys.argv[1:])
    total = sum(map(of_replay, logs), collections.Counter())
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
