# SPDX-License-Identifier: BSD-3-Clause
"""sluice measure compare: Wehe's test on captures whose buckets are known, so that areas, distances
and chances come from arithmetic; ours on paths that are the same and paths that are not."""
import json
import math
import random
import unittest

import capture
import conversation
import program
import wire

BUCKET_NS = 100 * conversation.MS
BYTES = 1000  # of payload in a datagram: 80 kbit/s for each in a bucket


def of_buckets(counts):
    """So many datagrams from the server in each bucket; the first begins and the last ends them."""
    frames = []
    for bucket, count in enumerate(counts):
        for i in range(count):
            at = (bucket + (i + 0.5) / count) * BUCKET_NS
            frames.append(int(at))
    frames[0], frames[-1] = 0, len(counts) * BUCKET_NS
    packet = wire.ethernet(wire.udp("198.51.100.7", "10.0.0.2", (443, 40000), bytes(BYTES)),
                           up=False)
    first = wire.ethernet(wire.udp("10.0.0.2", "198.51.100.7", (40000, 443), b"?"))
    return ([capture.frame(conversation.START - 1000, first)] +
            [capture.frame(conversation.START + at, packet) for at in frames])


class Case(program.Case):
    def compare(self, control, other, *arguments):
        """(verdict and numbers, exit code)."""
        paths = [capture.write(self.folder / name, frames)
                 for name, frames in (("a.pcap", control), ("b.pcap", other))]
        done = program.run("measure", "compare", "--json", *paths, *arguments)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout), done.returncode


@program.table([
    # (2000 - 720) / 2000 kbit/s is more than 0.5, and the distributions have nothing in common.
    ("different", [25] * 100, [9] * 100, 0.64, 1, 2 / math.comb(200, 100), "different"),
    # As sure, but 0.4 is less than Wehe asks for.
    ("too_little", [25] * 100, [15] * 100, 0.4, 1, 2 / math.comb(200, 100), "same"),
    # Above 10 Mbit/s 0.3 is enough: 12 and 7.2 Mbit/s.
    ("fast", [150] * 100, [90] * 100, 0.4, 1, 2 / math.comb(200, 100), "different"),
    ("equal", [25] * 100, [25] * 100, 0, 0, 1, "same"),
    # Empty buckets do not count: three are left of each, and of the 20 ways to deal six values out
    # two are as far apart as these. The mean is of what is left: 2400 against 800 kbit/s.
    ("few", [30] + [0] * 49 + [30] + [0] * 48 + [30], [10] + [0] * 49 + [10] + [0] * 48 + [10],
     2 / 3, 1, 2 / math.comb(6, 3), "inconclusive"),
])
class Wehe(Case):
    def check(self, control, other, area, distance, p, verdict):
        said, code = self.compare(of_buckets(control), of_buckets(other), "--method", "wehe")
        self.assertAlmostEqual(said["area"], area, places=4)
        self.assertAlmostEqual(said["ks"], distance, places=4)
        self.assertAlmostEqual(said["p"], p, places=9)
        self.assertEqual((said["verdict"], code), (verdict, int(verdict == "different")))


class Thresholds(Case):
    def test_of_the_analysis_on_the_server(self):
        """Area 0.1 and p 0.05, as Wehe's own programs have it besides."""
        said, code = self.compare(of_buckets([25] * 100), of_buckets([20] * 100), "--method", "wehe",
                                  "--area", "0.1", "--area-fast", "0.1", "--p", "0.05")
        self.assertEqual((said["verdict"], code), ("different", 1))

    def test_half_of_the_buckets_differ(self):
        """The distribution functions are 0.5 apart between the two values."""
        said, _ = self.compare(of_buckets([25] * 100), of_buckets([25] * 50 + [5] * 50),
                               "--method", "wehe")
        self.assertAlmostEqual(said["ks"], 0.5, places=4)
        self.assertAlmostEqual(said["area"], 0.4, places=4)


def path(seed, share=1.0):
    """Half a minute of 1 Mbit/s whose rate wanders: each tenth of a second is like the one before."""
    draw, wander, counts = random.Random(seed), 0, []
    for _ in range(300):
        wander = 0.7 * wander + draw.gauss(0, 1.5)
        counts.append(max(1, round((12.5 + wander) * share + draw.uniform(-0.5, 0.5))))
    return of_buckets(counts)


class Own(Case):
    PAIRS = 20

    def verdicts(self, share):
        return [self.compare(path(2 * n), path(2 * n + 1, share))[0]["verdict"]
                for n in range(self.PAIRS)]

    def test_the_same_path_twice(self):
        """At 5 % more than four of twenty have a chance of 0.3 %."""
        self.assertLessEqual(self.verdicts(1).count("different"), 4)

    def test_a_fifth_less(self):
        self.assertGreaterEqual(self.verdicts(0.8).count("different"), 19)

    def test_the_interval_holds_the_difference(self):
        """20 % less; 95 % of the intervals hold it, so that 15 of 20 are left by a chance of 0.3 %."""
        held = 0
        for n in range(self.PAIRS):
            low, high = self.compare(path(2 * n), path(2 * n + 1, 0.8))[0]["effect_ci"]
            held += low <= -0.2 <= high
        self.assertGreaterEqual(held, 15)

    def test_same_seed_same_answer(self):
        one, other = path(1), path(2, 0.9)
        self.assertEqual(self.compare(one, other), self.compare(one, other))

    def test_nothing_got_through(self):
        said, code = self.compare(path(1), path(2)[:1], "--direction", "down")
        self.assertEqual((said["verdict"], said["reason"], code),
                         ("different", "one-got-nothing-through", 1))

    def test_too_little(self):
        self.assertEqual(self.compare(path(1)[:4], path(2)[:4])[0]["verdict"], "inconclusive")


class Wrong(Case):
    def refused(self, *arguments, says):
        done = program.run("measure", "compare", *arguments)
        self.assertEqual(done.returncode, 2)
        self.assertIn(says, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_one_capture(self):
        self.refused("a.pcap", says="give two captures")

    def test_method(self):
        self.refused("a.pcap", "b.pcap", "--method", "t", says="own and wehe are known")

    def test_no_file(self):
        self.refused("/nowhere/a.pcap", "/nowhere/b.pcap", says="/nowhere/a.pcap")


if __name__ == "__main__":
    unittest.main()
