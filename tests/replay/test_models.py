# SPDX-License-Identifier: BSD-3-Clause
"""Models of the library against what was published of them: a row of a table a claim, with the
setting in which it was made. Where a number is a share, three standard deviations are allowed."""
import math
import unittest

import conversation
import program
import test_quic
import wire

BLOCKED = "www.blocked.example"
STUN = bytes.fromhex("000100002112a442") + bytes(range(12))  # RFC 8489: a binding request


def hello(name=BLOCKED, **ends):
    return conversation.tls(name, **ends)


def split(name=BLOCKED, at=70):
    first = wire.client_hello(name)
    flow = conversation.Tcp().handshake().up(first[:at]).up(first[at:])
    return flow.acknowledge(1).down(wire.server_hello())


def record_first(name=BLOCKED):
    flow = conversation.Tcp().handshake().up(wire.change_cipher_spec() + wire.client_hello(name))
    return flow.down(wire.server_hello())


def padded(name=BLOCKED):
    first = wire.client_hello(name, size=1600)
    flow = conversation.Tcp().handshake().up(first[:1460]).up(first[1460:])
    return flow.down(wire.server_hello())


def from_outside(name=BLOCKED):
    return hello(name, client=conversation.OUTSIDE, server=conversation.INSIDE)


def after_silence(seconds, name=BLOCKED):
    """The same connection after a silence: what comes then is what the test looks at."""
    return hello(name).wait(seconds).download(20000)


def datagrams(count, size=200, first=(), **ends):
    flow = conversation.Udp(**ends)
    for payload in first:
        flow.up(payload)
    for number in range(count):
        flow.send(number % 2, wire.noise(size, number))
    return flow


def initial(**ends):
    """The Initial of RFC 9001 A.2, for example.com."""
    flow = conversation.Udp(server_port=443, **ends)
    for datagram in test_quic.datagrams("rfc9001"):
        flow.up(datagram)
    return flow


def wireguard(first=()):
    """Initiation, response, data; sizes and indices as in the protocol's paper."""
    flow = datagrams(0, first=first, server_port=51820)
    flow.up(b"\1\0\0\0" + b"abcd" + wire.noise(140)).down(b"\2\0\0\0efghabcd" + wire.noise(80))
    for number in range(100):
        flow.send(number % 2, b"\4\0\0\0" + (b"efgh", b"abcd")[number % 2] +
                  number.to_bytes(8, "little") + wire.noise(480, number))
    return flow


class ModelCase(program.Case):
    def run_model(self, model, flow, *settings):
        arguments = [part for setting in settings for part in ("--set", setting)]
        return self.replay(flow.frames, "--model", model, *arguments)


# model, settings, conversation, what passes: ALL, or a number of packets, or (least, most)
ALL = -1
PASSES = [
    # IMC 2022: 5 to 8 packets after the ClientHello, which is the fourth packet.
    ("sni2", "ru-tspu-sni2", ["acted=1"], lambda: hello().download(100000), (9, 12)),
    ("sni2 another name", "ru-tspu-sni2", ["acted=1"],
     lambda: hello("example.org").download(100000), ALL),
    ("sni2 from outside", "ru-tspu-sni2", ["acted=1"], lambda: from_outside().download(50000), ALL),
    ("sni2 two segments", "ru-tspu-sni2", ["acted=1"], lambda: split().download(50000), ALL),
    ("sni2 record first", "ru-tspu-sni2", ["acted=1"], lambda: record_first().download(50000), ALL),
    ("sni2 padded", "ru-tspu-sni2", ["acted=1"], lambda: padded().download(50000), ALL),
    # T02 to T08: the ClientHello itself is dropped, what was before it has passed.
    ("sni4", "ru-tspu-sni4", ["acted=1"], lambda: hello().download(100000), 3),
    ("sni4 two segments", "ru-tspu-sni4", ["acted=1"], lambda: split().download(50000), ALL),
    ("sni4 from outside", "ru-tspu-sni4", ["acted=1"], lambda: from_outside().download(50000), ALL),
    # FOCI 2026: the Initial and all after it.
    ("quic by name", "ru-quic-2026", ["names=example.com"], initial, 0),
    ("quic by another name", "ru-quic-2026", ["names=www.example.com"], initial, ALL),
    # net4people 516: the handshake passes, the ClientHello does not; a name does not help.
    ("shutdown", "ru-shutdown", [], lambda: hello("www.allowed.example").download(50000), 3),
    ("shutdown allowed address", "ru-shutdown", [],
     lambda: hello("example.org", server="198.18.0.80").download(50000), ALL),
    ("shutdown by name", "ru-shutdown", ["variant=name"],
     lambda: hello("www.allowed.example").download(50000), ALL),
    ("shutdown state messenger", "ru-shutdown", ["variant=name"],
     lambda: hello("api.max.ru").download(50000), ALL),
    ("shutdown by name, allowed address", "ru-shutdown", ["variant=name"],
     lambda: hello("example.org", server="198.18.0.80").download(50000), 3),
    ("shutdown by both, name only", "ru-shutdown", ["variant=both"],
     lambda: hello("www.allowed.example").download(50000), 3),
    ("shutdown by both, both", "ru-shutdown", ["variant=both"],
     lambda: hello("www.allowed.example", server="198.18.0.80").download(50000), ALL),
    ("shutdown blackout", "ru-shutdown", ["variant=blackout"],
     lambda: hello("www.allowed.example", server="198.18.0.80").download(50000), 0),
    ("shutdown resolver", "ru-shutdown", [],
     lambda: datagrams(4, first=[wire.dns_query("a.example")], server="8.8.8.8", server_port=53),
     ALL),
    ("shutdown other resolver", "ru-shutdown", [],
     lambda: datagrams(4, first=[wire.dns_query("a.example")], server="1.1.1.1", server_port=53), 0),
    ("whatsapp banned", "ru-whatsapp-2026", [],
     lambda: hello("web.whatsapp.com").download(50000), 3),
    # net4people 76: comes up and is cut after a threshold of data.
    ("wireguard", "ru-vpn", [], wireguard, (3, 20)),
    ("wireguard with junk", "ru-vpn", [], lambda: wireguard([wire.noise(15)]), ALL),
    ("another udp flow", "ru-vpn", [], lambda: datagrams(100), ALL),
    # OONI 2023: silence after the ClientHello.
    ("kz silenced", "kz-throttle-2022", [], lambda: hello().download(50000), 3),
    # lib.erate: only port 80.
    ("streamsaver another port", "us-streamsaver", [], lambda: conversation.Tcp(server_port=8080)
     .handshake().up(wire.http_get("r1.googlevideo.com")).download(4000000, 50e6), ALL),
    ("telegram other prefix", "ru-telegram-2026", [],
     lambda: hello("web.telegram.org").download(200000), ALL),
    ("youtube quic", "ru-youtube-2024", ["names=example.com"], initial, 0),
    ("youtube other name", "ru-youtube-2024", [], lambda: hello("example.org").download(50000), ALL),
    ("dimming spared", "ir-dimming-2011", ["spared=10.0.0.0/8"],
     lambda: hello("example.org").download(2000000, 50e6), ALL),
]


@program.table(PASSES)
class Passes(ModelCase):
    def check(self, model, settings, make, wanted):
        flow = make()
        out = len(self.run_model(model, flow, *settings).out)
        least, most = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        if wanted == ALL:
            least = most = len(flow.frames)
        self.assertTrue(least <= out <= most, "%d of %d passed" % (out, len(flow.frames)))


@program.table([
    # Silence on the same addresses and ports, then whether it is acted on.
    ("sni2 at 415 s", "ru-tspu-sni2", ["acted=1"], lambda: after_silence(415), True),
    ("sni2 at 430 s", "ru-tspu-sni2", ["acted=1"], lambda: after_silence(430), False),
    ("sni4 at 36 s", "ru-tspu-sni4", ["acted=1"], lambda: after_silence(36), True),
    ("sni4 at 46 s", "ru-tspu-sni4", ["acted=1"], lambda: after_silence(46), False),
    ("quic at 415 s", "ru-quic-2026", ["names=example.com"],
     lambda: initial().wait(415).down(b"\x40" * 100), True),
    ("quic at 425 s", "ru-quic-2026", ["names=example.com"],
     lambda: initial().wait(425).down(b"\x40" * 100), False),
])
class Residual(ModelCase):
    def check(self, model, settings, make, acted):
        flow = make()
        out = self.run_model(model, flow, *settings).out
        self.assertEqual(bool(out) and out[-1].time == flow.frames[-1].time, not acted)

    def test_quic_every_datagram_begins_it_anew(self):
        # FOCI 2026: one packet every 60 s, still dead at 900 s.
        flow = initial()
        for _ in range(15):
            flow.wait(60).up(b"\x40" * 100)
        self.assertEqual(self.run_model("ru-quic-2026", flow, "names=example.com").out, [])


@program.table([
    # model, settings, conversation, offered bit/s, published bit/s of L3 or payload, tolerance
    ("sni3", "ru-tspu-sni3", [], hello, 1e6, 650 * 8, 0.15),
    ("telegram", "ru-telegram-2026", [], lambda: hello("example.org", server="149.154.167.220"),
     2e6, 100e3, 0.1),
    ("shutdown throttled", "ru-shutdown", ["variant=throttle"], lambda: hello("example.org"),
     1e6, 14e3, 0.15),
    # -77 % and -69 % of a line of 10 Mbit/s.
    ("dimming 2011", "ir-dimming-2011", [], lambda: hello("example.org"), 10e6, 2.3e6, 0.1),
    ("dimming 2012", "ir-dimming-2011", ["date=2012-10-04"], lambda: hello("example.org"),
     10e6, 3.1e6, 0.1),
    ("streamsaver", "us-streamsaver", [], lambda: conversation.Tcp(server_port=80).handshake()
     .up(wire.http_get("r1.googlevideo.com")), 10e6, 1.5e6, 0.07),
    # 0.953 of the committed rate as goodput (policing-detection's validation data).
    ("policer", "policer-generic", [], lambda: hello("example.org"), 10e6, 0.953 * 1.5e6, 0.03),
    ("policer 3M", "policer-generic", ["rate=3Mbit/s"], lambda: hello("example.org"), 10e6,
     2.860e6, 0.03),
    ("shaper", "shaper-generic", [], lambda: hello("example.org"), 10e6, 0.953 * 1.5e6, 0.03),
])
class Rates(ModelCase):
    SECONDS = 20

    def check(self, model, settings, make, offered, published, tolerance):
        flow = make()
        flow.download(int(offered / 8 * self.SECONDS), offered)
        out = [one for one in self.run_model(model, flow, *settings).out if one.wire > 1000]
        half = out[len(out) // 2:]
        rate = sum(one.wire - 54 for one in half[1:]) * 8e9 / (half[-1].time - half[0].time)
        self.assertLess(abs(rate / published - 1), tolerance, rate)


class Shares(ModelCase):
    """Of 1,000 packets offered."""

    def share(self, model, flow, *settings):
        result = self.run_model(model, flow, *settings)
        return len(result.out) / len(flow.frames), len(flow.frames)

    def test_capacity(self):
        # The notes of the lecture: capacity c of 100 delivers c %.
        for capacity in 5, 10, 50:
            with self.subTest(capacity):
                flow = datagrams(1000, first=[STUN])
                share, count = self.share("ru-capacity", flow, "protocols=STUN",
                                          "loss=%s" % (1 - capacity / 100))
                sigma = math.sqrt(capacity / 100 * (1 - capacity / 100) / count)
                self.assertLess(abs(share - capacity / 100), 3 * sigma)

    def test_youtube_drops_acknowledgements_alone(self):
        # ntc.party 8055: the client's acknowledgements; no loss of data, no RST.
        flow = hello("r1.googlevideo.com")
        for _ in range(1000):
            flow.down(wire.application_data(1400)).acknowledge()
        row = self.run_model("ru-youtube-2024", flow).flow
        self.assertEqual(row["down_dropped"], 0)
        sigma = math.sqrt(1000 * 0.9 * 0.1)
        self.assertLess(abs(row["up_dropped"] - 900), 3 * sigma + 1)

    def test_bottleneck_spares_nobody(self):
        for make in (lambda: hello("abs.twimg.com").download(2000000),
                     lambda: datagrams(2000)):
            flow = make()
            row = self.run_model("cn-bottleneck-2020", flow).flow
            count = row["down_packets"]
            self.assertEqual(row["up_dropped"], 0)
            self.assertLess(abs(row["down_dropped"] - 0.05 * count),
                            3 * math.sqrt(0.05 * 0.95 * count))

    def test_powerboost_lets_a_first_volume_pass_at_once(self):
        flow = hello("example.org").download(4000000, 50e6)
        result = self.run_model("powerboost-generic", flow, "burst=2MB", "queue=5s")
        sent = [one.time for one in flow.frames if one.wire > 1000]
        came = [one.time for one in result.out if one.wire > 1000]
        waits = [b - a for a, b in zip(sent, came)]
        self.assertEqual(max(waits[:1300]), 0)  # 1300 packets are 1.95 MB
        # The last leaves when the first volume and 10 Mbit/s since then make what was sent.
        total = sum(one.wire - 14 for one in flow.frames if one.wire > 1000)
        leaves = (total - 2e6) * 8 / 10e6
        self.assertLess(abs((came[-1] - sent[0]) / 1e9 - leaves), 0.01)


if __name__ == "__main__":
    unittest.main()
