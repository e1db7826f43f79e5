# SPDX-License-Identifier: BSD-3-Clause
"""--bypass: a flow that no rule will touch crosses in the kernel, counted there; what a rule may
still touch does not."""
import signal
import time

import network
import wire
from test_transparent import CLIENT, SCOPE, SERVER, ipv4

FREE, JUDGED = 5000, 5001
RULES = "sluice: 1\nid: test\nrules:\n  - id: one\n    when: {proto: udp, client_port: %d}\n" \
        "    then: [%s]\n"


def of_udp(port):
    return ipv4(wire.udp(CLIENT, SERVER, (port, 9), b"x" * 100))


def of_tcp(flags, sequence):
    return ipv4(wire.tcp(CLIENT, SERVER, (4000, 80), flags, sequence, 1, b"x" * 100))


class Bypass(network.Case):
    def setUp(self):
        super().setUp()
        self.path = self.write("rules.yaml", RULES % (JUDGED, "police: {rate: 1Gbit/s, burst: 1MB, count: l3}"))
        self.both = self.wires()

    def begin(self, *more):
        return self.start("xdp", *SCOPE, "--rules", self.path, *more)

    def passed(self, frames):
        client, server = self.both
        client.send(*frames)
        got = server.frames(len(frames), seconds=0.5)
        return len(got)

    def kernel(self, box, port="0"):
        return box.counters()["ports"][port]["kernel"]

    def until_bypassed(self, box, frame):
        """Frames sent until one crosses in the kernel."""
        sent = 0
        for _ in range(100):
            self.assertEqual(self.passed([frame] * 20), 20)
            sent += 20
            if self.kernel(box)["bypass"]["packets"]:
                return sent
            time.sleep(0.05)
        self.fail("nothing is bypassed")

    def counted(self, box, sent):
        """Each frame once: in user space, where counters close, or in the kernel."""
        end = box.end()
        self.closes(end)
        kernel = end["ports"]["0"]["kernel"]
        self.assertEqual(end["ports"]["0"]["received"] + kernel["bypass"]["packets"], sent)
        self.assertEqual(kernel["scope"]["packets"], end["ports"]["0"]["received"])
        return kernel

    def test_only_flows_that_no_rule_touches(self):
        box = self.begin("--bypass")
        free, judged = (of_udp(port) for port in (FREE, JUDGED))
        sent = self.until_bypassed(box, free)
        before = self.kernel(box)
        self.assertEqual(self.passed([free] * 100), 100)
        after = self.kernel(box)
        self.assertEqual(after["bypass"]["packets"] - before["bypass"]["packets"], 100)
        self.assertEqual(after["bypass"]["bytes"] - before["bypass"]["bytes"], 100 * len(free))
        self.assertEqual(after["scope"], before["scope"])
        self.assertEqual(self.passed([judged] * 100), 100)
        self.assertEqual(self.kernel(box)["bypass"], after["bypass"])
        self.counted(box, sent + 200)

    def test_not_asked_for(self):
        box = self.begin()
        for _ in range(5):
            self.assertEqual(self.passed([of_udp(FREE)] * 50), 50)
            time.sleep(0.4)
        self.assertEqual(self.counted(box, 250)["bypass"]["packets"], 0)

    def test_new_rules(self):
        """What crosses in the kernel comes back to be judged by them."""
        box = self.begin("--bypass")
        frame = of_udp(FREE)
        self.until_bypassed(box, frame)
        self.write("rules.yaml", RULES % (FREE, "drop: {}"))
        box.tell(signal.SIGHUP)
        for _ in range(100):
            if not self.passed([frame]):
                break
            time.sleep(0.05)
        bypassed = self.kernel(box)["bypass"]["packets"]
        self.assertEqual(self.passed([frame] * 50), 0)
        self.assertEqual(self.kernel(box)["bypass"]["packets"], bypassed)
        self.closes(box.end())

    def test_end_of_a_connection(self):
        """Its FIN is seen by user space, and so is what comes after it."""
        box = self.begin("--bypass")
        self.assertEqual(self.passed([of_tcp(wire.SYN, 0)]), 1)
        sent = 1 + self.until_bypassed(box, of_tcp(wire.ACK, 1))
        self.assertEqual(self.passed([of_tcp(wire.FIN | wire.ACK, 101)]), 1)
        before = self.kernel(box)
        self.assertEqual(self.passed([of_tcp(wire.ACK, 102)] * 10), 10)
        after = self.kernel(box)
        self.assertEqual(after["scope"]["packets"] - before["scope"]["packets"], 10)
        self.assertEqual(after["bypass"], before["bypass"])
        self.counted(box, sent + 11)
