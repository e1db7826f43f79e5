# SPDX-License-Identifier: BSD-3-Clause
"""The model us-bingeon-2015 against the EFF's test of January 2016: video is held at about
1.5 Mbit/s over TCP, whoever serves it; everything else is left alone."""
import unittest

import conversation
import program
import wire

MODEL = "--model", "us-bingeon-2015"
VIDEO = "r1---sn-example.googlevideo.com"
PUBLISHED = 1.5e6  # bit/s, within 7 %


class BingeOn(program.Case):
    SECONDS = 12

    def offered(self, flow):
        return flow.bulk(1, int(10e6 / 8 * self.SECONDS), 10e6)

    def goodput(self, frames, *arguments):
        """Of the payload of the last half, bit/s."""
        result = self.replay(frames, *MODEL, *arguments)
        segments = [one for one in result.out if one.wire > 1000]
        half = segments[len(segments) // 2:]
        time = half[-1].time - half[0].time
        return sum(one.wire - 54 for one in half[1:]) * 8e9 / time

    def test_video_by_tls_name(self):
        rate = self.goodput(self.offered(conversation.tls(VIDEO)).frames)
        self.assertLess(abs(rate - PUBLISHED), 0.07 * PUBLISHED)

    def test_video_by_http_host(self):
        flow = conversation.Tcp(server_port=80).handshake().up(wire.http_get(VIDEO, "/videoplayback"))
        rate = self.goodput(self.offered(flow).frames)
        self.assertLess(abs(rate - PUBLISHED), 0.07 * PUBLISHED)

    def test_layers_differ_as_their_headers_do(self):
        # 1460 bytes of payload are 1500 of IP and 1518 of Ethernet with its FCS.
        frames = self.offered(conversation.tls(VIDEO)).frames
        for layer, share in ("l2", 1460 / 1518), ("l3", 1460 / 1500), ("payload", 1):
            rate = self.goodput(frames, "--set", "layer=" + layer)
            self.assertLess(abs(rate / (PUBLISHED * share) - 1), 0.002, layer)

    def test_first_volume_is_the_bucket(self):
        frames = self.offered(conversation.tls(VIDEO)).frames
        row = self.replay(frames, *MODEL, "--set", "depth=1MB").flow
        other = self.replay(frames, *MODEL, "--set", "depth=100kB").flow
        packets = other["down_dropped"] - row["down_dropped"]
        self.assertLess(abs(packets * 1500 - 900000), 3000)

    def test_first_segment_of_one_byte(self):
        # lib.erate (IMC 2017): it hid the name from T-Mobile's box.
        hello = wire.client_hello(VIDEO)
        flow = conversation.Tcp().handshake().up(hello[:1]).up(hello[1:])
        flow.down(wire.server_hello())
        self.assertEqual(self.replay(self.offered(flow).frames, *MODEL).flow.dropped, 0)

    def test_other_names_are_left_alone(self):
        flow = self.offered(conversation.tls("www.example.org"))
        self.assertEqual(self.replay(flow.frames, *MODEL).flow.dropped, 0)

    def test_udp_is_left_alone(self):
        flow = conversation.Udp(server_port=443)
        for i in range(2000):
            flow.down(wire.noise(1200, i % 50))
        self.assertEqual(self.replay(flow.frames, *MODEL).flow.dropped, 0)


if __name__ == "__main__":
    unittest.main()
