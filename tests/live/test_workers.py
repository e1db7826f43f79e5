# SPDX-License-Identifier: BSD-3-Clause
"""Two workers: both directions of each flow meet on one of them, however they come in."""
import json
import os
import unittest

import capture
import network
import program
import wire
from test_transparent import SCOPE, ethernet

FLOWS = 400


def frame(number, up):
    """Of flow `number`, from either end."""
    client, port = "198.18.0.%d" % (1 + number % 100), 2000 + number
    ends = ((client, "198.18.1.1", (port, 53)) if up else ("198.18.1.1", client, (53, port)))
    return ethernet(0x0800, wire.udp(*ends, b"x" * 64))


class Workers(network.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if len(os.sched_getaffinity(0)) < 2:
            raise unittest.SkipTest("one processor")

    def met(self, counters, packets):
        """No flow is known to both workers, and each has some."""
        self.closes(counters)
        self.assertEqual((counters["received"], counters["forwarded"]), (packets, packets))
        self.assertEqual(counters["flows"]["created"], FLOWS)
        most = [worker["flows_most"] for worker in counters["workers"]]
        self.assertEqual(sum(most), FLOWS)
        self.assertGreater(min(most), FLOWS / 4)

    def test_ports_with_one_queue(self):
        box = network.Box("-p", "xdp:in0", "-p", "xdp:out0", "-l", "0,1", *SCOPE,
                          namespace=self.box_space)
        self.boxes.append(box)
        client, server = self.wires()
        for at in range(0, FLOWS, 50):
            for up, sender, receiver in ((True, client, server), (False, server, client)):
                sent = [frame(number, up) for number in range(at, at + 50)]
                sender.send(*sent)
                self.assertEqual(sorted(receiver.frames(50)), sorted(sent))
        counters = box.counters()
        box.end()
        self.met(counters, 2 * FLOWS)
        self.assertGreater(sum(worker["handed_over"] for worker in counters["workers"]), FLOWS / 2)

    def test_directions_on_two_queues(self):
        """One queue has what clients send, the other what servers do."""
        paths = [capture.write(self.folder / name, [
            capture.frame(10 ** 18 + number, frame(number, up)) for number in range(FLOWS)])
            for name, up in (("up.pcap", True), ("down.pcap", False))]
        done = program.run("run", "-p", "vdev:net_pcap0,rx_pcap=%s,rx_pcap=%s" % tuple(paths),
                           "-p", "pcap:,%s" % (self.folder / "out.pcap"), "-l", "0,1", *SCOPE,
                           "--no-huge", "--json", "--until-idle", "2s", "--lab",
                           "queues%d" % os.getpid())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.met(json.loads(done.stdout), 2 * FLOWS)
        self.assertEqual(len(capture.read(self.folder / "out.pcap")), 2 * FLOWS)
