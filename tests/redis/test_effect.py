# SPDX-License-Identifier: BSD-3-Clause
"""How soon rules take effect: from the start of `sluice rules apply` to the first packet on the
wire that is treated by the new rules, in flows that are there already. SLUICE_LONG=1 asks 200 times
and holds the times to their limits; else a few times, since other tests take the processor."""
import multiprocessing
import os
import statistics
import struct
import threading
import time
import unittest

import network
import nodes
import wire

LONG = bool(os.environ.get("SLUICE_LONG"))
TIMES = 200 if LONG else 10
MEDIAN_MOST, MOST = (0.020, 0.100) if LONG else (1.0, nodes.PATIENCE)  # seconds
GAP = 0.001  # between two frames
FLOWS = 100
MET, FREE = 443, 444  # ports
PORT_AT = 14 + 20 + 2
SILENCE = 40  # so many frames that no rule meets came since one of the others: those are dropped
MARK = b"sluice effect"

RULES = """sluice: 1
id: %s
rules:
  - id: all
    when: {server_port: 443}
    then: [%s]
"""


def send(line):
    """Pairs of frames without end, each with the time at which it was sent; the rules meet the
    first of a pair, and no rule the second."""
    number = 0
    while True:
        number += 1
        stamp = struct.pack("=q", time.monotonic_ns())
        for port in MET, FREE:
            line.send(wire.ethernet(wire.udp(
                "198.18.0.2", "198.18.1.2", (20000 + number % FLOWS, port), MARK + stamp)))
        time.sleep(GAP)


class Listener(threading.Thread):
    """What comes of the frames that the rules meet; times in seconds."""

    def __init__(self, line):
        super().__init__(daemon=True)
        self.line = line
        self.sent = 0.0   # when the last one that came was sent
        self.back = 0.0   # when the first one after a silence came
        self.others = 0   # since then

    def run(self):
        while True:
            try:
                frame = self.line.socket.recv(2048)
            except OSError:
                return
            came, at = time.monotonic(), frame.find(MARK)
            if at < 0:
                continue
            if frame[PORT_AT:PORT_AT + 2] == struct.pack("!H", FREE):
                self.others += 1
                continue
            if self.is_silent():
                self.back = came
            self.sent = struct.unpack_from("=q", frame, at + len(MARK))[0] / 1e9
            self.others = 0

    def is_silent(self):
        return self.others > SILENCE


class Effect(network.Case, nodes.Case):
    def setUp(self):
        super().setUp()
        self.write("drop.yaml", RULES % ("drop", "drop: {}"))
        self.write("pass.yaml", RULES % ("pass", "pass"))

    def start_node(self):
        box = self.start("packet", "--scope", "198.18.0.0/15", "--inside", "198.18.0.0/24",
                         "--redis", "unix://%s" % self.socket, "--node", "one", "--state", self.folder,
                         "--no-huge", lab=self.LAB, ready=False)
        box.lab += "-one"
        box.wait_until_ready()
        self.wait_for_standing()

    def start_frames(self):
        client, server = self.wires()
        sender = multiprocessing.get_context("fork").Process(target=send, args=(client,))
        sender.start()
        self.addCleanup(sender.join)
        self.addCleanup(sender.kill)
        listener = Listener(server)
        listener.start()
        return listener

    def apply_and_time(self, name):
        """When the command began."""
        began = time.monotonic()
        self.sluice("apply", name + ".yaml", "--lab", self.LAB)
        return began

    def test_from_apply_to_the_wire(self):
        self.start_node()
        listener = self.start_frames()
        self.wait_for(lambda: listener.sent)
        took = {"drop": [], "pass": []}
        for _ in range(TIMES // 2):
            began = self.apply_and_time("drop")
            self.wait_for(listener.is_silent)
            took["drop"].append(max(0.0, listener.sent + GAP - began))
            began = self.apply_and_time("pass")
            self.wait_for(lambda: listener.back > began)
            took["pass"].append(listener.back - began)
        for name, times in (*took.items(), ("both", took["drop"] + took["pass"])):
            times.sort()
            print("%s: %d times, median %.1f ms, p99 %.1f ms, most %.1f ms" % (
                name, len(times), statistics.median(times) * 1e3,
                times[int(len(times) * 0.99)] * 1e3, times[-1] * 1e3))
        self.assertLess(statistics.median(times), MEDIAN_MOST)
        self.assertLess(times[int(len(times) * 0.99)], MOST)


if __name__ == "__main__":
    unittest.main()
