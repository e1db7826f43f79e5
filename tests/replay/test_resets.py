# SPDX-License-Identifier: BSD-3-Clause
"""Resets that a box makes, beside packets (rst) and in the place of packets (rewrite): every byte of
them, from RFC 9293 section 3.10.7 and, where several follow each other, from what was published of
boxes that do so (three with growing TTL and window; numbers 1460 and 4380 on: Clayton et al. 2006,
Weaver et al. 2009).
"""
import unittest

import capture
import conversation
import program
import wire

RST_ACK = wire.RST | wire.ACK
HELLO = wire.client_hello("blocked.example.org")


def rules(then, when="tls.sni: [blocked.example.org]", more=""):
    return ("sluice: 1\nrules:\n  - id: reset\n    when: {%s}\n    inspect: {directions: up}\n%s"
            "    then: [%s]\n" % (when, more, then))


def by_port(then):
    return "sluice: 1\nrules:\n  - {id: reset, when: {server_port: 443}, then: [%s]}\n" % then


def padded(packet, up):
    """An Ethernet frame of 60 bytes at least, without FCS (IEEE 802.3)."""
    return wire.ethernet(packet, up=up).ljust(60, b"\0")


class Resets(program.Case):
    def run_rules(self, document, frames, *arguments, link=wire.ETHERNET):
        path = self.folder / "rules.yaml"
        path.write_text(document, encoding="utf-8")
        return self.replay(frames, "--rules", path, *arguments, link=link)

    def made(self, result):
        return [one for one in result.out if one.comment.startswith("made=rst")]

    def reset(self, to_client, seq, ack, ends=None, ports=(40000, 443), flags=RST_ACK, **fields):
        client, server = ends or (conversation.INSIDE, conversation.OUTSIDE)
        fields = {"window": 0, **fields}
        if to_client:
            return wire.tcp(server, client, ports[::-1], flags, seq, ack, **fields)
        return wire.tcp(client, server, ports, flags, seq, ack, **fields)

    def test_both_ends_get_three_with_steps(self):
        flow = conversation.Tcp().handshake().up(HELLO)
        document = rules("rst: {count: 3, answers: 1 packets, ttl: 60, ttl_step: 2, window: 1000, "
                         "window_step: 10}")
        result = self.run_rules(document, flow.frames)
        after = 1001 + len(HELLO)  # of the client: SYN took 1000
        wanted = [padded(self.reset(True, 5001, after, ttl=60 + 2 * i, window=1000 + 10 * i), False)
                  for i in range(3)]
        wanted += [padded(self.reset(False, after, 5001, ttl=60 + 2 * i, window=1000 + 10 * i),
                          True) for i in range(3)]
        self.assertEqual([one.data for one in self.made(result)], wanted)
        self.assertEqual([one.data for one in result.out],
                         [one.data for one in flow.frames] + wanted)
        self.assertEqual(result.counters["made"]["packets"], 6)
        self.assertEqual(result.counters["forwarded"], 4)
        self.assertEqual([one.comment for one in self.made(result)], ["made=rst answers=4"] * 6)
        self.assertEqual(["made=rst" in one.comment for one in result.verdicts],
                         [False] * 3 + [True])

    def test_a_syn_and_its_answer(self):
        # A packet without ACK is answered with number 0 and acknowledged by one more: RFC 9293.
        flow = conversation.Tcp().handshake()
        document = by_port("rst: {to: client, count: 3, answers: 2 packets}")
        result = self.run_rules(document, flow.frames)
        self.assertEqual([one.data for one in self.made(result)],
                         [padded(self.reset(True, 0, 1001), False)] * 3 +
                         [padded(self.reset(True, 5001, 1001), False)] * 3)

    def test_to_one_end(self):
        for to, to_client in (("client", True), ("server", False)):
            with self.subTest(to):
                flow = conversation.Tcp().handshake().up(HELLO)
                result = self.run_rules(rules("rst: {to: %s}" % to), flow.frames)
                self.assertEqual([one.data[:6] for one in self.made(result)],
                                 [wire.MAC_CLIENT if to_client else wire.MAC_SERVER])

    def test_spread_numbers_without_ack(self):
        flow = conversation.Tcp().handshake().up(HELLO)
        document = rules("rst: {to: client, count: 3, sequence: spread, flags: rst}")
        result = self.run_rules(document, flow.frames)
        self.assertEqual([one.data for one in self.made(result)],
                         [padded(self.reset(True, 5001 + more, 0, flags=wire.RST), False)
                          for more in (0, 1460, 4380)])

    def test_every_packet_from_the_decision_on_but_resets(self):
        flow = conversation.Tcp().handshake().up(HELLO).acknowledge(1).rst(0).up(b"more")
        result = self.run_rules(rules("rst: {to: server}"), flow.frames)
        self.assertEqual([one.comment for one in self.made(result)],
                         ["made=rst answers=%d" % n for n in (4, 5, 7)])

    def test_one_direction(self):
        flow = conversation.Tcp().handshake().up(HELLO).acknowledge(1).up(b"more").down(b"less")
        result = self.run_rules(rules("rst: {to: client, direction: down}"), flow.frames)
        self.assertEqual([one.comment for one in self.made(result)],
                         ["made=rst answers=5", "made=rst answers=7"])

    def test_beside_a_drop(self):
        flow = conversation.Tcp().handshake().up(HELLO)
        result = self.run_rules(rules("rst: {to: client}, drop"), flow.frames)
        self.assertEqual([one.data for one in result.out],
                         [one.data for one in flow.frames[:3]] +
                         [padded(self.reset(True, 5001, 1001 + len(HELLO)), False)])
        self.assertEqual(result.counters["dropped"]["drop"], 1)

    def test_who_has_not_seen_the_packet_expects_its_number(self):
        flow = conversation.Tcp().handshake().up(HELLO)
        result = self.run_rules(rules("rst: {to: server}, drop"), flow.frames)
        self.assertEqual([one.data for one in self.made(result)],
                         [padded(self.reset(False, 1001, 5001), True)])

    def test_later(self):
        flow = conversation.Tcp().handshake().up(HELLO).acknowledge(1).wait(1).acknowledge(0)
        result = self.run_rules(
            rules("rst: {to: client, answers: 1 packets, delay: 80ms}"), flow.frames)
        self.assertEqual([one.time - flow.frames[3].time for one in self.made(result)],
                         [80 * conversation.MS])
        times = [one.time for one in result.out]
        self.assertEqual(times, sorted(times))

    def test_ipv6_and_raw_framing(self):
        ends = "fd00::2", "2001:db8::7"
        hello = wire.tcp(*ends, (40000, 443), wire.PSH | wire.ACK, 1001, 5001, HELLO, ttl=50)
        frames = [capture.frame(conversation.START, hello)]
        result = self.run_rules(rules("rst: {to: client}"), frames, link=wire.RAW)
        self.assertEqual([one.data for one in self.made(result)],
                         [self.reset(True, 5001, 1001 + len(HELLO), ends, ttl=50)])

    def test_replies_become_resets(self):
        flow = conversation.Tcp().handshake().up(HELLO).acknowledge(1)
        seq = flow.seq[1]
        flow.send(1, wire.PSH | wire.ACK, wire.server_hello(), wire.timestamps_option(7, 8))
        flow.acknowledge(0)
        result = self.run_rules(rules("rewrite: {to: rst-ack, direction: down}"), flow.frames)
        wanted = [padded(self.reset(True, seq, 1001 + len(HELLO), window=65535), False),
                  padded(self.reset(True, seq, 1001 + len(HELLO), window=65535,
                                    options=wire.timestamps_option(7, 8)), False)]
        self.assertEqual([one.data for one in self.made(result)], wanted)
        self.assertEqual([one.data for one in result.out],
                         [one.data for one in flow.frames[:4]] + wanted + [flow.frames[6].data])
        self.assertEqual(result.counters["dropped"]["rewrite"], 2)
        self.assertEqual(result.counters["forwarded"], 5)
        self.assertEqual(result.flow["down_dropped"], 2)

    def test_a_reset_of_the_server_is_not_rewritten(self):
        flow = conversation.Tcp().handshake().up(HELLO).rst(1)
        result = self.run_rules(rules("rewrite: {to: rst-ack, direction: down}"), flow.frames)
        self.assertEqual([one.data for one in result.out], [one.data for one in flow.frames])

    def test_udp_is_not_answered(self):
        flow = conversation.Udp(server_port=443).up(b"one").down(b"two")
        for step in "rst", "rewrite: {to: rst-ack}":
            result = self.run_rules(by_port(step), flow.frames)
            self.assertEqual(len(result.out), 2)
            self.assertEqual(result.counters["made"]["packets"], 0)

    def test_the_same_for_any_number_of_workers(self):
        flows = [conversation.Tcp(client_port=40000 + i).handshake().up(HELLO).acknowledge(1)
                 for i in range(20)]
        frames = conversation.merged(*flows)
        document = rules("rst: {count: 2, delay: 500us}")
        one = self.run_rules(document, frames, "--workers", "1")
        four = self.run_rules(document, frames, "--workers", "4")
        for name in "out.pcapng", "verdicts.pcapng", "counters.json":
            self.assertEqual(one.bytes(name), four.bytes(name))

    def test_what_cannot_be_said(self):
        for step, why in (
                ("rst: {count: 17}", "1 to 16"),
                ("rst: {count: 1.5}", "whole number"),
                ("rst: {count: 4, sequence: spread}", "at most 3"),
                ("rst: {ttl_step: 1}", "needs ttl"),
                ("rst: {window: 65536}", "0 to 65535"),
                ("rst: {to: everyone}", "both"),
                ("rst: {delay: 2h}", "at most 1h"),
                ("rewrite: {}", "rewrite needs to"),
                ("rst, rewrite: {to: rst-ack}", "one of rst and rewrite")):
            with self.subTest(step):
                path = self.folder / "bad.yaml"
                path.write_text(rules(step), encoding="utf-8")
                done = program.run("model", "check", path)
                self.assertEqual(done.returncode, 2)
                self.assertIn(why, done.stderr)


if __name__ == "__main__":
    unittest.main()
