# SPDX-License-Identifier: BSD-3-Clause
"""Rules that change while traffic runs: nothing is lost, and nothing grows."""
import shutil
import signal
import time

import network
import program

SWAPS = 200
SCOPE = "--scope", "10.0.0.0/8,198.51.100.0/24", "--inside", "10.0.0.0/8"
EXAMPLE = program.ROOT / "tests" / "captures" / "example.pcap"
DOCUMENT = """sluice: 1
id: swap%d
rules:
  - id: kept
    when: {proto: udp}
    then:
      - police: {rate: 100Gbit/s, burst: 1GB, count: l3, per: rule}
  - id: changed
    when: {server_port: %d}
"""


class Swaps(program.Case):
    """A capture that a driver plays without end, at more than a million packets a second."""

    def setUp(self):
        super().setUp()
        network.need_root()
        self.write("rules.yaml", DOCUMENT % (0, 1))
        for number in 1, 2:
            self.write("rules%d.yaml" % number, DOCUMENT % (number, number))

    def start(self):
        box = network.Box("-p", "vdev:net_pcap0,rx_pcap=%s,infinite_rx=1" % EXAMPLE,
                          "-p", "vdev:net_null0", "--no-huge", "-l", "0", *SCOPE,
                          "--rules", self.folder / "rules.yaml")
        self.addCleanup(box.kill)
        return box

    def memory(self, box):
        for line in open("/proc/%d/status" % box.process.pid, encoding="ascii"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def swap(self, box, number):
        """The new rules are in force before the next are given."""
        shutil.copy(self.folder / ("rules%d.yaml" % number), self.folder / "new")
        (self.folder / "new").replace(self.folder / "rules.yaml")
        box.tell(signal.SIGHUP)

    def in_force(self, box):
        return box.counters()["ruleset"]

    def wait_for(self, box, ruleset):
        end = time.monotonic() + 10
        while self.in_force(box) != ruleset:
            self.assertLess(time.monotonic(), end, "the rules are not in force")
            time.sleep(0.01)

    def test_nothing_is_lost(self):
        box = self.start()
        self.swap(box, 1)
        self.wait_for(box, "swap1")
        before, memory = box.counters(), self.memory(box)
        for number in range(SWAPS):
            self.swap(box, 2 - number % 2)
            time.sleep(0.002)
            if number % 50 == 49:
                self.wait_for(box, "swap1")
        after = box.counters()
        self.assertGreater(after["received"], before["received"] + 100000)
        self.assertLess(self.memory(box) - memory, 32 << 20)
        summary = box.end()
        self.assertEqual(summary["received"], summary["forwarded"] + summary["held"] +
                         sum(summary["dropped"].values()))
        self.assertEqual({why for why, count in summary["dropped"].items() if count}, set())

    def test_bad_rules_change_nothing(self):
        box = self.start()
        self.write("rules.yaml", "sluice: 1\nid: bad\nrules: [")
        box.tell(signal.SIGHUP)
        end = time.monotonic() + 10
        while "rules.yaml" not in box.listen():
            self.assertLess(time.monotonic(), end, "nothing is said of the bad rules")
            time.sleep(0.02)
        self.assertEqual(self.in_force(box), "swap0")
        self.swap(box, 2)
        self.wait_for(box, "swap2")
        self.assertEqual(box.end()["ruleset"], "swap2")
