# SPDX-License-Identifier: BSD-3-Clause
"""The model ru-l425-2025 against what was published of the freeze after 25 packets
(https://github.com/net4people/bbs/issues/490 and https://github.com/hyperion-cs/dpi-checkers):
a flow to a suspicious address whose name is not on the allow-list gets 25 packets, both
directions added, and then nothing; nobody is told.
"""
import math
import unittest

import capture
import conversation
import program
import wire

MODEL = "--model", "ru-l425-2025"
SERVER = conversation.OUTSIDE
BUDGET = 25


class Frozen(program.Case):
    # The prefixes that are suspicious in these tests; every flow is acted on.
    ARGUMENTS = "--set", "suspicious=198.51.100.0/24", "--set", "sample=1"

    def run_model(self, frames, *arguments):
        return self.replay(frames, *MODEL, *self.ARGUMENTS, *arguments)

    def test_25_packets_of_a_download(self):
        flow = conversation.tls("www.example.org").download(300000)
        result = self.run_model(flow.frames)
        self.assertEqual([one.data for one in result.out],
                         [one.data for one in flow.frames[:BUDGET]])
        self.assertEqual(result.flow.dropped, len(flow.frames) - BUDGET)

    def test_what_a_user_gets_of_a_full_segment_download(self):
        # An ACK for each second segment, as hosts send it.
        flow = conversation.tls("www.example.org")
        for i in range(60):
            flow.download(2 * conversation.MSS).acknowledge(0)
        result = self.run_model(flow.frames)
        down = sum(one.wire - 54 for one in result.out if one.data[:6] == wire.MAC_CLIENT)
        self.assertGreaterEqual(down, 15000)
        self.assertLessEqual(down, 20000)

    def test_upload_is_limited_the_same_way(self):
        flow = conversation.tls("www.example.org").upload(300000)
        self.assertEqual(len(self.run_model(flow.frames).out), BUDGET)

    def test_bytes_do_not_count(self):
        # The published prober: 64 bytes in writes of 2, 50 ms apart.
        flow = conversation.Tcp(gap=50 * conversation.MS).handshake()
        for i in range(32):
            flow.up(b"ab").acknowledge(1)
        self.assertEqual(len(self.run_model(flow.frames).out), BUDGET)

    def test_nobody_is_told(self):
        flow = conversation.tls("www.example.org").download(300000)
        for one in self.run_model(flow.frames).out:
            self.assertEqual(one.data[47] & (wire.RST | wire.FIN), 0)

    def test_frozen_for_later_packets_too(self):
        flow = conversation.tls("www.example.org").download(100000).wait(30).acknowledge(0)
        flow.fin(0).rst(1)
        self.assertEqual(len(self.run_model(flow.frames).out), BUDGET)

    def test_a_new_connection_has_a_fresh_budget(self):
        first = conversation.tls("www.example.org").download(100000)
        second = conversation.tls("www.example.org", client_port=40001,
                                  start=first.now).download(100000)
        result = self.run_model(conversation.merged(first, second))
        self.assertEqual([row.packets - row.dropped for row in result.flows], [BUDGET, BUDGET])

    def test_less_than_the_budget_is_whole(self):
        flow = conversation.tls("www.example.org").download(10000).fin(0).fin(1)
        self.assertLess(len(flow.frames), BUDGET)
        self.assertEqual(len(self.run_model(flow.frames).out), len(flow.frames))

    def test_exactly_the_budget_is_whole(self):
        flow = conversation.tls("www.example.org")
        while len(flow.frames) < BUDGET:
            flow.down(wire.application_data(1000))
        self.assertEqual(len(self.run_model(flow.frames).out), BUDGET)

    def test_udp(self):
        flow = conversation.Udp()
        for i in range(40):
            flow.send(i % 2, wire.noise(200, i))
        result = self.run_model(flow.frames)
        self.assertEqual([one.data for one in result.out],
                         [one.data for one in flow.frames[:BUDGET]])

    def test_another_address_is_left_alone(self):
        flow = conversation.tls("www.example.org", server="203.0.113.9").download(100000)
        self.assertEqual(len(self.run_model(flow.frames).out), len(flow.frames))

    def test_another_budget(self):
        flow = conversation.tls("www.example.org").download(100000)
        self.assertEqual(len(self.run_model(flow.frames, "--set", "after=27 packets").out), 27)

    def test_bytes_variant(self):
        flow = conversation.tls("www.example.org").download(300000)
        result = self.run_model(flow.frames, "--set", "after=16384B")
        down = sum(one.wire - 54 for one in result.out if one.data[:6] == wire.MAC_CLIENT)
        self.assertGreaterEqual(down, 15000)
        self.assertLessEqual(down, 20000)

    def test_allowed_name_gets_the_whole_flow(self):
        flow = conversation.tls("www.example.org").download(300000)
        result = self.run_model(flow.frames, "--set", "allowed_names=**.example.org")
        self.assertEqual(len(result.out), len(flow.frames))

    def test_allowed_prefix_gets_the_whole_flow(self):
        flow = conversation.tls("www.example.org").download(300000)
        result = self.run_model(flow.frames, "--set", "allowed_prefixes=198.51.100.0/28")
        self.assertEqual(len(result.out), len(flow.frames))

    def test_ssh_gets_the_whole_flow(self):
        flow = conversation.Tcp(server_port=22).handshake()
        flow.down(b"SSH-2.0-OpenSSH_9.2\r\n").up(b"SSH-2.0-OpenSSH_9.2\r\n")
        for i in range(40):
            flow.send(i % 2, wire.PSH | wire.ACK, wire.noise(500, i))
        self.assertEqual(len(self.run_model(flow.frames).out), len(flow.frames))


class Sample(program.Case):
    """Not every connection is acted on."""

    FLOWS = 2000

    def frozen(self, share, *arguments):
        """Indices of the flows of which something was dropped."""
        frames = []
        for i in range(self.FLOWS):
            flow = conversation.Udp("10.0.%d.%d" % (i // 200, i % 200 + 1), client_port=1024 + i,
                                    start=conversation.START + i * 100000, gap=10000)
            for number in range(30):
                flow.send(number % 2, b"x" * 20)
            frames += flow.frames
        frames.sort(key=lambda one: one.time)
        result = self.replay(frames, *MODEL, "--set", "suspicious=198.51.100.0/24",
                             "--set", "sample=%s" % share, *arguments)
        rows = result.flows
        self.assertEqual(len(rows), self.FLOWS)
        for row in rows:
            self.assertIn(row.dropped, (0, 30 - BUDGET))
        return {row["client"] for row in rows if row.dropped}

    def test_share(self):
        for share in 0.9, 0.5, 0.1:
            found = len(self.frozen(share))
            sigma = math.sqrt(self.FLOWS * share * (1 - share))
            self.assertLess(abs(found - self.FLOWS * share), 3 * sigma)

    def test_seed_chooses_which(self):
        one, same, other = (self.frozen(0.5, "--seed", seed) for seed in (1, 1, 2))
        self.assertEqual(one, same)
        # Two independent halves agree on half of the flows.
        self.assertLess(abs(len(one ^ other) - self.FLOWS / 2), 3 * math.sqrt(self.FLOWS / 4))


if __name__ == "__main__":
    unittest.main()
