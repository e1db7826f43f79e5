# SPDX-License-Identifier: BSD-3-Clause
"""ClientHellos of DTLS: in pieces, asked for twice, after STUN; and real ones as Wireshark reads
them."""
import itertools
import re
import struct
import unittest

import conversation
import program
import test_fingerprints
import wire

WAYS = "closed", "one-frame", "one-packet", "in-order", "full"
NAME = "relay.example.org"
CIPHERS, ALGORITHMS = [0xc02b, 0xc02f, 0xcca9], [0x0403, 0x0804]
RULE = """sluice: 1
rules:
  - {id: box, when: {%s}, inspect: {reassembly: {quic: %s}}, then: [drop: {probability: 1}]}
"""


def body(cookie=b"", name=NAME):
    """RFC 6347 section 4.2.1: as in TLS but for the cookie."""
    algorithms = struct.pack("!H%dH" % len(ALGORITHMS), 2 * len(ALGORITHMS), *ALGORITHMS)
    extensions = wire.server_name(name) + wire.extension(13, algorithms)
    extensions += wire.extension(10, b"\0\2\0\x1d") + wire.extension(43, b"\2\xfe\xfd")
    suites = struct.pack("!H%dH" % len(CIPHERS), 2 * len(CIPHERS), *CIPHERS)
    return (b"\xfe\xfd" + wire.noise(32) + b"\0" + bytes([len(cookie)]) + cookie + suites + b"\1\0" +
            struct.pack("!H", len(extensions)) + extensions)


EXTENSIONS = [0, 13, 10, 43]
JA4 = test_fingerprints.ja4("d", 0xfefd, [0xfefd], CIPHERS, EXTENSIONS, ALGORITHMS, "")


def fragment(message, begin, end, sequence=0, kind=1):
    """RFC 6347 section 4.2.2."""
    return (bytes([kind]) + len(message).to_bytes(3, "big") + struct.pack("!H", sequence) +
            begin.to_bytes(3, "big") + (end - begin).to_bytes(3, "big") + message[begin:end])


def record(*fragments, kind=22, epoch=0, number=0):
    """RFC 6347 section 4.1."""
    text = b"".join(fragments)
    return (bytes([kind]) + b"\xfe\xff" + struct.pack("!H", epoch) + number.to_bytes(6, "big") +
            struct.pack("!H", len(text)) + text)


def hello_verify_request(cookie):
    message = b"\xfe\xff" + bytes([len(cookie)]) + cookie
    return record(fragment(message, 0, len(message), kind=3))


def stun_request(ident):
    """RFC 5389 section 6: a Binding request without attributes."""
    return struct.pack("!HHI", 1, 0, 0x2112a442) + wire.noise(12, ident)


def stun_answer(ident):
    return struct.pack("!HHI", 0x101, 0, 0x2112a442) + wire.noise(12, ident)


class Dtls(program.Case):
    def played(self, flow, condition="dtls.sni: [%s]" % NAME, way="full"):
        rules = self.write("rules.yaml", RULE % (condition, way))
        return self.replay(flow.frames, "--rules", rules).flow

    def check_ways(self, datagrams, readers):
        """Which kinds of box read the hello in these datagrams."""
        for way in WAYS:
            flow = conversation.Udp(server_port=3478)
            for datagram in datagrams:
                flow.up(datagram)
            row = self.played(flow.down(record(b"x" * 40, kind=23, epoch=1)), way=way)
            self.assertEqual(row["rule"], "box" if way in readers else "", way)
            self.assertEqual((row["class"], row["name"]), ("DTLS", NAME), way)

    def cut(self, *cuts, sequence=0):
        message = body()
        ends = (0,) + cuts + (len(message),)
        return [fragment(message, begin, end, sequence) for begin, end in zip(ends, ends[1:])]

    def test_whole(self):
        message = body()
        self.check_ways([record(fragment(message, 0, len(message)))], WAYS)

    def test_fragments_of_a_record(self):
        self.check_ways([record(*self.cut(50, 90))], WAYS[2:])

    def test_records_of_a_datagram(self):
        first, second, third = self.cut(50, 90)
        self.check_ways([record(third) + record(first) + record(second)], WAYS[2:])

    def test_datagrams_in_order(self):
        self.check_ways([record(piece) for piece in self.cut(50, 90)], WAYS[3:])

    def test_datagrams_in_another_order(self):
        first, second, third = map(record, self.cut(50, 90))
        self.check_ways([second, third, first], WAYS[4:])

    def test_every_order_of_four_with_overlaps(self):
        message = body()
        bounds = [(0, 40), (30, 70), (70, 95), (90, len(message))]
        pieces = [record(fragment(message, *each)) for each in bounds]
        flows = []
        for i, order in enumerate(itertools.permutations(pieces)):
            flows.append(conversation.Udp(client_port=20000 + i))
            for piece in order:
                flows[-1].up(piece)
        rules = self.write("rules.yaml", RULE % ("dtls.sni: [%s]" % NAME, "full"))
        rows = self.replay(conversation.merged(*flows), "--rules", rules).flows
        self.assertEqual([(row["rule"], row["name"], row["decided_at"]) for row in rows],
                         [("box", NAME, 4)] * 24)

    def test_asked_again_with_a_cookie(self):
        again = body(b"c" * 20)
        flow = conversation.Udp().up(record(*self.cut()))
        flow.down(hello_verify_request(b"c" * 20))
        flow.up(record(fragment(again, 0, len(again), 1), number=1))
        row = self.played(flow)
        self.assertEqual((row["rule"], row["decided_at"], row["reason"]), ("box", 1, "dtls.sni"))

    def test_the_second_hello_counts_when_the_first_lost_a_piece(self):
        again = body(b"c" * 20)
        flow = conversation.Udp().up(record(self.cut(60)[0]))
        flow.up(record(fragment(again, 0, 70, 1))).up(record(fragment(again, 70, len(again), 1)))
        row = self.played(flow)
        self.assertEqual((row["rule"], row["name"], row["decided_at"]), ("box", NAME, 3))

    def test_after_stun(self):
        flow = conversation.Udp()
        for i in range(4):
            flow.up(stun_request(i)).down(stun_answer(i))
        row = self.played(flow.up(record(*self.cut())))
        self.assertEqual((row["rule"], row["decided_at"]), ("box", 9))

    def test_fingerprints(self):
        other = JA4.replace("d", "t", 1)
        for word, rule in (JA4, "box"), (other, ""):
            flow = conversation.Udp().up(record(*self.cut(60)))
            row = self.played(flow.down(stun_answer(1)), "tls.ja4: " + word)
            self.assertEqual((row["rule"], row["class"]), (rule, "DTLS"))
        for word, rule in ("dtls1.2", "box"), ("1.2", ""):
            row = self.played(conversation.Udp().up(record(*self.cut())), "tls.version: " + word)
            self.assertEqual(row["rule"], rule)

    def test_other_names_and_other_protocols(self):
        flow = conversation.Udp().up(record(*self.cut()))
        self.assertEqual(self.played(flow, "dtls.sni: [example.com]")["rule"], "")
        self.assertEqual(self.played(flow, "quic.sni: [%s]" % NAME)["rule"], "")
        self.assertEqual(self.played(flow, "name: [%s]" % NAME)["rule"], "box")


class Captures(unittest.TestCase):
    # No UDP payload begins with DTLS there: what stands before it is another protocol's.
    LEFT_OUT = {"capwap.pcap"}
    RECORD = re.compile(rb"\x16\xfe[\xff\xfd]\0\0")

    def test_hellos_are_wiresharks(self):
        program.need("tshark")
        flows = 0
        for path in program.shared("apps"):
            if not self.RECORD.search(path.read_bytes()) or path.name in self.LEFT_OUT:
                continue
            ours = test_fingerprints.of_sluice(path)
            for key, both in test_fingerprints.of_tshark(path, "dtls").items():
                flows += 1
                self.assertIn(both, ours.get(key, []), (path.name, key))
        self.assertGreaterEqual(flows, 8)


if __name__ == "__main__":
    unittest.main()
