# SPDX-License-Identifier: BSD-3-Clause
"""How a box begins and ends: what the kernel keeps to itself, what is left behind, what a start
refuses."""
import os
import signal
import time

import network
import program
from test_transparent import FRAMES, SCOPE


class Life(network.Case):
    def passes(self):
        """Frames in and out of scope cross the box."""
        client, server = self.wires()
        for name in "udp", "out of scope":
            client.send(*FRAMES[name])
            self.assertEqual(server.frames(len(FRAMES[name])), FRAMES[name])

    def nothing_left(self):
        self.assertEqual(network.leftovers(self.box_space), [])
        self.assertEqual(network.huge_files(), [])


class Kernel(Life):
    def setUp(self):
        super().setUp()
        for space, name, number in ((self.box_space, "in0", 1), (self.client, "c0", 2)):
            network.sh("ip", "-n", space, "addr", "add", "198.18.5.%d/24" % number, "dev", name)

    def test_what_user_space_does_not_see(self):
        """A ping to the interface itself is answered by the kernel, and what is out of scope crosses
        in the kernel; both are counted there, and user space has received nothing."""
        box = self.start("xdp", *SCOPE)
        network.sh("ip", "netns", "exec", self.client, "ping", "-c", "3", "-W", "2", "198.18.5.1")
        client, server = self.wires()
        client.send(*FRAMES["out of scope"])
        self.assertEqual(server.frames(len(FRAMES["out of scope"])), FRAMES["out of scope"])
        counters = box.counters()
        self.assertEqual(counters["received"], 0)
        kernel = counters["ports"]["0"]["kernel"]
        self.assertGreaterEqual(kernel["own"]["packets"], 3)
        self.assertGreaterEqual(kernel["other"]["packets"], len(FRAMES["out of scope"]))
        self.assertEqual(kernel["scope"]["packets"], 0)
        client.send(*FRAMES["udp"])
        self.assertEqual(server.frames(len(FRAMES["udp"])), FRAMES["udp"])
        counters = box.counters()
        self.assertEqual(counters["received"], len(FRAMES["udp"]))
        self.assertEqual(counters["ports"]["0"]["kernel"]["scope"]["packets"], len(FRAMES["udp"]))
        self.closes(box.end())


class Start(Life):
    def test_what_is_said_of_ports(self):
        """As ip and ethtool say it; what harms is said with the command that mends it."""
        for name, gro, mtu in ("in0", "on", 1500), ("out0", "off", 3000):
            network.sh("ip", "netns", "exec", self.box_space, "ethtool", "-K", name, "gro", gro,
                       "tx", "off", "rx", "off")
            network.sh("ip", "-n", self.box_space, "link", "set", name, "mtu", mtu)
        box = network.Box("-p", "packet:in0", "-p", "packet:out0", "-l", "0", *SCOPE,
                          namespace=self.box_space)
        self.boxes.append(box)
        said = box.listen()
        box.end()
        for line in ("port 0: packet:in0, inside, MTU 1500, 1 queue, link up",
                     "port 0: packet:in0: offloads of the interface: gro",
                     "ethtool -K in0 gro off lro off",
                     "port 1: packet:out0, outside, MTU 3000, 1 queue, link up",
                     "port 1: packet:out0: offloads of the interface: none",
                     "ports 0 and 1: MTU 1500 and 3000: packets longer than the smaller one"):
            self.assertIn(line, said)
        self.assertNotIn("ethtool -K out0", said)


class Ends(Life):
    def test_terminate(self):
        box = self.start("xdp", *SCOPE)
        self.passes()
        self.assertNotEqual(network.leftovers(self.box_space), [])
        self.closes(box.end(signal.SIGTERM))
        self.assertEqual(box.process.returncode, 0)
        self.nothing_left()
        self.assertEqual(network.runtime_folders(box.lab), [])

    def test_kill(self):
        """The kernel takes the program away with the process; the next start of the lab clears the
        rest."""
        box = self.start("xdp", *SCOPE)
        box.kill()
        self.nothing_left()
        again = self.start("xdp", *SCOPE, lab=box.lab)
        self.passes()
        again.end()
        self.nothing_left()
        self.assertEqual(network.runtime_folders(box.lab), [])

    def test_what_is_held_when_it_ends(self):
        """Five packets wait for ten seconds; it ends at once and says what became of them."""
        rules = self.rules("delay: {time: 10s}", when="{proto: udp}")
        box = self.start("xdp", *SCOPE, "--rules", rules)
        client, _ = self.wires()
        client.send(*FRAMES["udp"])
        for _ in range(100):
            if box.counters()["held"] == len(FRAMES["udp"]):
                break
            time.sleep(0.02)
        began = time.monotonic()
        box.tell(signal.SIGINT)
        time.sleep(0.1)
        summary = box.end(signal.SIGINT)
        self.assertLess(time.monotonic() - began, 5)
        self.closes(summary)
        self.assertEqual(summary["held"], 0)
        self.assertEqual(summary["forwarded"] + summary["dropped"]["stopped"], len(FRAMES["udp"]))
        self.nothing_left()

    def test_two_boxes(self):
        """Each in its own namespace, at once; the end of one does not touch the other."""
        other = self.box_space + "x"
        network.sh("ip", "netns", "add", other)
        self.addCleanup(network.sh, "ip", "netns", "del", other, check=False)
        network.sh("ip", "link", "add", "a0", "netns", other, "type", "veth", "peer", "name", "b0",
                   "netns", other)
        for name in "a0", "b0":
            network.sh("ip", "netns", "exec", other, "ethtool", "-K", name, "tx", "off", "rx", "off",
                       "tso", "off", "gso", "off", "gro", "on")
            network.sh("ip", "-n", other, "link", "set", name, "up")
        first = self.start("xdp", *SCOPE)
        second = network.Box("-p", "packet:a0", "-p", "pcap:,%s" % (self.folder / "out.pcap"),
                             "-l", "1", *SCOPE, namespace=other)
        self.boxes.append(second)
        second.end()
        self.passes()
        self.closes(first.end())


class Link(Life):
    def test_down_and_up_again(self):
        """What should leave by a link that is down is dropped by that name; then it goes on."""
        box = self.start("packet", *SCOPE)
        client, server = self.wires()
        network.sh("ip", "-n", self.box_space, "link", "set", "out0", "down")
        time.sleep(1.5)  # the box looks at links once a second
        client.send(*FRAMES["udp"])
        for _ in range(100):
            if box.counters()["received"] == len(FRAMES["udp"]):
                break
            time.sleep(0.05)
        lost = box.counters()["dropped"]
        self.assertEqual(lost["link-down"] + lost["tx-full"], len(FRAMES["udp"]))
        network.sh("ip", "-n", self.box_space, "link", "set", "out0", "up")
        for _ in range(50):
            client.send(*FRAMES["tcp"])
            if server.frames(len(FRAMES["tcp"]), seconds=0.2):
                break
        else:
            self.fail("nothing passes after the link came back")
        self.closes(box.end())




@program.table([
    ("no scope", ["-p", "xdp:in0", "-p", "xdp:out0"], 2, "--scope"),
    ("default route", ["-p", "xdp:in0", "-p", "xdp:out0", "--scope", "0.0.0.0/0"], 2, "0.0.0.0/0"),
    ("public and wide", ["-p", "xdp:in0", "-p", "xdp:out0", "--scope", "8.0.0.0/8"], 2, "8.0.0.0/8"),
    ("no such interface", ["-p", "xdp:in0", "-p", "xdp:none0", *SCOPE], 2, "none0"),
    ("one port", ["-p", "xdp:in0", *SCOPE], 2, "-p"),
    ("the same twice", ["-p", "xdp:in0", "-p", "xdp:in0", *SCOPE], 2, "in0"),
    ("unknown kind", ["-p", "xpd:in0", "-p", "xdp:out0", *SCOPE], 2, "xdp"),
    ("no such core", ["-p", "xdp:in0", "-p", "xdp:out0", "-l", "4000", *SCOPE], 2, "4000"),
    ("no such rules", ["-p", "xdp:in0", "-p", "xdp:out0", "--rules", "none.yaml", *SCOPE], 2,
     "none.yaml"),
])
class Refused(network.Case):
    """One line, and the interfaces as they were."""

    def check(self, arguments, code, says):
        done = network.sh("ip", "netns", "exec", self.box_space, program.SLUICE, "run", *arguments,
                          "--lab", "refused%d" % os.getpid(), check=False)
        lines = [line for line in done.stderr.decode().splitlines()
                 if not line.startswith("sluice: warning: ")]
        self.assertEqual(done.returncode, code, lines)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("sluice: "), lines[0])
        self.assertIn(says, lines[0])
        self.assertEqual(network.leftovers(self.box_space), [])


