# SPDX-License-Identifier: BSD-3-Clause
"""The same bytes, the same time and the same seed give the same result, to the byte, on any
number of workers."""
import unittest

import conversation
import program
import wire

FILES = "flows.csv", "counters.json", "series.csv", "out.pcapng", "verdicts.pcapng"

# Throttles whose state is shared over flows and throttles that draw.
RULES = """sluice: 1
id: everything
rules:
  - id: names
    when: {tls.sni: ["*.twimg.com"]}
    then:
      - police: {rate: 140kbit/s, burst: 17500B, count: l3, per: [flow, direction]}
  - id: chance
    when: {proto: udp, server_port: 5000}
    then:
      - drop: {probability: 0.3}
  - id: hosts
    when: {proto: tcp, server_port: 80}
    then:
      - police: {rate: 1Mbit/s, burst: 30000B, count: l2, per: [inside-host, direction]}
  - id: rest
    when: {proto: udp}
    then:
      - police: {rate: 500kbit/s, burst: 10000B, count: payload, per: rule}
"""


def traffic():
    """Forty conversations of every kind in these rules, interleaved."""
    flows = []
    for i in range(10):
        ends = {"client": "10.0.0.%d" % (2 + i % 3), "client_port": 40000 + i,
                "start": conversation.START + i * 1234567}
        flows.append(conversation.tls("abs.twimg.com", **ends).download(150000))
        flows.append(conversation.Tcp(server_port=80, **ends).handshake()
                     .up(wire.http_get("www.example.org")).download(150000))
        for port in 5000, 6000:
            flow = conversation.Udp(server_port=port, gap=700000, **ends)
            for number in range(150):
                flow.send(number % 3 == 1, wire.noise(300 + number, number))
            flows.append(flow)
    return conversation.merged(*flows)


def read_all(result):
    return {name: result.bytes(name) for name in FILES}


class Determinism(program.Case):
    def same(self, results):
        first, *others = [read_all(result) for result in results]
        for other in others:
            for name in FILES:
                self.assertTrue(first[name] == other[name], name + " differs")

    def setUp(self):
        super().setUp()
        self.rules = self.write("rules.yaml", RULES)

    def test_two_runs(self):
        frames = traffic()
        self.same([self.replay(frames, "--rules", self.rules) for _ in range(2)])

    def test_workers(self):
        frames = traffic()
        self.same([self.replay(frames, "--rules", self.rules, "--workers", count)
                   for count in (1, 2, 4)])

    def test_workers_with_a_model(self):
        frames = traffic()
        self.same([self.replay(frames, "--model", "ru-twitter-2021", "--workers", count)
                   for count in (1, 2, 4)])

    def test_seed_changes_what_is_random_and_nothing_else(self):
        frames = traffic()
        one, other = (self.replay(frames, "--rules", self.rules, "--seed", seed)
                      for seed in (1, 2))
        self.assertNotEqual(one.bytes("verdicts.pcapng"), other.bytes("verdicts.pcapng"))
        fixed = [[row for row in result.flows if row["rule"] != "chance"]
                 for result in (one, other)]
        self.assertEqual(*fixed)
        for key in "names", "hosts", "rest":
            self.assertEqual(one.counters["rules"][key], other.counters["rules"][key])
        drops = [result.counters["rules"]["chance"]["dropped"] for result in (one, other)]
        self.assertTrue(all(sum(drop.values()) for drop in drops))

    def test_seed_changes_nothing_where_nothing_is_random(self):
        frames = traffic()
        self.same([self.replay(frames, "--model", "ru-twitter-2021", "--seed", seed)
                   for seed in (1, 2)])

    def test_default_seed_is_the_one_in_the_manifest(self):
        frames = traffic()
        first = self.replay(frames, "--rules", self.rules)
        again = self.replay(frames, "--rules", self.rules, "--seed", first.manifest["seed"])
        self.same([first, again])

    def test_workers_when_the_flow_table_is_too_small(self):
        # Each flow comes back after all others were seen: most were forgotten by then.
        frames = []
        for turn in range(3):
            for i in range(9000):
                flow = conversation.Udp("10.0.%d.%d" % (i // 200, i % 200 + 1), server_port=6000,
                                        start=conversation.START + (turn * 9000 + i) * 10000)
                frames += flow.up(b"x" * 500).frames
        results = [self.replay(frames, "--rules", self.rules, "--flows", 4096, "--workers", count)
                   for count in (1, 2, 4)]
        self.same(results)
        self.assertGreater(len(results[0].flows), 9000)
        self.assertEqual(sum(row.packets for row in results[0].flows), len(frames))

    def test_real_captures(self):
        paths = program.shared("apps")
        chosen = [path for path in paths if 100000 < path.stat().st_size]
        for path in chosen[::4]:
            with self.subTest(path.name):
                self.same([self.replay(path, "--rules", self.rules, "--workers", count)
                           for count in (1, 2, 4)])


if __name__ == "__main__":
    unittest.main()
