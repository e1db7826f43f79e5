# SPDX-License-Identifier: BSD-3-Clause
"""A node that is killed while it takes rules up starts, without Redis, with all of the old ones or
all of the new ones. SLUICE_LONG=1 kills it 100 times."""
import collections
import os
import random
import subprocess
import time
import unittest

import nodes
import program

KILLS = 100 if os.environ.get("SLUICE_LONG") else 6
RULES = 500    # of each document, so that it takes a while to write
WITHIN = 0.06  # seconds after the command's start; about three times what an apply takes


class Kills(nodes.Case):
    def setUp(self):
        super().setUp()
        self.way = self.folder / "way.sock"  # to Redis, when it is there
        self.way.symlink_to(self.url[len("unix://"):])

    def write_rules(self, number):
        rules = ("  - {id: r%d-%d, when: {server_port: %d}}\n" % (number, rule, 1000 + rule)
                 for rule in range(RULES))
        self.write("%d.yaml" % number,
                   "sluice: 1\nid: document%d\nrules:\n%s" % (number, "".join(rules)))

    def start_node(self):
        return self.start(url="unix://%s" % self.way)

    def apply_and_kill(self, number, node, after):
        with subprocess.Popen([program.SLUICE, "rules", "apply", "%d.yaml" % number, "--redis",
                               self.url, "--lab", self.LAB], cwd=self.folder,
                              stdout=subprocess.DEVNULL) as command:
            time.sleep(after)
            node.kill()
            self.assertEqual(command.wait(), 0)

    def test_at_any_moment(self):
        seed = random.randrange(2 ** 32)
        chance = random.Random(seed)
        self.write_rules(0)
        node = self.start_node()
        self.apply(0, "--wait", "20s")
        found = collections.Counter()
        for number in range(1, KILLS + 1):
            self.write_rules(number)
            self.apply_and_kill(number, node, chance.uniform(0, WITHIN))
            self.way.unlink()
            node = self.start_node()
            numbers = node.counters()
            old = numbers["ruleset"] == "document%d" % (number - 1)
            found["old" if old else "new"] += 1
            whole = number - 1 if old else number
            self.assertEqual(numbers["ruleset"], "document%d" % whole, "seed %d" % seed)
            self.assertEqual(set(numbers["rules"]),
                             {"r%d-%d" % (whole, rule) for rule in range(RULES)}, "seed %d" % seed)
            self.assertIn("in force until Redis says more", node.listen())
            self.way.symlink_to(self.url[len("unix://"):])
            self.wait_for_rules(node, "document%d" % number)
            self.wait_for_standing(in_force=str(number + 1), status="applied")
        print("killed %d times: %d started with the old rules, %d with the new" % (
            KILLS, found["old"], found["new"]))


if __name__ == "__main__":
    unittest.main()
