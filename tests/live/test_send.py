# SPDX-License-Identifier: BSD-3-Clause
"""`sluice send`: what leaves, in which order, with which addresses, and that it is never early."""
import ipaddress
import json
import signal
import struct
import subprocess
import time

import capture
import network
import program
import wire
from program import table

LAB, MS, SECOND = ipaddress.ip_network("198.18.0.0/15"), 10 ** 6, 10 ** 9
START = 1700000000 * SECOND
PUBLIC, PRIVATE, SERVER = "8.8.4.4", "10.1.2.3", "198.18.0.2"


def datagrams(count, gap=MS, source=PRIVATE, to=PUBLIC, flows=4, size=200):
    """Frames of some flows; each says its number."""
    return [capture.frame(START + i * gap, wire.ethernet(wire.udp(
        source, to, (40000 + i % flows, 53), struct.pack("!I", i) + bytes(size))))
        for i in range(count)]


def ends(frame):
    """Addresses and ports of IPv4 without options behind Ethernet."""
    return (str(ipaddress.ip_address(frame[26:30])), str(ipaddress.ip_address(frame[30:34])),
            *struct.unpack_from("!HH", frame, 34))


def sums_are_right(frame):
    """RFC 1071: what is summed with its checksum is zero; UDP or TCP over IPv4."""
    segment = frame[34:14 + struct.unpack_from("!H", frame, 16)[0]]
    pseudo = frame[26:34] + struct.pack("!BBH", 0, frame[23], len(segment))
    return not wire.checksum(frame[14:34]) and not wire.checksum(pseudo + segment)


class Case(program.Case):
    def setUp(self):
        network.need_cores()
        super().setUp()

    def send(self, frames, *arguments, link=1, code=0):
        """(frames that left, the result as JSON)."""
        path, out = self.folder / "in.pcap", self.folder / "out.pcap"
        capture.write(path, frames, link=link)
        done = program.run("send", path, "-p", "pcap:,%s" % out, "--no-huge", "--json",
                           "--tolerance", "100", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.said = done.stderr
        return capture.read(out), json.loads(done.stdout)


class Virtual(Case):
    def test_bytes_and_order_are_the_capture_s(self):
        frames = datagrams(500, gap=MS // 10)
        left, said = self.send(frames)
        self.assertEqual([one.data for one in left], [one.data for one in frames])
        self.assertEqual(said["asked"]["packets"], 500)
        self.assertEqual(said["asked"]["duration_ns"], 499 * MS // 10)
        self.assertEqual(said["sent"]["bytes"], sum(len(one.data) for one in frames))
        self.assertEqual(said["all"]["error_ns"]["count"], 500)
        self.assertIn("500 packets in 4 flows", self.said)

    def test_files_are_merged_by_time(self):
        frames = datagrams(100)
        other = capture.write(self.folder / "other.pcap", frames[1::2])
        left, _ = self.send(frames[::2], other, "--speed", 10)
        self.assertEqual([one.data for one in left], [one.data for one in frames])

    def test_loops_with_fresh_ports_are_new_flows(self):
        left, _ = self.send(datagrams(40), "--loop", 5, "--fresh-flows", "ports", "--flat-out")
        self.assertEqual(len(left), 200)
        self.assertEqual(len({ends(one.data) for one in left}), 20)
        self.assertTrue(all(sums_are_right(one.data) for one in left))

    def test_loops_without_are_the_same(self):
        frames = datagrams(40)
        left, _ = self.send(frames, "--loop", 3, "--flat-out")
        self.assertEqual([one.data for one in left], [one.data for one in frames] * 3)

    def test_public_addresses_go_to_the_lab(self):
        left, _ = self.send(datagrams(40), "--addresses", "lab")
        for one in left:
            source, to, _, port = ends(one.data)
            self.assertEqual((source, port), (PRIVATE, 53))
            self.assertIn(ipaddress.ip_address(to), LAB)
            self.assertTrue(sums_are_right(one.data))

    def test_what_was_cut_is_zeros(self):
        frames = datagrams(10)
        left, _ = self.send(capture.cut(frames, 60))
        self.assertEqual([len(one.data) for one in left], [len(one.data) for one in frames])
        self.assertTrue(all(not any(one.data[60:]) for one in left))
        self.assertIn("10 frames were cut", self.said)

    def test_other_framings_become_ethernet(self):
        packet = wire.udp(PRIVATE, PUBLIC, (40000, 53), b"hello")
        for link in wire.RAW, wire.NULL, wire.SLL:
            left, _ = self.send([capture.frame(START, wire.framed(packet, link))], link=link)
            self.assertEqual([one.data[12:] for one in left], [b"\x08\x00" + packet])

    def test_a_limit_ends_it(self):
        self.assertEqual(len(self.send(datagrams(40), "--loop", 0, "--limit", 77)[0]), 77)

    def test_memory_is_bounded(self):
        path = capture.write(self.folder / "in.pcap", datagrams(1000, size=1400))
        done = program.run("send", path, "-p", "vdev:net_null0", "--memory", 1)
        self.assertEqual(done.returncode, 3)
        self.assertIn("--memory 2", done.stderr)

    def test_what_is_too_fast_is_outside_the_tolerance(self):
        path = capture.write(self.folder / "in.pcap", datagrams(500))
        done = program.run("send", path, "-p", "vdev:net_null0", "--no-huge", "--json",
                           "--loop", 2000, "--pps", 10 ** 9)  # a million packets in a ms
        self.assertEqual(done.returncode, 1)
        self.assertIn("outside the tolerance", done.stderr)
        self.assertFalse(json.loads(done.stdout)["within_tolerance"])

    def test_sigint_ends_with_the_summary(self):
        path = capture.write(self.folder / "in.pcap", datagrams(1000))
        process = subprocess.Popen(
            [program.SLUICE, "send", path, "-p", "vdev:net_null0", "--no-huge", "--json",
             "--loop", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stderr.readline()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0)
        said = json.loads(out)
        self.assertTrue(said["stopped"])
        self.assertGreater(said["sent"]["packets"], 0)


# 101 datagrams of 246 bytes (250 with FCS, 2000 bits) a ms apart: when the last one is due, in ns.
@table([
    ("speed 1", ["--speed", 1], 100 * MS),
    ("speed 2", ["--speed", 2], 50 * MS),
    ("speed 0.5", ["--speed", 0.5], 200 * MS),
    ("second pass", ["--loop", 2], 201 * MS),
    ("second pass twice as fast", ["--loop", 2, "--speed", 2], 201 * MS // 2),
    ("rate", ["--rate", "2Mbit/s"], 100 * MS),
    ("rate of two passes", ["--rate", "2Mbit/s", "--loop", 2], 201 * MS),
    ("pps", ["--pps", 500], 200 * MS),
    ("duration", ["--duration", "50500us"], 50 * MS),
])
class Pace(Case):
    def check(self, arguments, last_ns):
        frames = datagrams(101, size=246 - 14 - 20 - 8 - 4)
        _, said = self.send(frames, *arguments)
        self.assertEqual(said["asked"]["duration_ns"], last_ns)
        self.assertEqual(said["sent"]["packets"], said["asked"]["packets"])
        self.assertGreaterEqual(said["sent"]["duration_ns"], last_ns)
        self.assertLess(said["sent"]["duration_ns"], last_ns + SECOND)


@table([
    ("no port", [], "one port is needed"),
    ("no scope", ["-p", "packet:lo"], "--scope"),
    ("default route", ["-p", "packet:lo", "--scope", "0.0.0.0/0"], "--scope"),
    ("unknown kind", ["-p", "nic:lo"], "unknown kind"),
    ("two paces", ["-p", "vdev:net_null0", "--pps", "5", "--flat-out"], "give one of"),
    ("rate without unit", ["-p", "vdev:net_null0", "--rate", "5"], "--rate 5"),
    ("fresh what", ["-p", "vdev:net_null0", "--fresh-flows", "x"], "ports, hosts"),
    ("addresses how", ["-p", "vdev:net_null0", "--addresses", "x"], "lab, keep"),
    ("addresses out of scope", ["-p", "packet:lo", "--addresses", "keep", "--scope",
                                "198.18.0.0/15"], "outside --scope"),
    ("private out of scope", ["-p", "packet:lo", "--scope", "198.18.0.0/15"], "outside --scope"),
])
class Wrong(program.Case):
    def check(self, arguments, words):
        path = capture.write(self.folder / "in.pcap", datagrams(3))
        done = program.run("send", path, *arguments)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(words, done.stderr)


@table([("packet", "packet"), ("xdp", "xdp")])
class Wire(network.Case):
    def check(self, kind):
        """All of it in order, and the interface as it was."""
        client, _ = self.wires()
        frames = datagrams(2000, gap=MS // 4, source="198.18.0.1")
        path = capture.write(self.folder / "in.pcap", frames)
        done = network.sh("ip", "netns", "exec", self.box_space, program.SLUICE, "send", path,
                          "-p", kind + ":in0", "--scope", "198.18.0.0/15", "--no-huge", "--json",
                          "--tolerance", "100")
        self.assertEqual(json.loads(done.stdout)["sent"]["packets"], 2000)
        got = client.frames(2000)
        self.assertEqual([one[42:46] for one in got], [one.data[42:46] for one in frames])
        self.assertTrue(all(ipaddress.ip_address(ends(one)[1]) in LAB and sums_are_right(one)
                            for one in got))
        self.assertEqual(network.leftovers(self.box_space), [])


class Answers(network.Case):
    def test_the_kernel_has_what_comes(self):
        """While an xdp: port sends, what comes in by it goes to the kernel."""
        for space, name, number in ((self.box_space, "in0", 1), (self.client, "c0", 2)):
            network.sh("ip", "-n", space, "addr", "add", "198.18.5.%d/24" % number, "dev", name)
        path = capture.write(self.folder / "in.pcap",
                             datagrams(300, gap=10 * MS, source="198.18.0.1"))
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.box_space, program.SLUICE, "send", path, "-p", "xdp:in0",
             "--scope", "198.18.0.0/15", "--no-huge", "--json", "--tolerance", "100"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(process.communicate)
        while not network.leftovers(self.box_space):
            self.assertIsNone(process.poll())
            time.sleep(0.02)
        network.sh("ip", "netns", "exec", self.client, "ping", "-c", "3", "-i", "0.2", "-W", "5",
                   "198.18.5.1")
        self.assertEqual(json.loads(process.communicate(timeout=30)[0])["sent"]["packets"], 300)
