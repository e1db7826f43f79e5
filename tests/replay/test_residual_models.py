# SPDX-License-Identifier: BSD-3-Clause
"""Models whose boxes act on later flows because of an earlier one, against what was published of
them: USENIX Security 2023 and 2025 (China), net4people 155 (Turkey), the IETF's QUIC list of March
2022 and FOCI 2026 (Russia). tests/replay/test_models.py has the others."""
import math
import unittest

import conversation
import program
import test_models
import wire

SECOND = conversation.SECOND
START = conversation.START


def quic_v1(size, version=b"\0\0\0\1", port=443):
    """A datagram with a long header, and what follows it within a second."""
    flow = conversation.Udp(server_port=port)
    flow.up(b"\xc3" + version + wire.noise(size - 5))
    for number in range(20):
        flow.send(number % 2, b"\x40" + wire.noise(300, number))
    return flow


@program.table([
    # ValdikSS, March 2022: 1001 bytes and more, version 1, port 443, whatever the client's port.
    ("1001 bytes", lambda: quic_v1(1001), 0),
    ("1000 bytes", lambda: quic_v1(1000), test_models.ALL),
    ("draft 29", lambda: quic_v1(1200, b"\xff\0\0\x1d"), test_models.ALL),
    ("port 444", lambda: quic_v1(1200, port=444), test_models.ALL),
])
class Quic22(test_models.ModelCase):
    def check(self, make, wanted):
        flow = make()
        out = self.run_model("ru-quic-2022", flow, "acted=1").out
        self.assertEqual(len(out), len(flow.frames) if wanted == test_models.ALL else wanted)

    def test_420_seconds(self):
        flow = quic_v1(1200).wait(410).down(b"\x40" * 50)
        after = quic_v1(1200).wait(430).down(b"\x40" * 50)
        self.assertEqual(self.run_model("ru-quic-2022", flow, "acted=1").out, [])
        self.assertEqual(len(self.run_model("ru-quic-2022", after, "acted=1").out), 1)


def random_tcp(payload=None, at=0, port=40000, **ends):
    """A connection whose client sends one payload, looks encrypted unless another is given."""
    flow = conversation.Tcp(client_port=port, start=START + int(at * SECOND), **ends).handshake()
    flow.up(payload if payload is not None else b"\x87\xc9" * 100)
    for _ in range(3):
        flow.down(b"\x87" * 200).acknowledge()
    return flow


class FullyEncrypted(test_models.ModelCase):
    """cn-fet-2021; the thresholds themselves are test_encrypted.py's."""

    def delivered_up(self, flow, *settings):
        row = self.run_model("cn-fet-2021", flow, *settings).flow
        return row["up_packets"] - row["up_dropped"]

    def test_what_the_client_sends_is_dropped_from_the_trigger_on(self):
        row = self.run_model("cn-fet-2021", random_tcp(), "acted=1").flow
        self.assertEqual(row["up_packets"] - row["up_dropped"], 2)  # SYN and ACK
        self.assertEqual(row["down_dropped"], 0)

    def test_printable_beginning_is_exempt(self):
        self.assertGreater(self.delivered_up(random_tcp(b"GET_ME" + b"\x87" * 94), "acted=1"), 3)

    def test_from_outside(self):
        flow = random_tcp(client=conversation.OUTSIDE, server=conversation.INSIDE)
        self.assertGreater(self.delivered_up(flow, "acted=1"), 3)

    def test_180_seconds_for_the_server_and_its_port(self):
        tries = [("same", dict(at=170, port=40170), False), ("over", dict(at=184, port=40184), True),
                 ("port", dict(at=3, port=40003, server_port=8443), True),
                 ("server", dict(at=4, port=40004, server="203.0.113.9"), True),
                 ("client", dict(at=5, port=40005, client="10.0.0.9"), True)]
        for name, ends, free in tries:
            with self.subTest(name):
                later = random_tcp(wire.client_hello("example.org"), **ends)
                result = self.replay(conversation.merged(random_tcp(), later), "--model",
                                     "cn-fet-2021", "--set", "acted=1")
                row, = [one for one in result.flows if one["client_port"] == ends["port"]]
                self.assertEqual(row["up_dropped"] == 0, free)

    def test_share_of_connections(self):
        count, share = 2000, 0.263
        frames = []
        for i in range(count):  # each to a server of its own: no penalty is shared
            frames += random_tcp(at=i * 0.01, port=1024 + i,
                                 server="198.51.%d.%d" % (i // 200, i % 200 + 1)).frames
        frames.sort(key=lambda one: one.time)
        rows = self.replay(frames, "--model", "cn-fet-2021").flows
        self.assertEqual(len(rows), count)
        found = sum(1 for row in rows if row["up_dropped"])
        self.assertLess(abs(found / count - share), 3 * math.sqrt(share * (1 - share) / count))


class ChinaQuic(test_models.ModelCase):
    NAMES = "names=example.com"  # what the Initial of RFC 9001 A.2 says

    def run_flow(self, flow):
        return self.run_model("cn-quic-2024", flow, self.NAMES)

    def after(self, flow, count=10):
        flow.wait(0.3)
        for number in range(count):
            flow.up(b"\x40" + wire.noise(100, number)).down(b"\x40" + wire.noise(100, number))
        return flow

    def test_client_side_dropped_server_side_not(self):
        row = self.run_flow(self.after(test_models.initial(client_port=50000))).flow
        self.assertEqual((row["up_dropped"], row["down_dropped"]), (10, 0))

    def test_only_where_the_clients_port_is_above(self):
        row = self.run_flow(self.after(test_models.initial(client_port=400))).flow
        self.assertEqual(row.dropped, 0)

    def test_only_the_first_datagram_of_a_flow(self):
        for silence, dropped in (1, 0), (61, 10):
            flow = conversation.Udp(server_port=443, client_port=50000).up(b"\x01" * 50)
            flow.wait(silence)
            flow.frames += test_models.initial(client_port=50000, start=flow.now).frames
            flow.now += SECOND
            rows = self.run_flow(self.after(flow)).flows
            self.assertEqual(sum(row["up_dropped"] for row in rows), dropped, silence)

    def test_180_seconds_from_any_client_port(self):
        for at, free in (175, False), (184, True):
            later = conversation.Udp(server_port=443, client_port=51000,
                                     start=START + at * SECOND).up(b"\x40" * 50)
            result = self.replay(
                conversation.merged(test_models.initial(client_port=50000), later),
                "--model", "cn-quic-2024", "--set", self.NAMES)
            row, = [one for one in result.flows if one["client_port"] == 51000]
            self.assertEqual(row["up_dropped"] == 0, free)


class Sticky(test_models.ModelCase):
    """tr-sticky-2022: client and server stay slowed."""

    def slowed(self, name, at=60, **ends):
        first = conversation.tls("twitter.com").download(3000)
        later = conversation.tls(name, start=START + at * SECOND, client_port=41000, **ends)
        later.download(200000)
        result = self.replay(conversation.merged(first, later), "--model", "tr-sticky-2022")
        row, = [one for one in result.flows if one["client_port"] == 41000]
        return row["down_dropped"] > row["down_packets"] / 2

    def test_another_name_on_the_same_server(self):
        self.assertTrue(self.slowed("example.org"))

    def test_another_client(self):
        self.assertFalse(self.slowed("example.org", client="10.0.0.77"))

    def test_another_server(self):
        self.assertFalse(self.slowed("example.org", server="203.0.113.9"))

    def test_before(self):
        flow = conversation.tls("example.org").download(200000)
        self.assertEqual(self.run_model("tr-sticky-2022", flow).flow.dropped, 0)


if __name__ == "__main__":
    unittest.main()
