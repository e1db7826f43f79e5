# SPDX-License-Identifier: BSD-3-Clause
"""JA3 and JA4 of real hellos: JA3 as Wireshark prints it, JA4 by FoxIO's published description from
the fields that Wireshark prints. Rules that ask what a hello says."""
import collections
import concurrent.futures
import csv
import hashlib
import io
import json
import struct
import unittest

import capture
import conversation
import program
import wire
from test_names import HELLO, ends
from test_quic import datagrams

FIELDS = ["ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "udp.srcport", "tcp.dstport",
          "udp.dstport", "frame.protocols"]
HANDSHAKE = ["type", "ja3", "version", "ciphersuite", "extension.type", "sig_hash_alg",
             "sig_hash_alg_len", "extensions_alpn_str", "extensions.supported_version"]
GREASE = {16 * i * 257 + 0x0a0a for i in range(16)}
VERSIONS = {0x304: "13", 0x303: "12", 0x302: "11", 0x301: "10", 0x300: "s3",
            0xfeff: "d1", 0xfefd: "d2", 0xfefc: "d3"}


# Hellos that Wireshark finds and a box on the path does not, by capture: how many, and why.
EXPLAINED = {
    "haproxy.pcap": (1, "a PROXY protocol header stands before the hello"),
    "ossfuzz_seed_fake_traces_1.pcapng": (2, "made by a fuzzer: lengths contradict each other"),
    "quic-forcing-vn-with-data.pcapng": (1, "version 0xbabababa is reserved, but Wireshark 4.4 tries a salt"),
    "quic_interop_V.pcapng": (63, "version 0x0a0a0a0a is reserved: no salt belongs to it"),
}


def numbers(text):
    return [int(part, 0) for part in text.split(",") if part and int(part, 0) not in GREASE]


def part_of(numbers_, more=()):
    text = ",".join("%04x" % number for number in numbers_)
    if more:
        text += "_" + ",".join("%04x" % number for number in more)
    return hashlib.sha256(text.encode()).hexdigest()[:12] if numbers_ else "0" * 12


def ja4(transport, legacy, versions, ciphers, extensions, algorithms, alpn):
    version = VERSIONS.get(highest(versions) if versions else legacy, "00")
    ends_ = alpn[0] + alpn[-1] if alpn else "00"
    return "%s%s%s%02d%02d%s_%s_%s" % (
        transport, version, "d" if 0 in extensions else "i", min(len(ciphers), 99),
        min(len(extensions), 99), ends_, part_of(sorted(ciphers)),
        part_of(sorted(one for one in extensions if one not in (0, 16)), algorithms))


def signature_algorithms(extensions, algorithms, lengths):
    """Those of extension 13: the fields are also those of 34 (delegated credentials) and 50
    (certificates), in the order of the extensions."""
    at, values = 0, algorithms.split(",")
    for kind, length in zip([one for one in extensions if one in (13, 34, 50)], lengths.split(",")):
        count = int(length) // 2
        if kind == 13:
            return numbers(",".join(values[at:at + count]))
        at += count
    return []


def highest(versions):
    """DTLS counts downwards."""
    return min(versions) if min(versions) >= 0xfe00 else max(versions)


def of_tshark(path, protocol="tls"):
    """{(protocol, ends): (JA3, JA4)} of the first hello of each flow, where a frame has one hello and
    nothing else of a handshake."""
    found, left_out = {}, set()
    for row in program.tshark(
            path, FIELDS + ["%s.handshake.%s" % (protocol, field) for field in HANDSHAKE],
            protocol + ".handshake.type == 1"):
        (src, src6, dst, dst6, tcp_from, udp_from, tcp_to, udp_to, protocols, types, ja3, legacy,
         ciphers, extensions, algorithms, lengths, alpn, versions) = row
        if not legacy:
            continue  # a part of a hello
        layers = protocols.split(":")
        key = ("tcp" if tcp_from else "udp",
               ends(src or src6, tcp_from or udp_from, dst or dst6, tcp_to or udp_to))
        # Several messages in a frame, what has no JA3 of Wireshark's either, and tunnels.
        if (types != "1" or not ja3 or "openvpn" in layers or
                layers.count("ip") + layers.count("ipv6") > 1):
            left_out.add(key)
        found.setdefault(key, (ja3, ja4(
            "d" if protocol == "dtls" else "q" if "quic" in layers else "t", int(legacy, 0),
            numbers(versions), numbers(ciphers),
            numbers(extensions), signature_algorithms(numbers(extensions), algorithms, lengths),
            alpn.split(",")[0])))
    return {key: both for key, both in found.items() if key not in left_out}


def of_sluice(path):
    done = program.run("classify", path, "--json", "--fingerprints")
    found = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        key = row["proto"], ends(row["client"], str(row["client_port"]), row["server"],
                                 str(row["server_port"]))
        if row["ja3"]:
            found.setdefault(key, []).append((row["ja3"], row["ja4"]))
    return found


def compare(path):
    """(flows compared by protocol, what differs)."""
    ours, different = of_sluice(path), []
    counts = {"tcp": 0, "udp": 0}
    for key, both in of_tshark(path).items():
        counts[key[0]] += 1
        if both not in ours.get(key, []):
            different.append((path.name, both, ours.get(key)))
    return counts, different


class Captures(unittest.TestCase):
    def test_fingerprints_are_wiresharks(self):
        program.need("tshark")
        paths = [path for path in program.shared("apps") if HELLO.search(path.read_bytes())]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(compare, paths))
        flows = {proto: sum(result[0][proto] for result in results) for proto in ("tcp", "udp")}
        different = [line for result in results for line in result[1]]
        self.assertGreater(flows["tcp"], 250)
        self.assertGreater(flows["udp"], 15)
        wrong = [line for line in different if line[2] or line[0] not in EXPLAINED]
        self.assertEqual(wrong, [])
        missing = collections.Counter(line[0] for line in different)
        # Other versions of tshark find fewer, not more.
        for name, count in missing.items():
            self.assertLessEqual(count, EXPLAINED[name][0], name)


# What wire.client_hello() sends, from its text: ciphers, extensions, signature algorithms.
CIPHERS, EXTENSIONS, ALGORITHMS = [0x1301, 0x1302, 0x1303, 0xc02f], [0, 43, 10, 13, 51], [0x403, 0x804]
OURS = ja4("t", 0x303, [0x304, 0x303], CIPHERS, EXTENSIONS, ALGORITHMS, "")
OUR_JA3 = hashlib.md5(b"771,4865-4866-4867-49199,0-43-10-13-51,29-23,").hexdigest()
RULE = "sluice: 1\nrules: [{id: box, when: {%s}, then: [drop: {probability: 1}]}]\n"


def hello(*extensions, version=0x303, ciphers=(0x1301,)):
    """A record with a hello of these extensions."""
    block = b"".join(extensions)
    body = struct.pack("!H", version) + wire.noise(32) + b"\0" + struct.pack("!H", 2 * len(ciphers))
    body += struct.pack("!%dH" % len(ciphers), *ciphers) + b"\1\0"
    body += struct.pack("!H", len(block)) + block
    return wire.tls_record(wire.HANDSHAKE, b"\1" + len(body).to_bytes(3, "big") + body, 0x301)


def protocols(*names):
    text = b"".join(bytes([len(name)]) + name for name in names)
    return wire.extension(16, struct.pack("!H", len(text)) + text)


def shares(*groups):
    text = b"".join(struct.pack("!HH", group, 4) + b"keys" for group in groups)
    return wire.extension(51, struct.pack("!H", len(text)) + text)


class Conditions(program.Case):
    def rule_of(self, flow, condition):
        rules = self.write("rules.yaml", RULE % condition)
        row = self.replay(flow.frames, "--rules", rules).flow
        return (row["rule"], row["decided_at"], row["reason"]) if row["rule"] else None

    def check(self, payload, condition, matches):
        flow = conversation.Tcp().handshake().up(payload).down(wire.server_hello())
        found = self.rule_of(flow, condition)
        self.assertEqual(found, ("box", 4, "tls.hello") if matches else None, condition)

    def test_fingerprints(self):
        payload = wire.client_hello("example.org")
        for condition, matches in [("tls.ja3: " + OUR_JA3, True),
                                   ("tls.ja3: %s" % OUR_JA3.upper(), True),
                                   ("tls.ja3: " + "0" * 32, False), ("tls.ja4: " + OURS, True),
                                   ("tls.ja4: [%s, %s]" % (OURS.replace("t", "q", 1), OURS), True),
                                   ("tls.ja4: " + OURS.replace("t", "d", 1), False),
                                   ("tls.ja4: '/^t13.*_%s_/'" % OURS.split("_")[1], True),
                                   ("tls.ja4: '/^q/'", False)]:
            self.check(payload, condition, matches)

    def test_what_a_hello_says(self):
        modern = hello(wire.extension(43, b"\x06\x0a\x0a\x03\x04\x03\x03"), shares(0x4a4a, 0x11ec, 29),
                       protocols(b"\x0a\x0a", b"h2", b"http/1.1"))
        old = hello(version=0x301)
        rows = [("tls.version: 1.3", 1, 0), ("tls.version: [1.0, 1.1]", 0, 1),
                ("tls.version: 0x0304", 0, 0), ("tls.version: dtls1.2", 0, 0),
                ("tls.key_share: x25519mlkem768", 1, 0), ("tls.key_share: X25519", 1, 0),
                ("tls.key_share: secp256r1", 0, 0), ("tls.key_share: none", 0, 1),
                ("tls.alpn: h2", 1, 0), ("tls.alpn: http/1.1", 1, 0), ("tls.alpn: http/1.0", 0, 0),
                ("tls.alpn: '/^http/'", 1, 0), ("tls.alpn: none", 0, 1),
                ("tls.ech: none", 1, 1), ("tls.ech: outer", 0, 0)]
        for condition, of_modern, of_old in rows:
            self.check(modern, condition, of_modern)
            self.check(old, condition, of_old)

    def test_a_number_that_has_a_word_is_the_word(self):
        self.check(hello(wire.extension(43, b"\2\x7f\x1c")), "tls.version: 0x7f1c", True)
        self.check(hello(shares(0x6399)), "tls.key_share: x25519kyber768draft00", True)
        self.check(hello(shares(0x1234)), "tls.key_share: 0x1234", True)

    def test_encrypted_hellos_with_their_public_name(self):
        condition = "tls.ech: outer, tls.sni: [cloudflare-ech.com]"
        for name, ech, expected in [("cloudflare-ech.com", True, True), ("example.org", True, False),
                                    ("cloudflare-ech.com", False, False)]:
            payload = wire.client_hello(name, ech=ech)
            found = self.rule_of(conversation.Tcp().handshake().up(payload), condition)
            self.assertEqual(found is not None, expected, (name, ech))

    def test_a_box_that_joins_nothing_sees_no_split_hello(self):
        payload = wire.client_hello("example.org")
        flow = conversation.Tcp().handshake().up(payload[:100]).up(payload[100:])
        rule = "tls.ja4: %s}, inspect: {reassembly: {tcp: %s}" % (OURS, "%s")
        self.assertIsNone(self.rule_of(flow, rule % "none"))
        self.assertEqual(self.rule_of(flow, rule % "in-order"), ("box", 5, "tls.hello"))

    def test_in_quic(self):
        # RFC 9001 appendix A.2: lists as its ClientHello has them.
        wanted = ja4("q", 0x303, [0x304], [0x1301, 0x1302],
                     [0, 0xff01, 10, 16, 5, 51, 43, 13, 45, 28, 57],
                     [0x403, 0x503, 0x603, 0x203, 0x804, 0x805, 0x806], "alpn")
        for word, matches in (wanted, True), (wanted.replace("q", "t", 1), False):
            flow = conversation.Udp(server_port=443)
            for datagram in datagrams("rfc9001"):
                flow.up(datagram)
            found = self.rule_of(flow, "tls.ja4: " + word)
            self.assertEqual(found, ("box", 1, "tls.hello") if matches else None)

    def test_columns(self):
        flow = conversation.tls("example.org").frames
        path = capture.write(self.folder / "in.pcap", flow)
        row = json.loads(program.run("classify", path, "--json", "--fingerprints").stdout)
        self.assertEqual((row["ja3"], row["ja4"], row["fully_encrypted"]), (OUR_JA3, OURS, False))
        text = program.run("classify", path, "--csv", "--fingerprints").stdout
        row = next(csv.DictReader(io.StringIO(text)))
        self.assertEqual((row["ja3"], row["ja4"], row["fully_encrypted"]), (OUR_JA3, OURS, "no"))
        lines = program.run("classify", path, "--fingerprints").stdout.splitlines()
        self.assertEqual(lines[0].split()[-4:], ["ja3", "ja4", "fully", "encrypted"])
        self.assertEqual(lines[1].split()[-3:], [OUR_JA3, OURS, "no"])
        self.assertNotIn("ja3", program.run("classify", path, "--json").stdout)

    def test_wrong_values_are_told(self):
        rows = [("tls.ja3: abc", "is not a JA3 of 32 hexadecimal digits"),
                ("tls.ja4: t13d1516h2", "is not a JA4 like"),
                ("tls.version: 1.4", 'unknown tls.version "1.4"'),
                ("tls.key_share: x25591", 'did you mean "x25519"'),
                ("tls.ech: grease", "nothing on the wire tells GREASE"),
                ("tls.ech: outre", 'did you mean "outer"'),
                ("tls.alpn: '*'", "is not a protocol like h2"),
                ("tls.ja4: '/(/'", "is not a regular expression"),
                ("tls.ja5: x", 'did you mean "tls.ja'),
                ("proto: icmp, tls.ech: none", "can never match")]
        for condition, words in rows:
            done = program.run("model", "check", self.write("rules.yaml", RULE % condition))
            self.assertEqual(done.returncode, 2, condition)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
