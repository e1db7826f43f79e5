# SPDX-License-Identifier: BSD-3-Clause
"""Boxes that take their rules from Redis: what is in force is asked of the box itself, by
telemetry, and what it says of itself is read with redis-cli."""
import hashlib
import signal
import unittest

import nodes
import program


class Follows(nodes.Case):
    def test_applied_and_acknowledged(self):
        node = self.start()
        self.assertEqual(node.counters()["rules"], {})
        done = self.apply(1, "--wait", "20s")
        self.assertRegex(done.stdout, r"one +version 1, applied")
        self.assertEqual(node.counters()["ruleset"], "document1")
        said = self.standing()
        digest = hashlib.sha256((self.folder / "1.yaml").read_bytes()).hexdigest()
        self.assertEqual((said["version"], said["in_force"], said["status"], said["error"]),
                         ("1", "1", "applied", ""))
        self.assertEqual((said["sha256"], said["in_force_sha256"]), (digest, digest))
        self.assertEqual(said["kernel"], program.os.uname().release)
        self.apply(2, "--wait", "20s")
        self.assertEqual(node.counters()["ruleset"], "document2")
        self.rules("rollback", "1", "--wait", "20s")
        self.assertEqual(node.counters()["ruleset"], "document1")
        self.nothing_lost(node.end())

    def test_rules_that_are_there_before_it(self):
        self.apply(1)
        self.apply(2)
        node = self.start()
        self.wait_for_rules(node, "document2")
        self.wait_for_standing(version="2", status="applied")

    def test_a_rejected_document(self):
        """Somebody writes past `rules apply`, digest and all: the node says where it is wrong."""
        node = self.start()
        self.apply(1, "--wait", "20s")
        bad = "sluice: 1\nid: bad\nrules:\n  - id: one\n    whem: {proto: udp}\n"
        self.cli("hset", self.key("ruleset"), "version", "2", "document", bad, "sha256",
                 hashlib.sha256(bad.encode()).hexdigest())
        said = self.wait_for_standing(version="2", status="rejected")
        self.assertRegex(said["error"], r"^version 2:5:5: .*whem.*when")
        self.assertEqual(said["in_force"], "1")
        self.assertEqual(node.counters()["ruleset"], "document1")
        self.flows(node)
        self.apply(3, "--wait", "20s")
        self.assertEqual(self.standing()["in_force"], "3")
        self.assertEqual(node.counters()["ruleset"], "document3")

    def test_wait_tells_who_rejects(self):
        """Buckets per inside host, of a box whose workers would split them."""
        if program.os.cpu_count() < 2:
            self.skipTest("one core")
        self.write("hosts.yaml", nodes.DOCUMENT % {"number": 4} +
                   "    then:\n      - police: {rate: 1Mbit/s, burst: 9kB, count: l3, "
                   "per: inside-host}\n")
        self.start("single")
        self.start("double", cores="0,1", more=["--steer", "flow"])
        done = self.rules("apply", "hosts.yaml", "--wait", "20s", code=1)
        self.assertRegex(done.stdout, r"double +version 1, rejected: .*inside-host")
        self.assertRegex(done.stdout, r"single +version 1, applied")
        self.assertIn("double", done.stderr)

    def test_nodes_that_left_are_not_waited_for(self):
        node = self.start()
        self.apply(1, "--wait", "20s")
        node.end()
        self.assertEqual(self.standing(), {})
        done = self.apply(2, "--wait", "20s")
        self.assertNotIn("one", done.stdout)

    def test_a_killed_node_expires(self):
        node = self.start()
        self.wait_for(self.standing)
        self.assertLessEqual(int(self.cli("pttl", self.key("node:one"))), 5000)
        node.kill()
        self.wait_for(lambda: not self.standing())


class LastGood(nodes.Case):
    """Starts without a Redis."""

    def path(self):
        return self.folder / "state" / ("%s-one.rules" % self.LAB)

    def begin(self, number=1):
        node = self.start()
        self.apply(number, "--wait", "20s")
        node.end()
        self.stop_redis(self.server)
        self.assertTrue(self.path().exists())

    def test_start_without_redis(self):
        self.begin()
        node = self.start()
        self.assertEqual(node.counters()["ruleset"], "document1")
        self.flows(node)
        self.assertIn("in force until Redis says more", node.listen())

        self.start_redis()  # empty: what is in force stays, and is known to be stale
        self.wait_for_standing(status="stale", in_force="1")
        self.assertEqual(node.counters()["ruleset"], "document1")
        self.apply(2, "--wait", "20s")
        self.assertEqual(node.counters()["ruleset"], "document2")
        self.nothing_lost(node.end())

    def test_stale_until_confirmed(self):
        """The same version with the same digest needs no swap; another one is taken."""
        self.begin()
        self.start_redis()
        self.apply(1)
        node = self.start()
        self.wait_for_standing(status="applied", version="1")
        node.end()
        self.cli("flushall")
        self.apply(2)
        node = self.start()
        self.wait_for_rules(node, "document2")
        self.wait_for_standing(status="applied", version="1", in_force="1")

    def test_damaged(self):
        """Any byte of the file that changes, and any end that is cut, is noticed: no rules."""
        self.begin()
        whole = self.path().read_bytes()
        for damaged in (whole[:-1], whole[:len(whole) // 2], b"", whole.replace(b"udp", b"tcp"),
                        whole.replace(b"version 1", b"version 2")):
            self.path().write_bytes(damaged)
            node = self.start()
            self.assertEqual(node.counters()["rules"], {})
            self.assertIn("is not whole", node.listen())
            node.kill()

    def test_folder_that_cannot_be_written(self):
        """Rules are taken all the same, and it is told."""
        (self.folder / "state").write_text("no folder")
        node = self.start()
        self.apply(1, "--wait", "20s")
        self.assertEqual(node.counters()["ruleset"], "document1")
        self.assertIn("not kept", node.listen())


class Usage(nodes.Case):
    def refuses(self, *arguments, says):
        done = program.run("run", "-p", "vdev:net_null0", "-p", "vdev:net_null1", *nodes.SCOPE,
                           *arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(says, done.stderr)

    def test_refused(self):
        self.refuses("--redis", self.url, "--node", "a b", says="--node a b")
        self.refuses("--redis", self.url, "--lab", "a b", says="--lab a b")
        self.refuses("--redis", self.url, "--publish", "1ms", says="--publish 1ms")
        self.refuses("--redis", self.url, "--model", "us-bingeon-2015", says="one of --model")
        self.refuses("--redis", "redis://a:secret@b", says="a password in a redis address")
        self.refuses("--node", "one", says="--redis")

    def test_a_reload_by_signal_changes_nothing(self):
        node = self.start()
        self.apply(1, "--wait", "20s")
        node.tell(signal.SIGHUP)
        self.wait_for(lambda: "no --rules FILE was given" in node.listen())
        self.assertEqual(node.counters()["ruleset"], "document1")


if __name__ == "__main__":
    unittest.main()
