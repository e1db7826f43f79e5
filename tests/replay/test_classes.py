# SPDX-License-Identifier: BSD-3-Clause
"""The classes in flows.csv against Debian's ndpiReader, over the shared collection of real traffic.

Flows that ndpiReader does not know are compared where we know them. All that differs, and why, is
listed in classes_differences.txt, which is checked as well.
"""
import collections
import concurrent.futures
import csv
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import program

RULES = """sluice: 1
id: classes
rules:
  - id: none
    when: {app: [Tor]}
"""
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


def classes_of_sluice(path, folder):
    out = folder / path.name
    done = program.run("replay", path, "--rules", folder / "rules.yaml", "--no-packets", "-o", out)
    if done.returncode != 0:
        return None
    found = collections.defaultdict(list)
    for row in program.Result(out, done).flows:
        key = (row["proto"], frozenset((end(row["client"], row["client_port"]),
                                        end(row["server"], row["server_port"]))))
        found[key].append(row["class"])
    shutil.rmtree(out)
    return found


def compare(path, folder):
    """(flows compared, differences as lines)."""
    ours = classes_of_sluice(path, folder)
    if ours is None:
        return 0, []
    theirs = classes_of_ndpi(path, folder)
    compared, different = 0, []
    for (proto, ends), classes in theirs.items():
        mine = ours.get((proto, ends))
        if mine is None or classes[0] == "Unknown" and mine[0] == "Unknown":
            continue
        compared += classes[0] != "Unknown"
        if classes[0] not in mine:
            (one, port), (two, other) = sorted(ends) * (1 if len(ends) == 2 else 2)
            different.append("%s %s %s %s %s %s %s %s" % (path.name, proto, one, port, two, other,
                                                          classes[0], ",".join(mine)))
    return compared, different


def protocol(line, field):
    return line.split()[field].split(".")[0]


class Classes(unittest.TestCase):
    def test_classes_are_ndpis(self):
        program.need("ndpiReader")
        paths = program.shared("apps")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "rules.yaml").write_text(RULES)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda path: compare(path, folder), paths))
        compared = sum(result[0] for result in results)
        different = sorted(line for result in results for line in result[1])
        listed = sorted(line.split(" # ")[0].rstrip()
                        for line in DIFFERENCES.read_text().splitlines()
                        if line and not line.startswith("#"))
        self.assertGreater(compared, 1000)
        self.assertEqual(different, listed)
        self.assertGreaterEqual(1 - len(different) / compared, 0.97)
        # Of the protocol alone, what stands before the dot:
        other = [line for line in different if protocol(line, 6) != protocol(line, 7)]
        self.assertGreaterEqual(1 - len(other) / compared, 0.99, other)


if __name__ == "__main__":
    unittest.main()
