# SPDX-License-Identifier: BSD-3-Clause
"""Names in QUIC as boxes of every kind read them.

The packets are the seeds of fuzz_quic: the Initials of RFC 9001 and RFC 9369 appendix A.2, whose
hello is for example.com, and the same hello cut into four frames that overlap.
"""
import json
import pathlib
import struct
import unittest

import capture
import conversation
import initials
import program
import wire

SEEDS = pathlib.Path(__file__).resolve().parents[1] / "fuzz" / "corpus" / "quic"
WAYS = "closed", "one-frame", "one-packet", "in-order", "full"
RULES = """sluice: 1
id: quic
rules:
  - id: listed
    when: {quic.sni: [example.com]}
    inspect: {reassembly: {quic: %s}}
    then: [{police: {rate: 100kbit/s, burst: 2kB, count: l3, per: flow}}]
"""


def datagrams(seed):
    """Each after its length in two bytes."""
    data = (SEEDS / seed).read_bytes()
    found = []
    while data:
        length = int.from_bytes(data[:2], "big")
        found.append(data[2:2 + length])
        data = data[2 + length:]
    return found


@program.table([
    ("published packet of version 1", "rfc9001", WAYS[1:]),
    ("published packet of version 2", "rfc9369", WAYS[1:]),
    ("draft 29", "draft-29", WAYS[1:]),
    ("t051", "t051", WAYS[1:]),
    ("q050", "q050", WAYS[1:]),
    # Nothing to decrypt.
    ("q043", "q043", WAYS),
    ("q046", "q046", WAYS),
    ("frames of a packet shuffled", "shuffled", WAYS[2:]),
    ("four datagrams in order", "in-order", WAYS[3:]),
    ("four datagrams in reverse", "reversed", WAYS[4:]),
])
class Quic(program.Case):
    def check(self, seed, readers):
        for way in WAYS:
            with self.subTest(way):
                flow = conversation.Udp(server_port=443)
                for datagram in datagrams(seed):
                    flow.up(datagram)
                for _ in range(50):  # 12 Mbit/s, short headers
                    flow.down(b"\x40" + bytes(1199))
                rules = self.write("quic.yaml", RULES % way)
                row = self.replay(flow.frames, "--rules", rules).flow
                self.assertEqual(row["class"], "QUIC")
                # What a flow is stands in the record whatever the box can see.
                self.assertEqual(row["name"], "example.com")
                self.assertEqual(row["rule"], "listed" if way in readers else "")
                self.assertEqual(row.dropped > 0, way in readers)

    def test_a_wrong_word_is_answered_with_the_nearest(self):
        rules = self.write("quic.yaml", RULES % "one-packets")
        done = program.run("replay", rules, "--rules", rules, "-o", self.folder / "out")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("quic.yaml:6:", done.stderr)
        self.assertIn("one-packet", done.stderr)


def chlo(name):
    """Google's hello: tags with the ends of their values, then the values."""
    values = [(b"PAD\0", b"-" * 100), (b"SNI\0", name.encode()), (b"VER\0", b"Q050")]
    end, table = 0, b""
    for tag, value in values:
        end += len(value)
        table += tag + struct.pack("<I", end)
    return b"CHLO" + struct.pack("<HH", len(values), 0) + table + b"".join(value for _, value in values)


class Versions(program.Case):
    """Packets that our other implementation has sealed."""

    def sealed(self, version):
        message = chlo("example.org") if version == 0x51303530 else wire.client_hello("example.org")[5:]
        frame = initials.crypto_frame(message, 0, len(message), version)
        flow = conversation.Udp(server_port=443).up(initials.initial(frame, version))
        return capture.write(self.folder / ("%08x.pcap" % version), flow.frames)

    def test_keys_are_those_of_the_rfc(self):
        self.assertEqual([key.hex() for key in initials.keys()],
                         ["1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
                          "9f50449e04a0e810283a1e9933adedd2"])

    def test_names(self):
        for version in initials.VERSIONS:
            row = json.loads(program.run("classify", self.sealed(version), "--json").stdout)
            self.assertEqual((row["class"], row["name"]), ("QUIC", "example.org"), hex(version))

    def test_wireshark_opens_them(self):
        program.need("tshark")
        for version in initials.VERSIONS:
            rows = program.tshark(self.sealed(version), [
                "tls.handshake.extensions_server_name", "gquic.tag.sni"])
            self.assertEqual(["".join(row) for row in rows], ["example.org"], hex(version))


if __name__ == "__main__":
    unittest.main()
