# SPDX-License-Identifier: BSD-3-Clause
"""Boxes that act at some hours, by chance, or otherwise from some day on."""
import math
import unittest

import conversation
import program

MIDNIGHT = conversation.START  # 2021-03-20 00:00:00 UTC
HOUR = 3600 * conversation.SECOND


def rules(when="", then="[drop]"):
    return "sluice: 1\nrules:\n- id: a\n  when: {%s}\n  then: %s\n" % (when, then)


class Schedule(program.Case):
    def run_rules(self, text, frames, *arguments):
        return self.replay(frames, "--rules", self.write("rules.yaml", text), *arguments)

    def test_a_flow_belongs_to_the_hour_in_which_it_begins(self):
        # Begun at 05:59:59: dropped beyond six o'clock too. Begun at six: never.
        for start, dropped in ((6 * HOUR - conversation.SECOND, True), (6 * HOUR, False),
                               (HOUR, True), (23 * HOUR, False)):
            flow = conversation.Udp(start=MIDNIGHT + start)
            flow.up(b"x" * 100).wait(10).up(b"x" * 100)
            result = self.run_rules(rules("between: 00:00-06:00 utc"), flow.frames)
            self.assertEqual(len(result.out), 0 if dropped else 2, start)

    def test_a_step_rests_outside_its_hours(self):
        text = "sluice: 1\nrules:\n- id: a\n  then:\n  - drop: {}\n    between: 03:00-06:00 +08:00\n"
        flow = conversation.Udp(start=MIDNIGHT + 18 * HOUR, gap=5 * 60 * conversation.SECOND)
        while flow.now < MIDNIGHT + 24 * HOUR:
            flow.up(b"x")
        out = self.run_rules(text, flow.frames).out
        # 03:00 in China is 19:00 UTC; 6 hours less 3, 12 packets an hour.
        self.assertEqual(len(out), 36)
        for one in out:
            self.assertFalse(19 * HOUR <= one.time - MIDNIGHT < 22 * HOUR)

    def test_another_rate_from_a_day_on(self):
        text = ("sluice: 1\nrules:\n- id: a\n  then:\n"
                "  - police: {rate: 1Mbit/s, burst: 3kB, count: l3, per: [flow, direction]}\n"
                "    from: {2021-03-20T00:00: {rate: 500kbit/s}, 2021-03-21: {rate: 250kbit/s}}\n")
        for start, rate in (-20, 1e6), (1, 500e3), (24 * 3600, 250e3):
            flow = conversation.Udp(start=MIDNIGHT + start * conversation.SECOND)
            for _ in range(2500):
                flow.down(b"x" * 972)  # 1,000 bytes of L3, 8 Mbit/s
            out = self.run_rules(text, flow.frames).out
            self.assertLess(abs(len(out) * 8000 - 2.5 * rate - 24000), 16000)

    def flows(self, count, start=MIDNIGHT):
        frames = []
        for i in range(count):
            flow = conversation.Udp("10.0.%d.%d" % (i // 200, i % 200 + 1), client_port=1024 + i,
                                    start=start + i * 100000)
            frames += flow.up(b"x" * 20).down(b"x" * 20).frames
        return sorted(frames, key=lambda one: one.time)

    def taken(self, text, frames, *arguments):
        return {row["client"] for row in self.run_rules(text, frames, *arguments).flows
                if row["rule"] == "a"}

    def test_chance_is_drawn_for_a_flow(self):
        count, share = 2000, 0.263
        frames = self.flows(count)
        text = rules("chance: 26.3%")
        found = self.taken(text, frames, "--seed", 1, "--workers", 1)
        self.assertLess(abs(len(found) - count * share),
                        3 * math.sqrt(count * share * (1 - share)))
        self.assertEqual(found, self.taken(text, frames, "--seed", 1, "--workers", 2))
        # Two independent draws agree on both or neither.
        other = self.taken(text, frames, "--seed", 2)
        differ = 2 * share * (1 - share)
        self.assertLess(abs(len(found ^ other) - count * differ),
                        3 * math.sqrt(count * differ * (1 - differ)))

    def test_chance_by_the_time_of_day(self):
        # At least a half by night, a tenth by day.
        text = ("sluice: 1\nrules:\n- id: a\n  when:\n    any:\n"
                "    - {chance: 0.5, between: 03:00-06:00 +08:00}\n"
                "    - {chance: 0.1, not: {between: 03:00-06:00 +08:00}}\n  then: [drop]\n")
        for hour, share in (20, 0.5), (8, 0.1):
            found = self.taken(text, self.flows(2000, MIDNIGHT + hour * HOUR))
            self.assertLess(abs(len(found) - 2000 * share),
                            3 * math.sqrt(2000 * share * (1 - share)))

    def test_explained(self):
        text = ("sluice: 1\nrules:\n- id: a\n  when: {chance: 0.2, between: 00:00-06:00 utc}\n"
                "  then:\n  - drop: {direction: up}\n    between: 01:00-02:00 utc\n"
                "    from: {2021-03-21: {probability: 0.5}}\n    ramp: linear\n")
        said = program.run("model", "explain", self.write("rules.yaml", text)).stdout
        for words in ("chance takes it, with 0.2", "it began between 00:00-06:00 utc",
                      "direction up; only between 01:00-02:00 utc; from 2021-03-21 on "
                      "probability 0.5", "evenly"):
            self.assertIn(words, said)


if __name__ == "__main__":
    unittest.main()
