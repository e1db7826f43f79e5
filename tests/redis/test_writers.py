# SPDX-License-Identifier: BSD-3-Clause
"""Writers that compete, while a node runs: each version is written once, the log has all of them,
and the node ends with the last. SLUICE_LONG=1 has 10,000 applies; else they are few."""
import collections
import os
import subprocess
import threading
import time
import unittest

import nodes
import program

LONG = bool(os.environ.get("SLUICE_LONG"))
WRITERS, APPLIES = 4, 10000 if LONG else 120
MEMORY_MOST = 8 << 20  # how much more the node may have at the end than after a tenth


class Writer(threading.Thread):
    """Writes its share; who was too late tries again."""

    def __init__(self, case, name):
        super().__init__()
        self.case, self.name, self.late, self.bad = case, name, 0, []

    def run(self):
        left = APPLIES // WRITERS
        while left and not self.bad:
            done = self.case.once(self.name, "%s %d" % (self.name, left))
            left -= done.returncode == 0
            self.late += done.returncode == 1
            if done.returncode > 1 or done.returncode == 1 and b"changed meanwhile by" not in \
                    done.stderr:
                self.bad.append(done)


class Writers(nodes.Case):
    def once(self, name, comment):
        return subprocess.run(
            [program.SLUICE, "rules", "apply", name + ".yaml", "--redis", self.url, "--lab",
             self.LAB, "--author", name, "--comment", comment], cwd=self.folder,
            capture_output=True, check=False)

    def log(self):
        """(version, author, comment) of each entry, as redis-cli gives them."""
        words = self.cli("xrange", self.key("ruleset:log"), "-", "+").split("\n")
        entries = []
        while words:
            fields, words = words[1:11], words[11:]
            entry = dict(zip(fields[::2], fields[1::2]))
            entries.append((int(entry["version"]), entry["author"], entry["comment"]))
        return entries

    def version(self):
        return int(self.cli("hget", self.key("ruleset"), "version") or 0)

    def test_at_once(self):
        writers = [Writer(self, "writer%d" % number) for number in range(WRITERS)]
        for number, writer in enumerate(writers):
            self.write(writer.name + ".yaml", nodes.DOCUMENT % {"number": number + 1})
        node = self.start()
        began = time.monotonic()
        for writer in writers:
            writer.start()
        self.wait_for(lambda: node.listen() and self.version() >= APPLIES / 10, 60 + APPLIES / 10)
        memory = node.memory()
        for writer in writers:
            while writer.is_alive():
                node.listen()  # a node whose words nobody reads would wait
                writer.join(0.1)
            self.assertEqual(writer.bad, [])
        took = time.monotonic() - began

        log = self.log()
        self.assertEqual([version for version, _, _ in log], list(range(1, APPLIES + 1)))
        expected = {(writer.name, "%s %d" % (writer.name, left + 1)) for writer in writers
                    for left in range(APPLIES // WRITERS)}
        self.assertEqual(collections.Counter(entry[1:] for entry in log),
                         collections.Counter(expected))
        self.wait_for_standing(version=str(APPLIES), in_force=str(APPLIES), status="applied")
        last = writers[int(log[-1][1][-1])].name
        document = (self.folder / (last + ".yaml")).read_text()
        self.assertEqual(self.rules("show").stdout, document)
        self.wait_for_rules(node, document.split("\n")[1].split(" ")[1])
        grown = node.memory() - memory
        print("%d applies in %.1f s, %d of them after another came first; memory %+.1f MB" % (
            APPLIES, took, sum(writer.late for writer in writers), grown / 1e6))
        self.assertLess(grown, MEMORY_MOST)
        self.nothing_lost(node.end())


if __name__ == "__main__":
    unittest.main()
