# SPDX-License-Identifier: BSD-3-Clause
"""The classes of sluice classify against Debian's ndpiReader, over the shared collection of real traffic.

Flows that ndpiReader does not know are compared where we know them. All that differs, and why, is
listed in classes_differences.txt, which is checked as well.
"""
import collections
import concurrent.futures
import csv
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import program

DIFFERENCES = pathlib.Path(__file__).with_name("classes_differences.txt")
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "132": "sctp"}


def end(address, port):
    """ndpiReader writes an IPv6 address with "::" for each ":0:"."""
    while ":0:" in address:
        address = address.replace(":0:", "::")
    return address, str(port)


def classes_of_ndpi(path, folder):
    """{(protocol, ends): [class]} of one capture; flows without ports have port 0."""
    rows = folder / (path.name + ".csv")
    subprocess.run([program.need("ndpiReader"), "-d", "-i", str(path), "-C", str(rows)],
                   capture_output=True, timeout=300, check=True)
    found = collections.defaultdict(list)
    if not rows.exists():
        return found
    with open(rows, newline="", encoding="utf-8", errors="replace") as file:
        for row in csv.reader(file):
            if not row or row[0].startswith("#"):
                continue
            key = (PROTOCOLS.get(row[1], row[1]),
                   frozenset((end(row[5], row[6]), end(row[7], row[8]))))
            found[key].append(row[10])
    return found


def classes_of_sluice(path):
    """{(protocol, ends): [(class, by)]} of one capture."""
    done = program.run("classify", path, "--json")
    if done.returncode != 0:
        return None
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        key = (row["proto"], frozenset((end(row["client"], row["client_port"]),
                                        end(row["server"], row["server_port"]))))
        found[key].append((row["class"], row["by"]))
    return found


def compare(path, folder):
    """(flows compared, those that nDPI decided in both, differences as lines)."""
    ours = classes_of_sluice(path)
    if ours is None:
        return 0, 0, []
    theirs = classes_of_ndpi(path, folder)
    compared, both, different = 0, 0, []
    for (proto, ends), classes in theirs.items():
        mine = ours.get((proto, ends))
        if mine is None or classes[0] == "Unknown" and mine[0][0] == "Unknown":
            continue
        compared += classes[0] != "Unknown"
        both += classes[0] != "Unknown" and mine[0][1] == "ndpi"
        if classes[0] not in (each for each, _ in mine):
            (one, port), (two, other) = sorted(ends) * (1 if len(ends) == 2 else 2)
            different.append("%s %s %s %s %s %s %s %s %s" % (
                path.name, proto, one, port, two, other, classes[0],
                ",".join(each for each, _ in mine), mine[0][1] or "nobody"))
    return compared, both, different


def protocol(line, field):
    return line.split()[field].split(".")[0]


class Classes(unittest.TestCase):
    def test_classes_are_ndpis(self):
        program.need("ndpiReader")
        paths = program.shared("apps")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
        self.addCleanup(shutil.rmtree, folder)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda path: compare(path, folder), paths))
        compared, both = (sum(result[i] for result in results) for i in (0, 1))
        different = sorted(line for result in results for line in result[2])
        listed = sorted(line.split(" # ")[0].rstrip()
                        for line in DIFFERENCES.read_text().splitlines()
                        if line and not line.startswith("#"))
        self.assertGreater(compared, 1000)
        self.assertEqual(different, listed)
        self.assertGreaterEqual(1 - len(different) / compared, 0.98)
        # Of the protocol alone, what stands before the dot:
        other = [line for line in different if protocol(line, 6) != protocol(line, 7)]
        self.assertGreaterEqual(1 - len(other) / compared, 0.99, other)
        # Of what nDPI decided, here as there:
        other = [line for line in different if line.endswith(" ndpi")]
        self.assertGreaterEqual(1 - len(other) / both, 0.99, other)

    def test_nothing_is_lost_by_asking_our_own_first(self):
        """Against the same nDPI, shown the same packets, alone."""
        paths = program.shared("apps")
        decided = equal = 0
        for part in paths[:130], paths[130:]:
            done = program.run("classify", *part, "--against", "ndpi", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            found = json.loads(done.stdout)
            decided, equal = decided + found["decided"], equal + found["equal"]
        self.assertGreater(decided, 1000)
        self.assertGreaterEqual(equal / decided, 0.99)


if __name__ == "__main__":
    unittest.main()
