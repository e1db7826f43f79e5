# SPDX-License-Identifier: BSD-3-Clause
"""What a box does not throttle passes unchanged and in order, whatever it is."""
import collections
import os
import random
import socket
import struct
import threading

import network
import wire
from program import table

CLIENT, SERVER = "198.18.0.1", "198.18.0.2"
SCOPE = "--scope", "198.18.0.0/15", "--inside", "198.18.0.0/24"


def ethernet(ethertype, payload, to=wire.MAC_SERVER, tags=()):
    head = to + wire.MAC_CLIENT
    for kind, number in tags:
        head += struct.pack("!HH", kind, number)
    return head + struct.pack("!H", ethertype) + payload


def ipv4(packet, **more):
    return ethernet(0x0800, packet, **more)


def datagram(size=100, source=CLIENT, port=5000):
    return wire.udp(source, SERVER, (port, 53), bytes(range(256)) * (size // 256 + 1))[:28 + size]


def fragments():
    whole = os.urandom(2000)
    return [ipv4(wire.ip(CLIENT, SERVER, wire.UDP, whole[:1480], ident=7, fragment=0x2000)),
            ipv4(wire.ip(CLIENT, SERVER, wire.UDP, whole[1480:], ident=7, fragment=185))]


MULTICAST = bytes.fromhex("01005e000001")
BROADCAST = b"\xff" * 6
STAMPS = wire.timestamps_option(123456, 654321)

# What it is, and frames of it.
FRAMES = {
    "arp": [ethernet(0x0806, bytes.fromhex("0001080006040001") + wire.MAC_CLIENT +
                     wire.address(CLIENT) + bytes(6) + wire.address(SERVER), to=BROADCAST)],
    "neighbour": [ethernet(0x86dd, wire.ip("fe80::1", "ff02::1:ff00:2", 58, bytes(24), ttl=255),
                           to=bytes.fromhex("3333ff000002"))],
    "ping": [ipv4(wire.ip(CLIENT, SERVER, wire.ICMP, bytes.fromhex("0800f7ff00000000")))],
    "udp": [ipv4(datagram(size)) for size in (0, 1, 18, 500, 1472)],
    "tcp": [ipv4(wire.tcp(CLIENT, SERVER, (4000, 80), wire.SYN, options=STAMPS)),
            ipv4(wire.tcp(CLIENT, SERVER, (4000, 80), wire.ACK, 1, 1, b"x" * 1448, STAMPS))],
    "vlan": [ipv4(datagram(), tags=[(0x8100, 5)]), ipv4(datagram(), tags=[(0x8100, 0xefff)])],
    "qinq": [ipv4(datagram(), tags=[(0x88a8, 5), (0x8100, 6)])],
    "multicast": [ipv4(wire.udp(CLIENT, "224.0.0.251", (5353, 5353), b"hello"), to=MULTICAST)],
    "fragments": fragments(),
    "ethertype": [ethernet(0x88cc, os.urandom(46)), ethernet(0x1234, b"")],
    "length": [ethernet(50, os.urandom(50))],
    "out of scope": [ipv4(datagram(source="203.0.113.%d" % i)) for i in range(1, 20)],
    "wrong checksum": [ipv4(datagram()[:-1] + b"\x55")],
    "cut header": [ipv4(datagram()[:10]), ipv4(b"\x4f" + datagram()[1:40])],
    "noise": [random.Random(seed).randbytes(60) for seed in range(20)],
}

# DPDK's af_packet driver has the kernel put fragments together, and does not tell the type of a tag
# that the kernel took off.
LIMITS = {"xdp": {}, "packet": {"qinq": "the driver does not tell the outer tag's type",
                                "fragments": "the driver has the kernel put them together"}}


@table((kind, kind) for kind in ("xdp", "packet"))
class Frames(network.Case):
    def check(self, kind):
        client, server = self.wires()
        box = self.start(kind, *SCOPE)
        for name, frames in sorted(FRAMES.items()):
            with self.subTest(name):
                if name in LIMITS[kind]:
                    self.skipTest(LIMITS[kind][name])
                for there, here in ((client, server), (server, client)):
                    there.send(*frames)
                    self.assertEqual(here.frames(len(frames)), frames)
        self.assertEqual(client.frames(seconds=0.2) + server.frames(seconds=0.2), [])
        summary = box.end()
        self.closes(summary)
        self.assertEqual({why for why, count in summary["dropped"].items() if count}, set())


class Jumbo(network.Case):
    mtu = 9000

    def test_packet(self):
        client, server = self.wires()
        box = self.start("packet", *SCOPE)
        frames = [ipv4(datagram(size)) for size in (8972, 4000, 100, 8972)]
        client.send(*frames)
        self.assertEqual(server.frames(len(frames)), frames)
        self.closes(box.end())

    def test_xdp_is_refused(self):
        """Its buffers hold no such frame: said before anything is touched."""
        box = self.start("xdp", *SCOPE, ready=False)
        self.assertEqual(box.process.wait(30), 3)
        self.assertRegex(box.listen(), "MTU 9000 is more than AF_XDP can take: ip link set in0")
        self.assertEqual(network.leftovers(self.box_space), [])


@table((kind, kind) for kind in ("xdp", "packet"))
class Connection(network.Case):
    """A kernel's own TCP, seen on both sides of the box.

    Its kernel sends from two CPUs at once, and a veth keeps a queue for each: which frame is seen
    first on its two ends differs before any box sees it. Frames shows order, from one sender.
    """

    BYTES = 1 << 20

    def serve(self, listener):
        with listener, listener.accept()[0] as peer:
            while data := peer.recv(65536):
                peer.sendall(data)

    def transfer(self):
        with network.inside(self.server):
            listener = socket.create_server((SERVER, 80))
        thread = threading.Thread(target=self.serve, args=(listener,))
        thread.start()
        with network.inside(self.client):
            connection = socket.create_connection((SERVER, 80), timeout=20)
        payload, back = os.urandom(self.BYTES), b""
        with connection:
            sender = threading.Thread(
                target=lambda: (connection.sendall(payload), connection.shutdown(socket.SHUT_WR)))
            sender.start()
            while data := connection.recv(65536):
                back += data
            sender.join()
        thread.join()
        self.assertEqual(back, payload)

    def check(self, kind):
        network.sh("ip", "-n", self.client, "addr", "add", CLIENT + "/24", "dev", "c0")
        network.sh("ip", "-n", self.server, "addr", "add", SERVER + "/24", "dev", "s0")
        box = self.start(kind, *SCOPE)
        ends = [self.wire(space, name, outgoing=True)
                for space, name in ((self.client, "c0"), (self.server, "s0"))]
        self.transfer()
        client, server = (end.receive(seconds=0.5) for end in ends)
        up = [[frame for frame, out in side if out == sent]
              for side, sent in ((client, True), (server, False))]
        down = [[frame for frame, out in side if out == sent]
                for side, sent in ((server, True), (client, False))]
        for name, (sent, came) in (("up", up), ("down", down)):
            with self.subTest(name):
                self.assertGreater(len(sent), 100)
                changed = collections.Counter(came)
                changed.subtract(sent)
                self.assertEqual(sum(map(abs, changed.values())), 0)
        self.closes(box.end())
