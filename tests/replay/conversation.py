# SPDX-License-Identifier: BSD-3-Clause
"""Conversations: what two hosts send each other, as timed frames of a capture.

A conversation keeps a clock of its own (`now`, ns) that every packet advances by `gap`, so that a
test reads as the list of what happened. The hosts do not react: what is offered is offered.
"""
import capture
import wire

MS = 10 ** 6
SECOND = 10 ** 9
START = 1616198400 * SECOND  # 2021-03-20 00:00:00 UTC

INSIDE = "10.0.0.2"
OUTSIDE = "198.51.100.7"  # RFC 5737
MSS = 1460


class Tcp:
    """A TCP connection. The client is who sends the SYN. `snap` cuts what bulk data stores."""

    def __init__(self, client=INSIDE, server=OUTSIDE, client_port=40000, server_port=443,
                 start=START, gap=MS, snap=96):
        self.ends = client, server
        self.ports = client_port, server_port
        self.now, self.gap, self.snap = start, gap, snap
        self.seq = [1000, 5000]
        self.frames = []

    def send(self, side, flags, payload=b"", options=b"", snap=None):
        """side 0: from the client, 1: from the server."""
        packet = wire.tcp(self.ends[side], self.ends[1 - side],
                          (self.ports[side], self.ports[1 - side]), flags, self.seq[side],
                          self.seq[1 - side] if flags & wire.ACK else 0, payload, options)
        data = wire.ethernet(packet, up=side == 0)
        self.frames.append(capture.frame(self.now, data[:snap], len(data)))
        self.seq[side] += len(payload) + bool(flags & wire.SYN) + bool(flags & wire.FIN)
        self.now += self.gap
        return self

    def handshake(self):
        self.send(0, wire.SYN, options=wire.mss_option(MSS))
        self.send(1, wire.SYN | wire.ACK, options=wire.mss_option(MSS))
        return self.send(0, wire.ACK)

    def up(self, payload):
        return self.send(0, wire.PSH | wire.ACK, payload)

    def down(self, payload):
        return self.send(1, wire.PSH | wire.ACK, payload)

    def acknowledge(self, side=0):
        return self.send(side, wire.ACK)

    def fin(self, side):
        return self.send(side, wire.FIN | wire.ACK)

    def rst(self, side):
        return self.send(side, wire.RST | wire.ACK)

    def wait(self, seconds):
        self.now += int(seconds * SECOND)
        return self

    def bulk(self, side, size, bit_per_s):
        """Sends `size` bytes of TLS records, paced so that the IP packets make `bit_per_s`."""
        headers = 40 if len(wire.address(self.ends[0])) == 4 else 60
        mss, gap, left, number = 1500 - headers, self.gap, size, 0
        while left:
            part = min(left, mss)
            payload = wire.application_data(part - 5, number % 64) if part > 5 else b"\x17" * part
            self.gap = (part + headers) * 8 * SECOND // int(bit_per_s)
            self.send(side, wire.ACK, payload, snap=self.snap)
            left -= part
            number += 1
        self.gap = gap
        return self

    def download(self, size, bit_per_s=10e6):
        return self.bulk(1, size, bit_per_s)

    def upload(self, size, bit_per_s=10e6):
        return self.bulk(0, size, bit_per_s)


class Udp:
    """A UDP flow; the client is who sends first."""

    def __init__(self, client=INSIDE, server=OUTSIDE, client_port=40000, server_port=5000,
                 start=START, gap=MS):
        self.ends = client, server
        self.ports = client_port, server_port
        self.now, self.gap = start, gap
        self.frames = []

    def send(self, side, payload):
        packet = wire.udp(self.ends[side], self.ends[1 - side],
                          (self.ports[side], self.ports[1 - side]), payload)
        self.frames.append(capture.frame(self.now, wire.ethernet(packet, up=side == 0)))
        self.now += self.gap
        return self

    def up(self, payload):
        return self.send(0, payload)

    def down(self, payload):
        return self.send(1, payload)

    def wait(self, seconds):
        self.now += int(seconds * SECOND)
        return self


def tls(name, **ends):
    """A connection up to the server's answer to a hello for `name`."""
    flow = Tcp(**ends).handshake()
    flow.up(wire.client_hello(name)).acknowledge(1)
    flow.down(wire.server_hello() + wire.change_cipher_spec() + wire.application_data(900))
    return flow.acknowledge(0)


def merged(*conversations):
    """Their frames in time order; equal times in the order given."""
    frames = [one for conversation in conversations for one in conversation.frames]
    return sorted(frames, key=lambda one: one.time)
