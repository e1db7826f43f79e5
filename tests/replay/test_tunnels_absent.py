# SPDX-License-Identifier: BSD-3-Clause
"""What is called OpenVPN or WireGuard by our own parsers among real traffic that is neither.

Of the shared collection the captures named after one of them are left out, and flows that
ndpiReader calls so as well: they are one.
"""
import concurrent.futures
import json
import pathlib
import tempfile
import unittest

import program
import test_classes

NAMED_SO = "openvpn", "wireguard"
OPENVPN_AT_MOST = 0.001


def claimed(path):
    """(flows over TCP or UDP, those our parsers claim: rows)."""
    done = program.run("classify", path, "--json")
    if done.returncode:
        return 0, []
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    rows = [row for row in rows if row["proto"] in ("tcp", "udp")]
    return len(rows), [dict(row, path=path) for row in rows if row["by"] in NAMED_SO]


def is_one(row, folder):
    """By the second opinion."""
    theirs = test_classes.classes_of_ndpi(row["path"], pathlib.Path(folder))
    ends = frozenset(test_classes.end(row[end], row[end + "_port"]) for end in ("client", "server"))
    return row["class"] in theirs[row["proto"], ends]


class Absent(unittest.TestCase):
    def test_nothing_else_is_taken_for_one(self):
        program.need("ndpiReader")
        paths = [path for path in program.shared("apps")
                 if not path.name.startswith(NAMED_SO)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(claimed, paths))
        flows = sum(count for count, _ in results)
        with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
            wrong = [row for _, rows in results for row in rows if not is_one(row, folder)]
        self.assertGreater(flows, 1000)
        self.assertEqual([row for row in wrong if row["by"] == "wireguard"], [])
        self.assertLess(len(wrong) / flows, OPENVPN_AT_MOST, wrong)


if __name__ == "__main__":
    unittest.main()
