# SPDX-License-Identifier: BSD-3-Clause
"""A lab in a Redis Cluster of three, whose servers send whoever asks the wrong one to the right one.
SLUICE_CLUSTER=1 has all the other tests in such a cluster, too."""
import unittest

import cluster
import nodes
import program


class Cluster(nodes.Case):
    clustered = True

    def own(self, number):
        return self.cluster.folders[number] / "redis.sock"

    def where_the_keys_are(self):
        return [self.cli("dbsize", path=self.own(number)) != "0" for number in range(3)]

    def lab_counters(self):
        done = program.run("counters", "--lab", self.LAB, "--json", "--redis", self.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        return nodes.parsed(done)

    def test_slots(self):
        """The test's own arithmetic: the check value of the specification, and Redis itself."""
        self.assertEqual(cluster.slot("{123456789}"), 0x31c3)
        for key in "{lab}", "{another-lab_7}":
            self.assertEqual(self.cli("cluster", "keyslot", key), str(cluster.slot(key)))

    def test_sent_to_the_owner(self):
        node = self.start()
        self.apply(1, "--wait", "20s")
        self.rules("disable", "kept", "--wait", "20s")
        self.rules("rollback", "1", "--wait", "20s")
        self.flows(node)
        summary = node.end()
        self.nothing_lost(summary)
        self.agrees(summary)
        self.assertEqual(self.lab_counters()["received"], summary["received"])
        self.assertEqual(self.where_the_keys_are(), [True, False, False])

    def give_away(self, taker):
        """The lab's slot goes to another server, with its keys."""
        slot = str(cluster.slot(self.key("ruleset")))
        ids = [self.cli("cluster", "myid", path=self.own(number)) for number in (0, taker)]
        self.cli("cluster", "setslot", slot, "importing", ids[0], path=self.own(taker))
        self.cli("cluster", "setslot", slot, "migrating", ids[1])
        while keys := self.cli("cluster", "getkeysinslot", slot, "100"):
            self.cli("migrate", "127.0.0.1", self.cluster.ports[taker][0], "", "0", "5000", "keys",
                     *keys.split("\n"))
        for number in taker, 0:
            self.cli("cluster", "setslot", slot, "node", ids[1], path=self.own(number))

    def test_a_lab_that_moves(self):
        node = self.start(more=["--publish", "100ms"])
        self.apply(1, "--wait", "20s")
        self.wait_for(lambda: self.hash("rule:kept"))
        self.give_away(2)
        self.socket = self.own(2)
        self.assertEqual(self.where_the_keys_are(), [False, False, True])
        self.apply(2, "--wait", "20s")
        self.assertEqual(node.counters()["ruleset"], "document2")
        summary = node.end()
        self.nothing_lost(summary)
        self.agrees(summary)
        self.assertEqual(self.lab_counters()["received"], summary["received"])


if __name__ == "__main__":
    unittest.main()
