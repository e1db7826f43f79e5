# SPDX-License-Identifier: BSD-3-Clause
"""Steps that hold or lose packets, written wrongly: where, what is wrong, and what is allowed."""
import unittest

import program
import test_bad_input
from test_bad_input import one_rule


def shape(words):
    return one_rule(then="shape: {rate: 1Mbit/s, burst: 20000B, count: l3, %s}" % words)


@program.table([
    ("queue smaller than a packet", shape("queue: 1kB"), 6, ["queue", "1500B"]),
    ("queue of neither unit", shape("queue: 5apples"), 6, ["5apples", "100kB", "200ms"]),
    ("queue with two times", shape("queue: [1ms, 2ms]"), 6, ["queue"]),
    ("queue of an hour and more", shape("queue: 2h"), 6, ["queue", "1h"]),
    ("unknown word of shape", shape("qeue: 10kB"), 6, ["qeue", "queue"]),
    ("delay of nothing", one_rule(then="delay: {}"), 6, ["time"]),
    ("delay of hours", one_rule(then="delay: {time: 2h}"), 6, ["time", "1h"]),
    ("unknown distribution", one_rule(then="delay: {distribution: gauss, mean: 1ms}"), 6,
     ["gauss", "normal", "pareto"]),
    ("word of another distribution", one_rule(then="delay: {time: 1ms, alpha: 2}"), 6, ["alpha"]),
    ("loss of nothing", one_rule(then="loss: {}"), 6, ["probability"]),
    ("half a Gilbert-Elliott", one_rule(then="loss: {p: 0.1}"), 6, ["r of loss"]),
    ("chance of more than 1", one_rule(then="loss: {probability: 1.5}"), 6, ["1.5"]),
    ("unknown packets to lose", one_rule(then="loss: {probability: 1, only: ack}"), 6,
     ["ack", "acks"]),
])
class Steps(test_bad_input.Refused):
    def check(self, document, line, says):
        self.write("rules.yaml", document)
        found = self.refused("model", "check", "rules.yaml", says=says)
        self.assertRegex(found, r"^sluice: rules\.yaml:%d:\d+: " % line)


if __name__ == "__main__":
    unittest.main()
