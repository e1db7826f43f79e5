# SPDX-License-Identifier: BSD-3-Clause
"""What nodes write of their counters: compared with the box's own telemetry and its summary, over
restarts of nodes and of Redis, when rules come and go."""
import signal
import unittest

import nodes

GRACE = 60 * 0.1  # intervals of --publish


class Counters(nodes.Case):
    def start(self, name="one", url=None, **more):
        more.setdefault("more", ["--publish", "100ms"])
        return super().start(name, url, **more)

    def lab(self):
        done = nodes.program.run("counters", "--lab", self.LAB, "--redis", self.url, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return nodes.parsed(done)

    def test_equal_to_the_summary(self):
        node = self.start()
        self.apply(1, "--wait", "20s")
        self.flows(node)
        summary = node.end()
        self.assertGreater(summary["rules"]["kept"]["received"], 0)
        self.agrees(summary)
        self.assertEqual(set(self.cli("smembers", self.key("counters:one:rules")).split("\n")),
                         {"kept", "number1"})

    def test_stamps(self):
        """Sequence by one, interval as measured between two time stamps, epoch as the node's."""
        node = self.start()
        self.wait_for(lambda: self.hash("drops").get("seq") == "3")
        before = self.hash("drops")
        after = self.wait_for(lambda: (now := self.hash("drops"))["seq"] != before["seq"] and now)
        batches = int(after["seq"]) - int(before["seq"])
        if batches == 1:
            self.assertEqual(int(after["interval_ns"]),
                             int(after["ts_ns"]) - int(before["ts_ns"]))
        self.assertEqual(after["epoch"], self.standing()["epoch"])
        self.assertEqual(self.hash("worker:0")["epoch"], after["epoch"])
        self.assertGreater(int(self.hash("worker:0")["polls"]), 0)
        node.end()

    def test_samples(self):
        node = self.start()
        self.wait_for(lambda: int(self.cli("xlen", self.key("samples:one"))) > 5)
        node.end()
        count = int(self.cli("xlen", self.key("samples:one")))
        self.assertEqual(count, int(self.hash("drops")["seq"]))

    def test_sums_over_restarts(self):
        """Of three processes of one node, one of them killed, and another node."""
        received = 0
        for _ in range(2):
            node = self.start()
            self.apply(1, "--wait", "20s")
            self.flows(node)
            summary = node.end()
            received += summary["received"]
        other = self.start("two")
        self.flows(other)
        both = other.end()["received"] + received
        node = self.start()
        self.wait_for(lambda: self.lab()["received"] > both)
        node.kill()
        lost = self.lab()
        last = int(self.hash("drops")["received"])
        self.assertEqual(lost["received"], both + last)
        self.assertEqual(lost["nodes"]["one"]["received"], received + last)
        node = self.start()
        summary = node.end()
        self.assertEqual(self.lab()["received"], both + last + summary["received"])
        self.agrees(summary)

    def test_a_rule_that_comes_back(self):
        """Its counters go on; those of another rule never move to it."""
        node = self.start()
        self.apply(1, "--wait", "20s")
        self.flows(node)
        self.apply(2, "--wait", "20s")
        self.wait_for(lambda: self.hash("rule:number2"))
        self.apply(1, "--wait", "20s")
        self.flows(node)
        summary = node.end()
        self.assertEqual(self.numbers("rule:kept"), nodes.fates(summary["rules"]["kept"]))
        self.assertEqual(self.lab()["rules"]["kept"]["received"],
                         summary["rules"]["kept"]["received"])

    def test_deleted_rules_are_removed_after_a_grace(self):
        node = self.start()
        self.apply(1, "--wait", "20s")
        self.wait_for(lambda: self.hash("rule:number1"))
        self.apply(2, "--wait", "20s")
        self.assertNotEqual(self.hash("rule:number1"), {})
        self.wait_for(lambda: not self.hash("rule:number1"), GRACE + nodes.PATIENCE)
        self.assertNotEqual(self.hash("rule:kept"), {})
        self.assertEqual(set(self.cli("smembers", self.key("counters:one:rules")).split("\n")),
                         {"kept", "number2"})
        node.end()

    def test_flushed(self):
        """What was there comes back, also what changes no more."""
        node = self.start()
        self.apply(1, "--wait", "20s")
        self.flows(node)
        self.wait_for(lambda: self.hash("rule:number1"))
        self.cli("flushall")
        self.wait_for(lambda: self.hash("rule:number1"))
        self.agrees(node.end())

    def test_table(self):
        node = self.start()
        self.apply(1, "--wait", "20s")
        self.wait_for(lambda: self.hash("rule:kept"))
        done = nodes.program.run("counters", "--lab", self.LAB, "--redis", self.url)
        for line in (r"all +\d+ +\d+ +\d+ +\d+", r"node one +\d+ .*version 1 applied",
                     r"rule kept +\d+"):
            self.assertRegex(done.stdout, line)
        node.end(signal.SIGINT)
        done = nodes.program.run("counters", "--lab", self.LAB, "--redis", self.url)
        self.assertRegex(done.stdout, r"node one +\d+ .*gone")


if __name__ == "__main__":
    unittest.main()
