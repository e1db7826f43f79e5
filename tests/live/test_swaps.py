# SPDX-License-Identifier: BSD-3-Clause
"""Rules that change while traffic runs: nothing is lost, and nothing grows. SLUICE_SWAPS says how
often (default 200)."""
import contextlib
import os
import shutil
import signal
import socket
import threading
import time

import network
import program
from test_transparent import CLIENT, SERVER
from test_transparent import SCOPE as LAB

SWAPS = int(os.environ.get("SLUICE_SWAPS", "200"))
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


class Swapping:
    """Rules in a file that is exchanged for another one, again and again."""

    def write_rules(self):
        self.write("rules.yaml", DOCUMENT % (0, 1))
        for number in 1, 2:
            self.write("rules%d.yaml" % number, DOCUMENT % (number, number))

    def swap(self, box, number):
        shutil.copy(self.folder / ("rules%d.yaml" % number), self.folder / "new")
        (self.folder / "new").replace(self.folder / "rules.yaml")
        box.tell(signal.SIGHUP)

    def swaps(self, box, count):
        """One after the other: each is in force before the next is given."""
        done = box.listen().count(": in force")
        for number in range(count):
            self.swap(box, 1 + number % 2)
            end = time.monotonic() + 10
            while box.listen().count(": in force") < done + number + 1:
                self.assertLess(time.monotonic(), end, "the rules are not in force")
                time.sleep(0.0005)

    def memory(self, box):
        for line in open("/proc/%d/status" % box.process.pid, encoding="ascii"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def nothing_lost(self, summary):
        self.assertEqual(summary["received"], summary["forwarded"])
        self.assertEqual({why for why, count in summary["dropped"].items() if count}, set())


class Flood(Swapping, program.Case):
    """A capture that a driver plays without end, at more than a million packets a second."""

    def setUp(self):
        super().setUp()
        network.need_root()
        self.write_rules()

    def in_force(self, box):
        return box.counters()["ruleset"]

    def wait_for(self, box, ruleset):
        end = time.monotonic() + 10
        while self.in_force(box) != ruleset:
            self.assertLess(time.monotonic(), end, "the rules are not in force")
            time.sleep(0.01)

    def start(self):
        box = network.Box("-p", "vdev:net_pcap0,rx_pcap=%s,infinite_rx=1" % EXAMPLE,
                          "-p", "vdev:net_null0", "--no-huge", "-l", "0", *SCOPE,
                          "--rules", self.folder / "rules.yaml")
        self.addCleanup(box.kill)
        return box


class Swaps(Flood):
    def test_nothing_is_lost(self):
        box = self.start()
        self.swaps(box, 20)
        before, memory = box.counters(), self.memory(box)
        self.swaps(box, SWAPS)
        after = box.counters()
        self.assertGreater(after["received"], before["received"] + 100000)
        self.assertLess(self.memory(box) - memory, 16 << 20)
        self.nothing_lost(box.end())

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


class NobodyReads(Flood):
    """Standard error is a pipe that is full: the box goes on, and says later what was lost."""

    def fill(self, box):
        """To the last byte: lines of the box itself are in it as well."""
        end = os.open("/proc/%d/fd/2" % box.process.pid, os.O_WRONLY | os.O_NONBLOCK)
        for size in 4096, 1:
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(end, b"x" * size)
        os.close(end)

    def test_rules_change_all_the_same(self):
        box = self.start()
        box.listen()
        self.fill(box)
        for number in 1, 2:
            self.swap(box, number)
            self.wait_for(box, "swap%d" % number)
        self.assertNotIn("in force", box.listen())
        self.swap(box, 1)
        self.wait_for(box, "swap1")
        said = box.listen()
        self.assertIn("2 lines were lost", said)
        self.assertIn("in force", said)
        self.nothing_lost(box.end())


class Transfer(Swapping, network.Case):
    """A kernel's TCP through the box meanwhile."""

    def pump(self, listener, ended):
        """What came, until the other side closed."""
        with listener, listener.accept()[0] as peer:
            while data := peer.recv(1 << 18):
                ended.append(len(data))

    def test_nothing_is_lost(self):
        self.write_rules()
        network.sh("ip", "-n", self.client, "addr", "add", CLIENT + "/24", "dev", "c0")
        network.sh("ip", "-n", self.server, "addr", "add", SERVER + "/24", "dev", "s0")
        box = self.start("xdp", *LAB, "--rules", self.folder / "rules.yaml")
        with network.inside(self.server):
            listener = socket.create_server((SERVER, 80))
        with network.inside(self.client):
            connection = socket.create_connection((SERVER, 80), timeout=20)
        came, sent, over = [], [], threading.Event()
        receiver = threading.Thread(target=self.pump, args=(listener, came))

        def send():
            with connection:
                while not over.is_set():
                    sent.append(connection.send(bytes(1 << 16)))

        sender = threading.Thread(target=send)
        receiver.start()
        sender.start()
        try:
            self.swaps(box, 20)
            before, memory = len(sent), self.memory(box)
            self.swaps(box, SWAPS)
            self.assertGreater(len(sent), before + 100)
            self.assertLess(self.memory(box) - memory, 16 << 20)
        finally:
            over.set()
            sender.join()
            receiver.join()
        self.assertEqual(sum(came), sum(sent))
        self.nothing_lost(box.end())
