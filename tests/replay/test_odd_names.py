# SPDX-License-Identifier: BSD-3-Clause
"""Names that nobody should send, in TLS, QUIC and DTLS: read as sent, shown in printable ASCII,
matched byte by byte."""
import csv
import io
import json
import unittest

import capture
import conversation
import initials
import program
import test_dtls
import wire

# A character is a byte. 255 bytes are the longest name (RFC 1035 section 2.3.4),
# 63 the longest label.
NAMES = [
    "a\0b.example.org", "www.example.org\0", "\0", "\xff\xfe.example.org", "\xc0\xaf.example.org",
    "\x1b[31mred.example.org", "two\r\nlines.example.org", 'a,b"c.example.org', "a\\b.example.org",
    "..", "a" * 64 + ".example.org", "a." * 122 + "example.org", "\xff" * 243 + ".example.org",
]
TOO_LONG = ["ab." + "a." * 121 + "example.org", "a" * 16000 + ".example.org"]
RULE = "sluice: 1\nrules: [{id: box, when: {name: ['%s']}, then: [drop: {probability: 1}]}]\n"


def shown(name):
    return "".join("\\x%02x" % ord(c) if c == "\\" or not " " <= c <= "~" else c for c in name)


def tls(name, port):
    return conversation.Tcp(client_port=port).handshake().up(wire.client_hello(name))


def quic(name, port):
    hello = wire.client_hello(name)[5:]
    flow = conversation.Udp(client_port=port, server_port=443)
    for i, at in enumerate(range(0, len(hello), 1000)):
        frame = initials.crypto_frame(hello, at, min(at + 1000, len(hello)))
        flow.up(initials.initial(frame, number=i))
    return flow


def dtls(name, port):
    message = test_dtls.body(name=name)
    return conversation.Udp(client_port=port).up(
        test_dtls.record(test_dtls.fragment(message, 0, len(message))))


class OddNames(program.Case):
    def flows(self, names):
        return [carrier(name.encode("latin-1"), 20000 + 100 * i + j) for i, carrier in enumerate((tls, quic, dtls))
                for j, name in enumerate(names)]

    def captured(self, names):
        return capture.write(self.folder / "in.pcap", conversation.merged(*self.flows(names)))

    def classified(self, *arguments):
        return program.run("classify", *arguments).stdout

    def test_in_every_form(self):
        path = self.captured(NAMES)
        expected = [shown(name) for name in NAMES] * 3
        for row, name in zip(map(json.loads, self.classified(path, "--json").splitlines()), expected):
            self.assertEqual(row["name"], name)
        text = self.classified(path, "--csv")
        self.assertEqual([row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))], expected)
        lines = self.classified(path).splitlines()[1:]
        self.assertEqual(len(lines), len(expected))
        for line, name in zip(lines, expected):
            self.assertIn(name, line)
            self.assertTrue(line.isascii() and line.isprintable(), line)

    def test_in_flows_and_rules(self):
        path = self.captured(NAMES)
        for pattern, matches in (("**.example.org", lambda name: name.endswith(".example.org")),
                                 ("www.example.org", lambda name: False),
                                 ("*.example.org", lambda name: name.endswith(".example.org") and
                                  name.count(".") == 2)):
            rows = self.replay(path, "--rules", self.write("rules.yaml", RULE % pattern)).flows
            self.assertEqual([row["name"] for row in rows], [shown(name) for name in NAMES] * 3)
            self.assertEqual([row["rule"] for row in rows],
                             ["box" if matches(name) else "" for name in NAMES] * 3)

    def test_too_long_for_a_name(self):
        """The hello is one nevertheless."""
        rows = self.replay(self.captured(TOO_LONG), "--rules",
                           self.write("rules.yaml", RULE % "**.example.org")).flows
        self.assertEqual([(row["class"], row["name"], row["rule"]) for row in rows],
                         [(word, "", "") for word in ("TLS", "QUIC", "DTLS") for _ in TOO_LONG])


if __name__ == "__main__":
    unittest.main()
