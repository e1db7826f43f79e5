# SPDX-License-Identifier: BSD-3-Clause
"""The policer as a meter sees it: no window ever holds more than its bucket, nothing is lost that
the rate had room for, and in the long run the rate is the configured one.

Expected values come from the definition of a token bucket (RFC 2697 section 3 with one bucket),
computed here with exact integers in units of 1e-9 bit.
"""
import fractions
import struct
import unittest

import capture
import conversation
import program
import wire

NANOBIT = 8 * 10 ** 9  # units in a byte; rate [bit/s] * time [ns] has the same unit


def tagged(number, l3, source=conversation.INSIDE, target=conversation.OUTSIDE, port=40000,
           server_port=5000, up=True):
    """A UDP packet of `l3` bytes on the wire, cut after an 8-byte number that tells it apart."""
    payload = struct.pack("!Q", number)
    ends, ports = (source, target), (port, server_port)
    if not up:
        ends, ports = ends[::-1], ports[::-1]
    segment = struct.pack("!HHHH", *ports, l3 - 20, 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, l3, 0, 0, 64, wire.UDP, 0)
    src, dst = wire.address(ends[0]), wire.address(ends[1])
    head = head[:10] + struct.pack("!H", wire.checksum(head + src + dst)) + src + dst
    return wire.ethernet(head + segment[:l3 - 20], up=up)


def offer(start, seconds, bit_per_s, l3=1500, first=0, **flow):
    """Packets of one flow at a constant rate: frames and (time, number, l3)."""
    gap = fractions.Fraction(l3 * 8 * 10 ** 9, int(bit_per_s))
    return [capture.frame(start + int(i * gap), tagged(first + i, l3, **flow), 14 + l3)
            for i in range(int(seconds * 10 ** 9 / gap))]


def number_of(frame):
    return struct.unpack_from("!Q", frame.data, 42)[0]


def counted(frame, layer):
    l3 = frame.wire - 14
    return {"l2": max(64, l3 + 18), "l3": l3, "payload": l3 - 28}[layer]


def worst_debt(frames, rate, layer):
    """The fullest that a queue drained at `rate` gets: by the virtual-queue argument equal to the
    largest excess of any window over rate * (t2 - t1), in units."""
    worst = debt = then = 0
    for one in frames:
        debt = max(0, debt - rate * (one.time - then)) + counted(one, layer) * NANOBIT
        worst, then = max(worst, debt), one.time
    return worst


def excess_of_windows(frames, rate, layer):
    """The same by looking at every window."""
    worst = 0
    for first, begin in enumerate(frames):
        total = 0
        for one in frames[first:]:
            total += counted(one, layer) * NANOBIT
            worst = max(worst, total - rate * (one.time - begin.time))
    return worst


def conforming(frames, rate, burst, layer):
    """What a token bucket that begins full lets through."""
    passed, debt, then = [], 0, 0
    for one in frames:
        debt, then = max(0, debt - rate * (one.time - then)), one.time
        need = counted(one, layer) * NANOBIT
        if debt + need <= burst * NANOBIT:
            debt += need
            passed.append(number_of(one))
    return passed


class Meter(program.Case):
    def meter(self, frames, out, rate, burst, layer):
        """`out` is what one bucket let through of `frames`, all of which it was offered."""
        self.assertLessEqual(worst_debt(out, rate, layer), burst * NANOBIT)
        duration = frames[-1].time - frames[0].time
        largest = max(counted(one, layer) for one in frames)
        delivered = sum(counted(one, layer) for one in out)
        self.assertGreaterEqual(delivered * NANOBIT, rate * duration - largest * NANOBIT)
        self.assertEqual([number_of(one) for one in out], conforming(frames, rate, burst, layer))


@program.table([
    ("140 kbit of l3", 140000, 17500, "l3"),
    ("140 kbit of l2", 140000, 17500, "l2"),
    ("140 kbit of payload", 140000, 17500, "payload"),
    ("8 kbit", 8000, 1500, "l3"),
    ("1500 kbit", 1500000, 100000, "l3"),
    ("small packets of l2", 1500000, 1518, "l2", 60, 5),
    ("small packets of payload", 140000, 1460, "payload", 90, 5),
])
class Window(Meter):
    """10 Mbit/s."""

    def check(self, rate, burst, layer, size=1500, seconds=60):
        frames = offer(conversation.START, seconds, 10e6, size)
        out = self.police(frames, "%dbit/s" % rate, "%dB" % burst, layer, "flow").out
        self.meter(frames, out, rate, burst, layer)
        sample = out[:400]
        self.assertLessEqual(excess_of_windows(sample, rate, layer), burst * NANOBIT)
        self.assertEqual(excess_of_windows(sample, rate, layer), worst_debt(sample, rate, layer))


@program.table([
    ("per flow", "[flow]", lambda host, port, up: (host, port)),
    ("per flow as a word", "flow", lambda host, port, up: (host, port)),
    ("per flow and direction", "[flow, direction]", lambda host, port, up: (host, port, up)),
    ("per rule", "[rule]", lambda host, port, up: 0),
    ("per rule and direction", "[rule, direction]", lambda host, port, up: up),
    ("per inside host", "[inside-host]", lambda host, port, up: host),
    ("per inside host and direction", "[inside-host, direction]",
     lambda host, port, up: (host, up)),
])
class Sharing(Meter):
    """Who shares a bucket: two inside hosts, each with two flows, all in both directions, each at
    2.5 Mbit/s for 20 s against 140 kbit/s. The expected sets follow from the words."""

    RATE, BURST = 140000, 17500
    HOSTS = "10.0.0.2", "10.0.0.3"

    def offered(self):
        frames, key_of, first = [], {}, 0
        for host in self.HOSTS:
            for port in 40000, 40001:
                for up in True, False:
                    some = offer(conversation.START + first, 20, 2.5e6, 1000, first=first,
                                 source=host, port=port, up=up)
                    key_of.update((number_of(one), (host, port, up)) for one in some)
                    frames += some
                    first += len(some)
        return sorted(frames, key=lambda one: one.time), key_of

    def check(self, per, bucket):
        frames, key_of = self.offered()
        out = self.police(frames, "140kbit/s", "17500B", "l3", per).out
        groups = {}
        for into, packets in enumerate((frames, out)):
            for one in packets:
                key = bucket(*key_of[number_of(one)])
                groups.setdefault(key, ([], []))[into].append(one)
        for offered, passed in groups.values():
            self.meter(offered, passed, self.RATE, self.BURST, "l3")


@program.table([
    ("8 kbit", 8000, "8kbit/s"),
    ("140 kbit", 140000, "140kbit/s"),
    ("1500 kbit", 1500000, "1.5Mbit/s"),
    ("10 Gbit", 10 ** 10, "10Gbit/s"),
    ("40 Gbit", 4 * 10 ** 10, "40Gbit/s"),
    ("a prime", 7654321, "7654321bit/s"),
])
class LongRun(program.Case):
    """The rate in the long run, to 1 ppm.

    Each burst of data offers 1.5 times the rate in 64000-byte packets until rate * time is
    120 MB, and at its end packets of 32000, 16000, ... 62 bytes, twice each: what the bucket then
    still has is less than the smallest, so what was delivered shows rate * time to 62 bytes or
    0.5 ppm. Between the bursts 60 s are idle, which fill the bucket and must give nothing more.
    """

    L3, BURST, BURSTS = 64000, 1000000, 3

    def burst(self, start, rate, first):
        gap = fractions.Fraction(self.L3 * 8 * 10 ** 9 * 2, 3 * rate)
        count = int(fractions.Fraction(120 * 10 ** 6 * 8 * 10 ** 9, rate) / gap)
        frames = [capture.frame(start + int(i * gap), tagged(first + i, self.L3), 14 + self.L3)
                  for i in range(count)]
        time, size = frames[-1].time, 32000
        while size >= 62:
            for _ in range(2):
                number = first + len(frames)
                frames.append(capture.frame(time, tagged(number, size), 14 + size))
            size //= 2
        return frames

    def check(self, rate, written):
        start, frames, bursts = conversation.START, [], []
        for _ in range(self.BURSTS):
            some = self.burst(start, rate, len(frames))
            bursts.append((some[0].time, some[-1].time))
            frames += some
            start = some[-1].time + 60 * 10 ** 9
            # A slow bucket needs longer than 60 s to be full again.
            start += max(0, self.BURST * NANOBIT // rate - 60 * 10 ** 9 + 1)
        out = self.police(frames, written, "%dB" % self.BURST, "l3", "flow").out
        for begin, end in bursts:
            passed = sum(one.wire - 14 for one in out if begin <= one.time <= end)
            found = fractions.Fraction((passed - self.BURST) * NANOBIT, end - begin)
            self.assertLessEqual(abs(found - rate) / rate, fractions.Fraction(1, 10 ** 6))
        self.assertEqual(sum(begin <= one.time <= end for one in out for begin, end in bursts),
                         len(out))
        self.assertLessEqual(worst_debt(out, rate, "l3"), self.BURST * NANOBIT)


@program.table([
    ("1 Mbit 60 s", 10 ** 6, "1Mbit/s", 60),
    ("40 Gbit 60 s", 4 * 10 ** 10, "40Gbit/s", 60),
    ("400 Gbit 599 s", 4 * 10 ** 11, "400Gbit/s", 599),
    ("400 Gbit 1 ms", 4 * 10 ** 11, "400Gbit/s", 0.001),
])
class Idle(program.Case):
    """A bucket that was left alone for long is full and not more, also where rate * time does not
    fit into 64 bits."""

    def check(self, rate, written, idle_seconds):
        frames, start = [], conversation.START
        for _ in range(3):
            # All at once: the bucket has no time to fill.
            frames += [capture.frame(start, tagged(len(frames) + i, 1000), 1014)
                       for i in range(60)]
            start += int(idle_seconds * 10 ** 9)
        out = self.police(frames, written, "50000B", "l3", "flow").out
        self.assertEqual([number_of(one) for one in out],
                         [*range(50), *range(60, 110), *range(120, 170)])


if __name__ == "__main__":
    unittest.main()
