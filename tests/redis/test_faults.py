# SPDX-License-Identifier: BSD-3-Clause
"""What can become of a Redis while a node runs. In each case packets go on at the rate of before
under the rules of before, and afterwards the node follows again and its counters in Redis are those
of its telemetry, to the packet.

The rate is that of the worker while it has its core: packets by the time that it ran or slept, of
which the time that it waited for other programs is no part (/proc/PID/task/TID/schedstat). A worker
that waited for Redis would sleep. Packets and time cannot be read at the same moment, so that a rate
is two: what it is at least and at most."""
import hashlib
import os
import pathlib
import shutil
import signal
import struct
import time
import unittest

import nodes
import proxy

HERE = pathlib.Path(__file__).resolve().parent
MEASURE = 0.4       # seconds, of the worker's own
RATE_LEAST = 0.7    # of before; runs beside other tests, whose use of caches is part of it
TRIES = 5
MEMORY_MOST = 48 << 20


class Faults(nodes.Case):
    def start_node(self, url=None):
        node = self.start(url=url, more=["--publish", "100ms"])
        self.apply(1, "--wait", "20s")
        self.wait_for(lambda: self.hash("rule:kept"))
        return node

    def seconds(self, node):
        """What the worker has run or slept."""
        for task in pathlib.Path("/proc/%d/task" % node.process.pid).iterdir():
            if "worker" in (task / "comm").read_text():
                waited = int((task / "schedstat").read_text().split()[1]) / 1e9
                return time.monotonic() - waited
        raise AssertionError("no worker")

    def reading(self, node):
        """Packets, and the worker's time before and after they were read."""
        began = self.seconds(node)
        packets = node.counters()["received"]
        return packets, began, self.seconds(node)

    def rate(self, node):
        """At least, at most; in packets a second."""
        packets, early, late = self.reading(node)
        while self.seconds(node) < late + MEASURE:
            time.sleep(0.02)
        more, end_early, end_late = self.reading(node)
        return (more - packets) / (end_late - early), (more - packets) / (end_early - late)

    def goes_on(self, node, before):
        """At the rate of before, in one of some tries: what else runs here is not the fault's."""
        rates = []
        for _ in range(TRIES):
            rates.append(self.rate(node)[1])
            if rates[-1] >= RATE_LEAST * before[0]:
                break
        else:
            self.fail("%s packets/s, before %.0f" % (rates, before[0]))
        self.rates = rates[-1], before
        self.assertEqual(node.counters()["ruleset"], "document1")

    def recovers(self, node):
        """Follows again, and not a packet is missing in what it wrote."""
        self.wait_for_standing(in_force="1")
        self.apply(2)  # no --wait: what was said before the fault may expire just now
        self.wait_for_rules(node, "document2")
        summary = node.end()
        self.nothing_lost(summary)
        self.agrees(summary)

    def during(self, node, begin, end):
        before, memory = self.rate(node), node.memory()
        begin()
        try:
            self.goes_on(node, before)
        finally:
            end()
        self.recovers_memory = node.memory() - memory
        self.assertLess(self.recovers_memory, MEMORY_MOST)
        self.recovers(node)

    def test_stopped_and_started_empty(self):
        node = self.start_node()
        self.during(node, lambda: self.stop_redis(self.server), self.start_redis)

    def test_restarted_with_its_data(self):
        self.stop_redis(self.server)
        self.start_redis("--appendonly", "yes")
        node = self.start_node()
        self.during(node, lambda: self.stop_redis(self.server),
                    lambda: self.start_redis("--appendonly", "yes"))

    def test_restored_from_before(self):
        """An older state comes back: its version is in force again."""
        self.stop_redis(self.server)
        self.start_redis("--appendonly", "yes", "--appendfsync", "always")
        node = self.start_node()
        shutil.copytree(self.folder / "appendonlydir", self.folder / "backup")
        self.apply(3, "--wait", "20s")
        self.stop_redis(self.server)
        shutil.rmtree(self.folder / "appendonlydir")
        (self.folder / "backup").rename(self.folder / "appendonlydir")
        self.start_redis("--appendonly", "yes")
        self.wait_for_rules(node, "document1")
        self.wait_for_standing(version="1", status="applied")
        self.recovers(node)

    def test_emptied(self):
        node = self.start_node()
        self.during(node, lambda: self.cli("flushall"), lambda: None)

    def test_emptied_again_and_again(self):
        node = self.start_node()
        before = self.rate(node)
        for _ in range(20):
            self.cli("flushall")
            time.sleep(0.02)
        self.goes_on(node, before)
        self.recovers(node)

    def test_client_pause(self):
        node = self.start_node()
        self.during(node, lambda: self.cli("client", "pause", "3000", "all"),
                    lambda: time.sleep(1))

    def test_stopped_by_signal(self):
        """Longer than the node waits for an answer."""
        node = self.start_node()

        def stop():
            self.server.send_signal(signal.SIGSTOP)
            self.wait_for(lambda: "no answer in time" in node.listen())
        self.during(node, stop, lambda: self.server.send_signal(signal.SIGCONT))
        self.assertIn("all is well again", node.said)

    def test_out_of_memory(self):
        node = self.start_node()

        def begin():
            self.cli("config", "set", "maxmemory", "1")
            self.wait_for(lambda: "out of memory" in node.listen())
        self.during(node, begin, lambda: self.cli("config", "set", "maxmemory", "0"))

    def test_a_replica(self):
        self.not_in_a_cluster("replicas are not made by REPLICAOF")
        node = self.start_node()

        def begin():
            self.cli("replicaof", "127.0.0.1", "1")
            self.wait_for(lambda: "a replica" in node.listen())
        self.during(node, begin, lambda: self.cli("replicaof", "no", "one"))

    def test_wrong_password(self):
        node = self.start_node()

        def begin():
            self.cli("config", "set", "requirepass", "sesame")
            self.cli("-a", "sesame", "--no-auth-warning", "client", "kill", "type", "normal")
            self.wait_for(lambda: "wants a password" in node.listen())
        self.during(node, begin, lambda: self.cli("-a", "sesame", "--no-auth-warning", "config",
                                                  "set", "requirepass", ""))
        self.assertNotIn("sesame", node.said)

    def test_wrong_types(self):
        """At each kind of key: told once, and what is not concerned goes on."""
        node = self.start_node()
        keys = [self.key(rest) for rest in ("ruleset", "ruleset:log", "node:one", "nodes",
                                            "counters:one:drops", "counters:one:rule:kept",
                                            "counters:one:rules", "samples:one")]

        def begin():
            for key in keys:
                self.cli("rename", key, key + ":kept")
                self.cli("set", key, "x")
            self.wait_for(lambda: "holds something else" in node.listen())
            time.sleep(1.5)

        def end():
            for key in keys:  # what has expired meanwhile does not come back
                self.cli("del", key)
                self.cli("rename", key + ":kept", key)
        self.during(node, begin, end)
        self.assertLess(node.said.count("holds something else"), 30)

    def put(self, document, digest=None):
        """Past `rules apply`, under the next version; from a file, since it may be large."""
        (self.folder / "document").write_bytes(document)
        command = "redis-cli -s %s -x hset '%s' version 2 sha256 %s document <document" % (
            self.socket, self.key("ruleset"), digest or hashlib.sha256(document).hexdigest())
        nodes.subprocess.run(["sh", "-c", command], cwd=self.folder, check=True,
                             stdout=nodes.subprocess.DEVNULL)

    def take_back(self):
        self.cli("del", self.key("ruleset"))

    def test_a_document_of_100_mb(self):
        node = self.start_node()

        def begin():
            self.put(b"sluice: 1\n#" + b"x" * 100_000_000)
            self.wait_for_standing(status="rejected", version="2", in_force="1")
            self.assertRegex(self.standing()["error"], "100 MB, at most 16 MB")
        self.during(node, begin, self.take_back)

    def test_a_half_written_document(self):
        """Refused as long as it is not the one that its digest tells of, then taken."""
        node = self.start_node()
        whole = (self.folder / "2.yaml").read_bytes()

        def begin():
            self.put(whole[:-20], hashlib.sha256(whole).hexdigest())
            self.wait_for_standing(status="rejected", version="2", in_force="1")

        def end():
            self.put(whole)
            self.wait_for_standing(status="applied", version="2", in_force="2")
            self.assertEqual(node.counters()["ruleset"], "document2")
            self.cli("del", self.key("ruleset"), self.key("ruleset:log"))
            self.apply(1, "--wait", "20s")
        self.during(node, begin, end)

    def test_slow(self):
        """Every answer is 300 ms late."""
        between = proxy.Proxy(self.folder / "proxy.sock", self.socket)
        self.addCleanup(between.close)
        node = self.start_node("unix://%s/proxy.sock" % self.folder)
        self.during(node, lambda: setattr(between, "latency", 0.3),
                    lambda: setattr(between, "latency", 0))

    def test_stalls_in_the_middle_of_an_answer(self):
        """An answer begins and does not end: another connection is made, again and again."""
        between = proxy.Proxy(self.folder / "proxy.sock", self.socket)
        self.addCleanup(between.close)
        node = self.start_node("unix://%s/proxy.sock" % self.folder)

        def begin():
            between.answer_bytes = 3
            self.assertTrue(between.stalled.wait(20))
            self.wait_for(lambda: "no answer in time" in node.listen())
        self.during(node, begin, lambda: setattr(between, "answer_bytes", None))

    def test_ends_beside_a_redis_that_hangs(self):
        """In bounded time, with what it counted printed."""
        node = self.start_node()
        self.server.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            summary = node.end()
            self.assertLess(time.monotonic() - began, 20)
            self.nothing_lost(summary)
        finally:
            self.server.send_signal(signal.SIGCONT)

    def jumping_clock(self):
        """An environment whose clock the returned function sets, in seconds from the truth."""
        nodes.program.need("cc")
        made, ahead = self.folder / "clock.so", self.folder / "ahead"
        nodes.subprocess.run(["cc", "-shared", "-fPIC", "-o", made, HERE / "clock.c"], check=True)
        ahead.write_bytes(bytes(8))

        def jump(seconds):
            with open(ahead, "r+b") as file:
                file.write(struct.pack("=q", seconds))
        return {"LD_PRELOAD": str(made), "CLOCK_FILE": str(ahead)}, jump

    def test_the_clock_of_redis_jumps(self):
        """A day back, a day forward: entries of the log get other numbers, keys expire."""
        self.stop_redis(self.server)
        self.environment, jump = self.jumping_clock()
        self.start_redis()
        node = self.start_node()
        for number, day in enumerate((-1, 1, 0)):
            jump(day * 86400)
            said = int(self.cli("time").split("\n")[0])
            self.assertAlmostEqual(said, time.time() + day * 86400, delta=60)
            self.apply(2 + number % 2)  # no --wait: what the node said may have expired
            self.wait_for_rules(node, "document%d" % (2 + number % 2))
            self.cli("flushall")
            self.wait_for_standing(status="stale")
        self.apply(1, "--wait", "20s")
        self.recovers(node)

    def test_the_clock_of_the_node_jumps(self):
        """Intervals of its counters stay what they are, and every batch comes."""
        environment, jump = self.jumping_clock()
        node = self.start(more=["--publish", "100ms"], environment={**os.environ, **environment})
        self.apply(1, "--wait", "20s")
        for day in -1, 1, 0:
            jump(day * 86400)
            before = self.wait_for(lambda: self.hash("drops"))
            after = self.wait_for(lambda: (now := self.hash("drops"))["seq"] != before["seq"] and
                                  now)
            self.assertGreater(int(after["ts_ns"]), int(before["ts_ns"]))
            self.assertLess(int(after["interval_ns"]), nodes.PATIENCE * 10 ** 9)
            self.wait_for(lambda: abs(int(self.standing().get("heartbeat", 0)) / 1000 -
                                      time.time() - day * 86400) < 60)
        self.recovers(node)


if __name__ == "__main__":
    unittest.main()
