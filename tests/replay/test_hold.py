# SPDX-License-Identifier: BSD-3-Clause
"""Packets that leave later: shape, delay and loss, as a user of replay sees them.

Expected times come from queues played here with exact fractions.
"""
import fractions
import math
import unittest

import capture
import conversation
import program
import wire
from test_bucket import counted, number_of, offer
from test_determinism import read_all, traffic

MS = 10 ** 6
NANOBIT = 8 * 10 ** 9

RULES = """sluice: 1
id: hold
rules:
  - id: all
    when: {proto: [tcp, udp]}
    then:
%s
"""


def shaped(frames, rate, burst, layer, queue_bytes, queue_ns):
    """(number, time at which it leaves) of what a token bucket with a queue lets go: first in,
    first out, the head when there are tokens for it; bytes are looked at before time."""
    depth, clock, left = fractions.Fraction(burst * NANOBIT), fractions.Fraction(0), []
    tokens = depth
    for one in frames:
        need, now = counted(one, layer) * NANOBIT, fractions.Fraction(one.time)
        at = max(now, clock)
        full = min(depth, tokens + (at - clock) * rate)
        leaves = at + max(fractions.Fraction(0), need - full) / rate
        # What is beyond the bucket: earned at `rate` from now until the packet leaves.
        if (leaves - now) * rate > queue_bytes * NANOBIT or leaves - now > queue_ns:
            continue
        tokens, clock = full + (leaves - at) * rate - need, leaves
        left.append((number_of(one), math.ceil(leaves)))
    return left


class Hold(program.Case):
    def through(self, frames, step, *arguments):
        rules = self.write("hold.yaml", RULES % ("      - " + step))
        return self.replay(frames, "--rules", rules, *arguments)

    def same(self, out, expected):
        """Says the first that differs: thousands are not compared line by line."""
        for one, other in zip(out, expected):
            self.assertEqual((number_of(one), one.time), other)
        self.assertEqual(len(out), len(expected))

    def closes(self, result, packets):
        counters = result.counters
        self.assertEqual(counters["received"], packets)
        self.assertEqual(counters["held"], 0)
        self.assertEqual(counters["forwarded"] + sum(counters["dropped"].values()), packets)
        self.assertEqual(len(result.out), counters["forwarded"])


@program.table([
    ("1500 kbit of l3", 1500000, 1500, "l3", "100kB", 100000, 3600 * 10 ** 9),
    ("by time", 1500000, 17500, "l2", "200ms", 10 ** 9, 200 * MS),
    ("both", 777777, 17500, "payload", "[30kB, 150ms]", 30000, 150 * MS),
    ("8 kbit", 8000, 3000, "l3", "6kB", 6000, 3600 * 10 ** 9),
])
class Shape(Hold):
    """5 Mbit/s for 10 s: each packet leaves to the nanosecond when the queue says."""

    def check(self, rate, burst, layer, queue, queue_bytes, queue_ns):
        frames = offer(conversation.START, 10, 5e6)
        result = self.through(frames, "shape: {rate: %dbit/s, burst: %dB, count: %s, queue: %s}"
                              % (rate, burst, layer, queue))
        expected = shaped(frames, rate, burst, layer, queue_bytes, queue_ns)
        self.same(result.out, expected)
        self.assertGreater(len(expected), 5)
        self.closes(result, len(frames))
        came = {number_of(one): one.time for one in frames}
        waits = [time - came[number] for number, time in expected]
        self.assertLessEqual(max(waits), queue_ns)
        self.assertEqual(result.flow["delay_ns_max"], max(waits))
        self.assertEqual(result.flow["held"], sum(wait > 0 for wait in waits))


class Series(Hold):
    def test_delivered_when_it_leaves(self):
        """1 Mbit/s of 1250-byte packets: 100 a second; 500 come within the first second and leave
        in five. Bins that end at whole times hold what left before them."""
        frames = offer(conversation.START, 1, 5e6, 1250)
        result = self.through(frames, "shape: {rate: 1Mbit/s, burst: 1500B, count: l3, "
                              "queue: 1MB}")
        delivered, offered = {}, {}
        for row in result.rows("series.csv"):
            bin_ns = int(row["time_ns"])
            delivered[bin_ns] = delivered.get(bin_ns, 0) + int(row["delivered_bytes"])
            offered[bin_ns] = offered.get(bin_ns, 0) + int(row["offered_bytes"])
        self.assertEqual(sum(offered.values()), 500 * 1250)
        self.assertEqual(sum(delivered.values()), 500 * 1250)
        left = {}
        for one in result.out:
            left[one.time // (100 * MS)] = left.get(one.time // (100 * MS), 0) + 1250
        step = min(b - a for a, b in zip(sorted(delivered), sorted(delivered)[1:]))
        again = {}
        for one in result.out:
            at = one.time // step * step
            again[at] = again.get(at, 0) + 1250
        self.assertEqual({at: count for at, count in delivered.items() if count}, again)
        self.assertGreater(result.out[-1].time - frames[0].time, 4.9e9)


class Delay(Hold):
    def test_constant(self):
        frames = offer(conversation.START, 2, 1e6)
        result = self.through(frames, "delay: {time: 250ms}")
        self.same(result.out, [(number_of(one), one.time + 250 * MS) for one in frames])
        self.closes(result, len(frames))

    def test_two_flows_cross(self):
        """Only one is delayed: the capture that comes out is in order of time all the same."""
        frames = conversation.merged(
            conversation.Udp(client_port=1).up(b"a" * 8).up(b"b" * 8).up(b"c" * 8),
            conversation.Udp(client_port=2, server_port=53, start=conversation.START + 1)
            .up(b"d" * 8).up(b"e" * 8).up(b"f" * 8))
        rules = self.write("one.yaml", "sluice: 1\nid: one\nrules:\n  - id: one\n    when: "
                           "{server_port: 5000}\n    then: [delay: {time: 1500us}]\n")
        result = self.replay(frames, "--rules", rules)
        times = [one.time for one in result.out]
        self.assertEqual(times, sorted(times))
        self.assertEqual(b"".join(one.data[42:43] for one in result.out), b"deafbc")

    def test_order_in_a_flow(self):
        frames = offer(conversation.START, 2, 5e6)
        kept = self.through(frames, "delay: {distribution: normal, mean: 50ms, deviation: 20ms}")
        self.assertEqual([number_of(one) for one in kept.out], list(range(len(frames))))
        other = self.through(frames, "delay: {distribution: normal, mean: 50ms, "
                             "deviation: 20ms, reorder: true}")
        self.assertNotEqual([number_of(one) for one in other.out], list(range(len(frames))))
        self.assertEqual(sorted(number_of(one) for one in other.out), list(range(len(frames))))
        times = [one.time for one in other.out]
        self.assertEqual(times, sorted(times))

    def test_comments_say_how_long(self):
        frames = offer(conversation.START, 1, 1e5)
        result = self.through(frames, "delay: {time: 3ms}")
        for one in result.verdicts:
            self.assertIn("verdict=hold", one.comment)
            self.assertIn("held_ns=3000000 leaves_ns=%d" % (one.time + 3 * MS), one.comment)

    def test_before_shape(self):
        """A packet comes to the second step when the first lets it go."""
        frames = offer(conversation.START, 2, 5e6)
        both = self.through(frames, "delay: {time: 100ms}\n      - shape: {rate: 1Mbit/s, "
                            "burst: 1500B, count: l3, queue: 20kB}")
        later = [capture.frame(one.time + 100 * MS, one.data, one.wire) for one in frames]
        self.same(both.out, shaped(later, 10 ** 6, 1500, "l3", 20000, 3600 * 10 ** 9))


class Loss(Hold):
    def test_acknowledgements_only(self):
        flow = conversation.tls("www.example.org").download(300000)
        for _ in range(200):
            flow.acknowledge()
        flow.fin(0)
        pure = sum(one.data[47] == wire.ACK and one.wire == 54 for one in flow.frames)
        self.assertGreater(pure, 200)
        result = self.through(flow.frames, "loss: {probability: 1, only: acks}")
        left = [one.data[47] for one in result.out]
        self.assertEqual(len(flow.frames) - len(left), pure)
        self.assertTrue(any(flags & wire.FIN for flags in left))
        self.assertEqual(result.counters["dropped"]["loss"], pure)

    def test_share(self):
        """5000 packets, a fifth: within four deviations of 28."""
        frames = offer(conversation.START, 10, 2e6, 500)
        lost = len(frames) - len(self.through(frames, "loss: {probability: 20%}").out)
        self.assertLessEqual(abs(lost - 0.2 * len(frames)), 4 * math.sqrt(0.16 * len(frames)))


class Limit(Hold):
    def test_too_many(self):
        """One flow has one shard's part of the limit: 80 of 640."""
        frames = offer(conversation.START, 10, 1e6)
        result = self.through(frames, "delay: {time: 1h}", "--hold", 640)
        self.assertEqual(len(result.out), 80)
        self.assertEqual(result.counters["dropped"]["hold-full"],
                         len(frames) - 80)
        self.assertIn("--hold", result.done.stderr)
        self.closes(result, len(frames))

    def test_room_again(self):
        """Ten packets a second, each held for 4 s: 40 at once, or 41, as what leaves makes room only
        at the end of the wheel's tick."""
        frames = offer(conversation.START, 20, 1.2e5)
        result = self.through(frames, "delay: {time: 4s}", "--hold", 328)
        self.assertEqual(len(result.out), len(frames))
        result = self.through(frames, "delay: {time: 4s}", "--hold", 312)
        self.assertLess(len(result.out), len(frames))


HELD = """sluice: 1
id: held
rules:
  - id: names
    when: {tls.sni: ["*.twimg.com"]}
    then:
      - shape: {rate: 1Mbit/s, burst: 3000B, count: l3, queue: 50kB}
  - id: hosts
    when: {proto: tcp, server_port: 80}
    then:
      - loss: {p: 0.02, r: 0.3}
      - shape: {rate: 2Mbit/s, burst: 3000B, count: l2, queue: 100ms%s}
  - id: rest
    when: {proto: udp}
    then:
      - delay: {distribution: pareto, min: 5ms, alpha: 2.5, max: 2s, reorder: true}
"""


class Workers(Hold):
    def test_same_on_any_number(self):
        for per in "", ", per: inside-host", ", per: rule":
            rules = self.write("held.yaml", HELD % per)
            results = [read_all(self.replay(traffic(), "--rules", rules, "--workers", workers,
                                            "--hold", hold))
                       for hold in (262144, 400) for workers in (1, 2, 4)]
            for first, others in (results[0], results[1:3]), (results[3], results[4:]):
                for other in others:
                    self.assertEqual(first, other)


if __name__ == "__main__":
    unittest.main()
