# SPDX-License-Identifier: BSD-3-Clause
"""Residual penalties: what a box does to later flows because of an earlier one, by what was
published of boxes in Russia (IMC 2022), China (USENIX Security 2023 and 2025) and Turkey
(https://github.com/net4people/bbs/issues/155)."""
import unittest

import conversation
import program
import wire

RULES = """sluice: 1
rules:
  - id: bad
    when: {initiator: inside, %s}
    state: {%s}
    then: [%s]
"""
SNI = "tls.sni: [bad.example]"
SECOND = conversation.SECOND


def connection(name, at, port=40000, **ends):
    """A handshake, a hello and an answer, `at` seconds into the test."""
    return conversation.tls(name, start=conversation.START + int(at * SECOND), client_port=port,
                            **ends)


class Penalties(program.Case):
    def run_rule(self, state, then, *conversations, when=SNI, more=()):
        rules = self.write("rules.yaml", RULES % (when, state, then))
        return self.replay(conversation.merged(*conversations), "--rules", rules, *more)

    def delivered(self, result):
        """Packets that came out of each flow, by the client's port, rows added."""
        ports = {}
        for row in result.flows:
            port = row["client_port"]
            ports[port] = ports.get(port, 0) + row.packets - row.dropped
        return ports

    def test_sni_2(self):
        # 5 to 8 packets after the hello, then nothing; 420 s on the same ports.
        first = connection("bad.example", 0).download(30000)
        acted, free = connection("good.example", 415), connection("good.example", 430)
        hello = 4  # the packet that triggers
        result = self.run_rule("residual: 420s", "drop: {after: 6 packets}", first, acted, free)
        times = [one.time - conversation.START for one in result.out]
        self.assertEqual(sum(time < 400 * SECOND for time in times), hello + 5)
        self.assertEqual(sum(400 * SECOND <= time < 420 * SECOND for time in times), 0)
        self.assertEqual(sum(time >= 430 * SECOND for time in times), len(free.frames))

    def test_3_tuple_one_direction(self):
        # What the client sends to the server's port, from whatever port, for 180 s; what the
        # server sends is untouched.
        flows = [connection("bad.example", 0)]
        flows += [connection("good.example", at, 40000 + at) for at in (1, 179)]
        flows += [connection("good.example", 181, 40181),
                  connection("good.example", 2, 50002, client="10.0.0.3"),
                  connection("good.example", 3, 50003, server_port=8443),
                  connection("good.example", 4, 50004, server="203.0.113.9")]
        up = sum(one.data[:6] == wire.MAC_SERVER for one in flows[1].frames)
        every = len(flows[1].frames)
        result = self.run_rule("residual: 180s, key: 3-tuple", "drop: {direction: up}", *flows)
        delivered = self.delivered(result)
        for port in 40001, 40179:
            self.assertEqual(delivered[port], every - up)
        for port in 40181, 50002, 50003, 50004:
            self.assertEqual(delivered[port], every)

    def test_sticky_address(self):
        # After one slowed name, that client's connections to that address are slowed without a
        # name too; other clients and UDP are not.
        flows = [connection(None, 0, 40000).download(50000),
                 connection("bad.example", 10, 40001).download(50000),
                 connection(None, 20, 40002).download(50000),
                 connection(None, 20, 50000, client="10.0.0.3").download(50000)]
        quic = conversation.Udp(server_port=443, client_port=50001,
                                start=conversation.START + 20 * SECOND)
        for number in range(40):
            quic.send(number % 2, wire.noise(1200, number))
        result = self.run_rule(
            "residual: 10min, key: client+server, refresh: yes",
            "police: {rate: 20kbit/s, burst: 3kB, count: l3, per: [flow, direction]}",
            *flows, quic)
        dropped = {row["client_port"]: row.dropped for row in result.flows}
        for port in 40000, 50000, 50001:
            self.assertEqual(dropped[port], 0)
        for port in 40001, 40002:
            self.assertGreater(dropped[port], 20)

    def test_late_verdicts(self):
        # A box beside the path: packets within 80 to 190 ms of the trigger still pass.
        flow = connection("bad.example", 0)
        hello = flow.frames[3].time
        while flow.now < hello + SECOND // 2:
            flow.acknowledge(0)
        result = self.run_rule("residual: 180s", "drop: {begins: [80ms, 190ms]}", flow)
        last = result.out[-1].time
        self.assertTrue(80 * conversation.MS - flow.gap <= last - hello < 190 * conversation.MS,
                        last - hello)

    def test_knee(self):
        # The first 6 MB are free, then 1.5 Mbit/s: 6 MB and what the rate gives in the rest.
        flow = connection("bad.example", 0).download(12000000, 40e6)
        result = self.run_rule("idle: 600s", "police: {rate: 1.5Mbit/s, burst: 30kB, count: l3, "
                               "per: direction, begins: 6MB}", flow)
        trigger = flow.frames[3].time
        sizes = [(one.time - trigger, one.wire - 14) for one in flow.frames if one.time > trigger]
        total = knee = 0
        for time, size in sizes:
            if total >= 6000000:
                knee = time
                break
            total += size
        out = [(one.time - trigger, one.wire - 14) for one in result.out if one.time > trigger]
        self.assertEqual(sum(size for time, size in out if time < knee), total)
        rest = sum(size for time, size in out if time >= knee)
        expected = 30000 + 1.5e6 / 8 * (sizes[-1][0] - knee) / SECOND
        self.assertLess(abs(rest - expected), 2 * 1500)

    def test_conntrack_times_out(self):
        # A SYN is forgotten after 60 s: the answer to it begins another flow, from outside, and
        # that one never triggers.
        for silence, dropped in ((59, True), (61, False)):
            flow = conversation.Tcp().send(0, wire.SYN).wait(silence)
            flow.send(1, wire.SYN | wire.ACK).acknowledge(0)
            flow.up(wire.client_hello("bad.example"))
            result = self.run_rule("timeouts: {syn_sent: 60s, established: 480s}", "drop", flow)
            self.assertEqual(len(result.out), len(flow.frames) - dropped)

    def test_reasons_and_counters(self):
        result = self.run_rule("residual: 60s, key: client", "drop",
                               connection("bad.example", 0),
                               connection("good.example", 1, 40001),
                               connection("good.example", 61, 40002))
        self.assertEqual([row["reason"] for row in result.flows][:2], ["tls.sni", "residual"])
        self.assertEqual([row["rule"] for row in result.flows], ["bad", "bad", ""])
        self.assertEqual(result.counters["penalties"], {"begun": 1, "caught": 1, "evicted": 0})

    def test_workers(self):
        flows = []
        for i in range(60):
            name = "bad.example" if i % 7 == 0 else "good.example"
            flows.append(connection(name, i, 40000 + i % 4, client="10.0.0.%d" % (2 + i % 5)))
        for state in ("residual: 30s", "residual: 20s, key: client+server",
                      "residual: 20s, key: server, refresh: yes"):
            results = [self.run_rule(state, "drop: {probability: 0.9}", *flows,
                                     more=("--workers", count)) for count in (1, 2, 4)]
            # 9 flows trigger, with 4 packets each from the hello on
            self.assertGreater(sum(row.dropped for row in results[0].flows), 9 * 4)
            for name in "flows.csv", "out.pcapng", "counters.json":
                self.assertEqual(len({result.bytes(name) for result in results}), 1, name)


if __name__ == "__main__":
    unittest.main()
