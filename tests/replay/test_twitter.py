# SPDX-License-Identifier: BSD-3-Clause
"""The model ru-twitter-2021 against what was published of the throttler of March 2021: Xue et al.,
"Throttling Twitter", IMC 2021 (https://censoredplanet.org/throttling).

A flow counts as throttled when the policer dropped packets of it while 10 Mbit/s were offered for
seconds, seventy times the published rate.
"""
import unittest

import conversation
import program
import wire

MODEL = "--model", "ru-twitter-2021"
NAME = "abs.twimg.com"
OTHER = "www.example.org"
RATES = 130000, 150000  # published, bit/s


def hello(name=NAME, **how):
    return wire.client_hello(name, **how)


def begun(**ends):
    return conversation.Tcp(**ends).handshake()


def data(size, seed=0):
    """A whole record of `size` bytes."""
    return wire.application_data(size - 5, seed)


class Throttling(program.Case):
    def throttled(self, flow, *arguments):
        rows = self.replay(flow.frames, *MODEL, *arguments).flows
        return any(row.dropped for row in rows)

    def check(self, expected, flow, *arguments):
        flow = flow().download(1250000)  # 1 s at 10 Mbit/s
        self.assertEqual(self.throttled(flow, *arguments), expected)


def after_packets(count):
    """`count` packets with payload, the first a hello for another name, then the listed name."""
    flow = begun().up(hello(OTHER))
    for i in range(count - 1):
        flow.send(i % 2 == 0, wire.PSH | wire.ACK, data(200, i))
    return flow.up(hello())


def after_empty(count):
    flow = begun()
    for i in range(count):
        flow.acknowledge(i % 2)
    return flow.up(hello())


def two_segments():
    whole = hello()
    return begun().up(whole[:60]).up(whole[60:])


def padded():
    whole = hello(size=1700)
    return begun().up(whole[:conversation.MSS]).up(whole[conversation.MSS:])


def inverted(flow):
    """What Wehe's control does: every payload bit of the hello is inverted."""
    return flow.up(bytes(byte ^ 0xff for byte in hello()))


@program.table([
    ("hello", True, lambda: begun().up(hello())),
    ("another name", False, lambda: begun().up(hello(OTHER))),
    ("no name", False, lambda: begun().up(hello(None))),
    ("hello of the server", True, lambda: begun().down(hello())),
    ("hello padded within one segment", True, lambda: begun().up(hello(size=1460))),
    ("another port", True, lambda: begun(server_port=8443).up(hello())),
    ("both ends inside", True, lambda: begun(server="10.0.0.9").up(hello())),
    ("upper case", True, lambda: begun().up(hello("ABS.TWIMG.COM"))),
    ("name in http", False, lambda: begun(server_port=80).up(wire.http_get(NAME))),
    ("hello inside application data", False,
     lambda: begun().up(wire.tls_record(wire.APPLICATION_DATA, hello()))),
    ("ech with a public outer name", False,
     lambda: begun().up(hello("cloudflare-ech.com", ech=True))),
    ("syn from outside", False,
     lambda: begun(client=conversation.OUTSIDE, server=conversation.INSIDE).up(hello())),
    ("syn from outside and hello from inside", False,
     lambda: begun(client=conversation.OUTSIDE, server=conversation.INSIDE).down(hello())),
])
class Trigger(Throttling):
    """What makes a flow throttled."""


@program.table([
    ("100 bytes", True, lambda: begun().up(wire.noise(100)).up(hello())),
    ("101 bytes", False, lambda: begun().up(wire.noise(101)).up(hello())),
    ("101 bytes from the server", False, lambda: begun().down(wire.noise(101)).up(hello())),
    ("101 bytes after a hello", True,
     lambda: begun().up(hello(OTHER)).up(wire.noise(101)).up(hello())),
    ("tls record", True, lambda: begun().up(data(600)).up(hello())),
    ("http connect", True, lambda: begun(server_port=3128).up(wire.http_connect(NAME + ":443"))
     .down(b"HTTP/1.1 200 Connection established\r\n\r\n").up(hello())),
    ("socks greeting", True,
     lambda: begun(server_port=1080).up(wire.socks5_greeting()).down(b"\5\0").up(hello())),
    ("long socks greeting", True,
     lambda: begun(server_port=1080).up(wire.socks5_greeting(120)).down(b"\5\0").up(hello())),
    ("name in packet 15", True, lambda: after_packets(14)),
    ("name in packet 21", False, lambda: after_packets(20)),
    ("last packet of a budget of 3", True, lambda: after_packets(2), "--set", "budget=3"),
    ("first packet after a budget of 3", False, lambda: after_packets(3), "--set", "budget=3"),
    ("30 packets without payload", True, lambda: after_empty(30)),
])
class Budget(Throttling):
    """What comes before the hello, and how long the box keeps looking."""


@program.table([
    ("two segments", False, two_segments),
    ("padded over one segment", False, padded),
    ("another record before it", False,
     lambda: begun().up(wire.change_cipher_spec() + hello())),
    ("another record in the segment before", True,
     lambda: begun().up(wire.change_cipher_spec()).up(hello())),
    ("hello over two records", False,
     lambda: begun().up(wire.tls_record(wire.HANDSHAKE, hello()[5:60], 0x0301) +
                        wire.tls_record(wire.HANDSHAKE, hello()[60:], 0x0301))),
    ("trailing dot", False, lambda: begun().up(hello(NAME + "."))),
    ("inverted", False, lambda: inverted(begun())),
    ("fake hello first", True, lambda: begun().up(hello(OTHER)).up(hello())),
])
class Evasion(Throttling):
    """What was published to evade it, and what not."""


def kept_alive():
    """Two hours with a packet each 500 s."""
    flow = conversation.tls(NAME)
    for _ in range(15):
        flow.wait(500).acknowledge()
    return flow


@program.table([
    ("idle for 590 s", True, lambda: conversation.tls(NAME).wait(590)),
    ("idle for 660 s", False, lambda: conversation.tls(NAME).wait(660)),
    ("two hours", True, kept_alive),
    ("fin of the client", True, lambda: conversation.tls(NAME).fin(0)),
    ("fin of the server", True, lambda: conversation.tls(NAME).fin(1).acknowledge()),
    ("rst of the client", True, lambda: conversation.tls(NAME).rst(0)),
    ("rst of the server", True, lambda: conversation.tls(NAME).rst(1)),
    ("rst before the hello", True, lambda: begun().rst(0).up(hello())),
    ("fin before the hello", True, lambda: begun().fin(0).up(hello())),
])
class State(Throttling):
    """What ends it."""


def named(name):
    return lambda: begun().up(hello(name))


@program.table([("%s %s" % (date, name), expected, named(name), "--set", "date=" + date)
                for date, name, expected in (
    ("2021-03-10", "t.co", True),
    ("2021-03-10", "reddit.com", True),
    ("2021-03-10", "www.microsoft.com", True),
    ("2021-03-10", "throttletwitter.com", True),
    ("2021-03-10", "pbs.twimg.com", True),
    ("2021-03-10", OTHER, False),
    ("2021-03-11", "t.co", True),
    ("2021-03-11", "reddit.com", False),
    ("2021-03-11", "www.t.co", False),
    ("2021-03-11", "throttletwitter.com", True),
    ("2021-03-11", "pbs.twimg.com", True),
    ("2021-04-02", "t.co", True),
    ("2021-04-02", "reddit.com", False),
    ("2021-04-02", "throttletwitter.com", False),
    ("2021-04-02", "twitter.com", True),
    ("2021-04-02", "api.twitter.com", True),
    ("2021-04-02", "garbage.twimg.com", True),
    ("2021-04-02", "twimg.com", False),
)])
class Dates(Throttling):
    """Which names, when."""


class Rate(program.Case):
    """How fast a throttled flow gets."""

    SECONDS = 24

    def offered(self, flow, *sides):
        """10 Mbit/s in each direction of `sides` at once."""
        begin = flow.now
        for side in sides:
            flow.now = begin
            flow.bulk(side, int(10e6 / 8 * self.SECONDS * 1460 / 1500), 10e6)
        flow.frames.sort(key=lambda one: one.time)
        return flow

    def delivered(self, result, up, port=40000):
        """(time, payload bytes) of data segments in one direction of a flow."""
        ports = (port, 443) if up else (443, port)
        head = b"".join(number.to_bytes(2, "big") for number in ports)
        return [(one.time, one.wire - 54) for one in result.out
                if one.data[34:38] == head and one.wire > 1000]

    def goodput(self, segments):
        """Of the last 80 % of the transfer, bit/s."""
        begin = len(segments) // 5
        time = segments[-1][0] - segments[begin][0]
        return sum(size for _, size in segments[begin + 1:]) * 8 * 10 ** 9 / time

    def within(self, segments):
        self.assertGreaterEqual(self.goodput(segments), RATES[0])
        self.assertLessEqual(self.goodput(segments), RATES[1])

    def test_download_of_383_kB(self):
        flow = self.offered(conversation.tls(NAME), 1)
        result = self.replay(flow.frames, *MODEL)
        segments = self.delivered(result, up=False)
        self.within(segments)
        # 383 kB at 150 and 130 kbit/s take 20.4 and 23.6 s; 10 % are allowed.
        total = 0
        for time, size in segments:
            total += size
            if total >= 383000:
                break
        self.assertGreaterEqual(total, 383000)
        seconds = (time - segments[0][0]) / 1e9
        self.assertGreaterEqual(seconds, 20.4 * 0.9)
        self.assertLessEqual(seconds, 23.6 * 1.1)

    def test_control_is_not_slowed(self):
        flow = self.offered(conversation.tls(OTHER), 1)
        result = self.replay(flow.frames, *MODEL)
        self.assertEqual(len(result.out), len(flow.frames))
        self.assertEqual(result.flow["rule"], "")

    def test_directions_have_their_own_buckets(self):
        flow = self.offered(conversation.tls(NAME), 0, 1)
        result = self.replay(flow.frames, *MODEL)
        self.within(self.delivered(result, up=True))
        self.within(self.delivered(result, up=False))

    def test_flows_have_their_own_buckets(self):
        flows = [self.offered(conversation.tls(NAME, client_port=port), 1)
                 for port in (40000, 40001)]
        result = self.replay(conversation.merged(*flows), *MODEL)
        for port in 40000, 40001:
            self.within(self.delivered(result, up=False, port=port))

    def test_below_the_rate_nothing_is_lost(self):
        flow = conversation.tls(NAME).download(383000, 100e3)
        self.assertEqual(self.replay(flow.frames, *MODEL).flow.dropped, 0)

    def test_set_moves_the_rate(self):
        flow = self.offered(conversation.tls(NAME), 1)
        slow = self.goodput(self.delivered(self.replay(
            flow.frames, *MODEL, "--set", "rate=130kbit/s"), up=False))
        fast = self.goodput(self.delivered(self.replay(
            flow.frames, *MODEL, "--set", "rate=150kbit/s"), up=False))
        self.assertAlmostEqual(fast / slow, 150 / 130, delta=0.01)


class Row(program.Case):
    """What flows.csv says about a throttled flow."""

    def test_decision(self):
        flow = conversation.tls(NAME).download(1250000)
        row = self.replay(flow.frames, *MODEL).flow
        self.assertEqual(row["name"], NAME)
        self.assertEqual(row["initiator"], "inside")
        self.assertEqual((row["client"], row["client_port"]), (conversation.INSIDE, 40000))
        self.assertEqual((row["server"], row["server_port"]), (conversation.OUTSIDE, 443))
        self.assertEqual(row["proto"], "tcp")
        self.assertEqual(row["decided_at"], 4)  # SYN, SYN-ACK, ACK, hello
        self.assertNotEqual(row["rule"], "")
        self.assertEqual(row["first_ns"], flow.frames[0].time)
        self.assertEqual(row["last_ns"], flow.frames[-1].time)
        ups = [one for one in flow.frames if one.data[:6] == wire.MAC_SERVER]
        self.assertEqual(row["up_packets"], len(ups))
        self.assertEqual(row["up_bytes"], sum(one.wire - 14 for one in ups))
        self.assertEqual(row["down_packets"], len(flow.frames) - len(ups))
        self.assertEqual(row["up_dropped"], 0)
        self.assertEqual(row["held"], 0)
        self.assertEqual(row["delay_ns_max"], 0)

    def test_out_is_what_was_not_dropped(self):
        flow = conversation.tls(NAME).download(1250000)
        result = self.replay(flow.frames, *MODEL)
        counters = result.counters
        self.assertEqual(counters["received"], len(flow.frames))
        self.assertEqual(counters["forwarded"], len(result.out))
        self.assertEqual(sum(counters["dropped"].values()), result.flow.dropped)
        self.assertEqual(counters["dropped"].get("police"), result.flow.dropped)


if __name__ == "__main__":
    unittest.main()
