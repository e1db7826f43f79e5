# SPDX-License-Identifier: BSD-3-Clause
"""What boxes see of QUIC without decrypting it: the filter of March 2022 in Russia (payload of 1001
bytes or more to port 443, version 1 in the bytes after the first), and the order of ports that China's
asks for."""
import unittest

import conversation
import program
import wire

V1, V2, DRAFT_29 = b"\0\0\0\x01", b"\x6b\x33\x43\xcf", b"\xff\0\0\x1d"
RULE = "sluice: 1\nrules: [{id: box, when: {%s}, then: [drop: {probability: 1}]}]\n"
BLANKET = 'proto: udp, server_port: 443, quic: {version: 1, payload_length: ">= 1001B"}'


def datagram(size, version=V1, first=0xc3):
    return bytes([first]) + version + wire.noise(size - 5)


class Datagrams(program.Case):
    def rules_of(self, flows, condition, extra=""):
        """(rule, packet that decided) of each flow; they differ in their client's port."""
        text = (RULE % condition).replace("then:", extra + "then:")
        rules = self.write("rules.yaml", text)
        result = self.replay(conversation.merged(*flows), "--rules", rules)
        rows = {row["client_port"]: row for row in result.flows}
        return [(rows[flow.ports[0]]["rule"], rows[flow.ports[0]]["decided_at"]) for flow in flows]

    def one_each(self, payloads, server_port=443):
        return [conversation.Udp(client_port=20000 + i, server_port=server_port).up(payload)
                .down(datagram(1200)).up(wire.noise(90)) for i, payload in enumerate(payloads)]

    def test_the_filter_of_march_2022(self):
        payloads = [datagram(1001), datagram(1000), datagram(1357), datagram(1200, V2),
                    datagram(1200, DRAFT_29),
                    datagram(1001, first=0x40)]  # only those bytes are looked at
        found = self.rules_of(self.one_each(payloads), BLANKET)
        self.assertEqual([rule for rule, _ in found], ["box", "", "box", "", "", "box"])
        self.assertEqual([at for rule, at in found if rule], [1, 1, 1])
        self.assertEqual(self.rules_of(self.one_each([datagram(1200)], 444), BLANKET), [("", 1)])

    def test_what_follows_is_dropped_too(self):
        rules = self.write("rules.yaml", RULE % BLANKET)
        row = self.replay(self.one_each([datagram(1200)])[0].frames, "--rules", rules).flow
        self.assertEqual((row["up_dropped"], row["down_dropped"], row["reason"]), (2, 1, "quic"))

    def test_a_later_datagram_counts_unless_only_the_first_does(self):
        def flows():
            early = conversation.Udp(client_port=1, server_port=443)
            late = conversation.Udp(client_port=2, server_port=443)
            servers = conversation.Udp(client_port=3, server_port=443)
            return [early.up(datagram(1200)), late.up(b"\x40" * 30).up(datagram(1200)),
                    servers.up(b"\x40" * 30).down(datagram(1200))]
        self.assertEqual([rule for rule, _ in self.rules_of(flows(), "quic: {version: 1}")],
                         ["box", "box", ""])
        first = "quic: {version: 1, first_datagram: yes}"
        self.assertEqual(self.rules_of(flows(), first), [("box", 1), ("", 1), ("", 1)])
        self.assertEqual(self.rules_of(flows(), "not: {%s}" % first),
                         [("", 1), ("box", 1), ("box", 1)])

    def test_a_budget_ends_it(self):
        flow = conversation.Udp(client_port=1, server_port=443)
        for _ in range(3):
            flow.up(b"\x40" * 30)
        flow.up(datagram(1200))
        self.assertEqual(self.rules_of([flow], "quic: {version: 1}",
                                       "inspect: {budget: {packets: 3}}, "), [("", 3)])
        self.assertEqual(self.rules_of([flow], "quic: {version: 1}",
                                       "inspect: {budget: {packets: 4}}, "), [("box", 4)])

    def test_versions(self):
        payloads = [datagram(1200, V1), datagram(1200, V2), datagram(1200, DRAFT_29),
                    datagram(1200, b"\xfa\xce\xb0\x02"), V1[:4]]
        rows = [("1", 0), ("2", 1), ("draft-29", 2), ("0xfaceb002", 3), ("0x6b3343cf", 1)]
        for version, which in rows:
            found = self.rules_of(self.one_each(payloads), "quic: {version: %s}" % version)
            self.assertEqual([i for i, (rule, _) in enumerate(found) if rule], [which], version)
        found = self.rules_of(self.one_each(payloads), "quic: {version: [2, draft-29]}")
        self.assertEqual([i for i, (rule, _) in enumerate(found) if rule], [1, 2])

    def test_lengths(self):
        sizes = 999, 1000, 1001, 1357, 1358
        rows = [(">= 1001B", {1001, 1357, 1358}), ("> 1001B", {1357, 1358}),
                ("<= 1000B", {999, 1000}), ("< 1000B", {999}), ("1000B", {1000}),
                ("1001B-1357B", {1001, 1357})]
        for length, expected in rows:
            found = self.rules_of(self.one_each([datagram(size) for size in sizes]),
                                  'quic: {payload_length: "%s", first_datagram: yes}' % length)
            self.assertEqual({size for size, (rule, _) in zip(sizes, found) if rule}, expected,
                             length)

    def test_the_order_of_ports(self):
        ports = [(50000, 443), (400, 443), (443, 443), (444, 443)]
        for word, expected in ("yes", [True, False, False, True]), ("no", [False, True, True, False]):
            for i, (client_port, server_port) in enumerate(ports):
                flow = conversation.Udp(client_port=client_port, server_port=server_port)
                found = self.rules_of([flow.up(datagram(1200))],
                                      "client_port_over_server_port: " + word)
                self.assertEqual(found, [("box" if expected[i] else "", 1)], (word, ports[i]))

    def test_tcp_is_a_contradiction(self):
        done = program.run("model", "check", self.write(
            "rules.yaml", RULE % "proto: tcp, quic: {version: 1}"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("it needs proto udp", done.stderr)

    def test_wrong_words_are_told(self):
        rows = [
            ("quic: {versions: 1}", 'did you mean "version"'),
            ("quic: {version: draft29}", 'did you mean "draft-29"'),
            ("quic: {version: 0x1}", 'unknown QUIC version "0x1"'),
            ("quic: {first_datagram: yes}", "quic says nothing of a datagram"),
            ("quic: {payload_length: 1001}", "payload_length: "),
            ('quic: {payload_length: ">= 70000B"}', "at most 65535 bytes"),
            ("quic: {payload_length: 1357B-1001B}", "reversed"),
            ("quic: {version: 1, first_datagram: ja}", "allowed: no, yes"),
            ("quic: 1", "quic must be a map"),
            ("client_port_over_server_port: true", "allowed: no, yes"),
        ]
        for condition, words in rows:
            done = program.run("model", "check", self.write("rules.yaml", RULE % condition))
            self.assertEqual(done.returncode, 2, condition)
            self.assertIn(words, done.stderr)

    def test_explained_in_words(self):
        done = program.run("model", "explain", self.write("rules.yaml", RULE % BLANKET))
        self.assertIn("a datagram of its client has QUIC's version 1, payload_length >= 1001B",
                      done.stdout)


if __name__ == "__main__":
    unittest.main()
