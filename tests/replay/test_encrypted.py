# SPDX-License-Identifier: BSD-3-Clause
"""`fully_encrypted`: the exemptions of Wu et al. (USENIX Security 2023, algorithm 1) on each side of
each threshold, and when a box knows. Each payload's statistics are computed here, not assumed."""
import re
import unittest

import conversation
import program
import wire

PUBLISHED = {"low": 3.4, "high": 4.6, "lead": 6, "share": 0.5, "run": 20}
SIZE = 100


def mean_of(bits):
    """100 bytes, none printable, of so many bits in all: 0x87 has 4 of them, 0x8f 5, 0x83 3."""
    over = max(bits - 4 * SIZE, 0)
    under = max(4 * SIZE - bits, 0)
    return b"\x8f" * over + b"\x83" * under + b"\x87" * (SIZE - over - under)


def lead_of(count):
    return b"C" * count + b"\x87" * (SIZE - count)


def share_of(count):
    """100 bytes of which so many print, not two in a row but for what 50 places do not hold."""
    data = bytearray(b"\x8f" * SIZE)
    for i in range(count):
        data[2 * i + 1 if i < SIZE // 2 else 2 * (i - SIZE // 2) + 40] = ord("C")
    return bytes(data)


def run_of(count):
    return b"\x87" * 40 + b"C" * count + b"\x87" * (SIZE - 40 - count)


def statistics(data):
    """Mean bits set, printable first bytes, printable share, longest printable run."""
    printable = bytes(0x20 <= byte <= 0x7e for byte in data)
    runs = [len(run) for run in re.findall(b"\x01*", printable)]
    return (sum(bin(byte).count("1") for byte in data) / len(data), runs[0],
            sum(printable) / len(data), max(runs))


def is_encrypted(data, low, high, lead, share, run):
    mean, first, printable, longest = statistics(data)
    return low < mean < high and first < lead and printable <= share and longest <= run


# Each threshold from both sides: what is varied, whether it looks fully encrypted.
EDGES = [
    ("mean 3.40", mean_of(340), False), ("mean 3.41", mean_of(341), True),
    ("mean 4.59", mean_of(459), True), ("mean 4.60", mean_of(460), False),
    ("5 lead", lead_of(5), True), ("6 lead", lead_of(6), False),
    ("50 %", share_of(50), True), ("51 %", share_of(51), False),
    ("run of 20", run_of(20), True), ("run of 21", run_of(21), False),
    ("TLS", b"\x16\x03\x09" + mean_of(400), False), ("not TLS", b"\x16\x03\x0a" + mean_of(400), True),
    ("record", b"\x17\x03\x00" + mean_of(400), False), ("GET", b"GET " + mean_of(400), False),
    ("GET without a space", b"GET\x87" + mean_of(400), True),
]

RULE = "sluice: 1\nrules: [{id: box, when: {proto: tcp, %s}, then: [drop: {probability: 1}]}]\n"


class Encrypted(program.Case):
    def rules_of(self, payloads, condition):
        """The rule of each payload, each the first of a connection of its own."""
        flows = []
        for i, payload in enumerate(payloads):
            flow = conversation.Tcp(client_port=20000 + i).handshake().up(payload)
            flows.append(flow.down(wire.noise(200, i)).up(wire.noise(300, i)))
        rules = self.write("rules.yaml", RULE % condition)
        result = self.replay(conversation.merged(*flows), "--rules", rules)
        rows = {row["client_port"]: row for row in result.flows}
        return [rows[20000 + i] for i in range(len(payloads))]

    def test_payloads_are_what_they_are_called(self):
        means = [statistics(mean_of(bits))[0] for bits in (340, 341, 459, 460)]
        self.assertEqual(means, [3.40, 3.41, 4.59, 4.60])
        self.assertEqual([statistics(lead_of(n))[1] for n in (5, 6)], [5, 6])
        self.assertEqual([statistics(share_of(n))[2] for n in (50, 51)], [0.50, 0.51])
        self.assertEqual([statistics(run_of(n))[3] for n in (20, 21)], [20, 21])
        for name, data, expected in EDGES[:10]:
            self.assertEqual(is_encrypted(data, **PUBLISHED), expected, name)

    def test_each_threshold_from_both_sides(self):
        rows = self.rules_of([data for _, data, _ in EDGES], "fully_encrypted: yes")
        for (name, _, expected), row in zip(EDGES, rows):
            self.assertEqual(row["rule"], "box" if expected else "", name)
            self.assertEqual(row["decided_at"], 4, name)  # SYN, SYN-ACK, ACK, and this
            self.assertEqual(row.dropped, 3 if expected else 0, name)

    def test_not_and_no_are_the_contrary(self):
        payloads = [data for _, data, _ in EDGES]
        for condition in "not: {fully_encrypted: yes}", "fully_encrypted: no":
            rows = self.rules_of(payloads, condition)
            for (name, _, expected), row in zip(EDGES, rows):
                self.assertEqual(row["rule"], "" if expected else "box", (condition, name))
                self.assertEqual(row["decided_at"], 4, (condition, name))

    def test_any_of_several(self):
        condition = "any: [{fully_encrypted: yes}, {tls.sni: [t.co]}]"
        payloads = [mean_of(400), wire.client_hello("t.co"), wire.client_hello("example.org")]
        rows = self.rules_of(payloads, condition)
        self.assertEqual([row["rule"] for row in rows], ["box", "box", ""])
        self.assertEqual([row["reason"] for row in rows[:2]], ["first-payload", "tls.sni"])

    def test_other_limits(self):
        rows = [
            ("set_bits: [3.5, 4.5]", mean_of(350), mean_of(351)),
            ("set_bits: [3.5, 4.5]", mean_of(450), mean_of(449)),
            ("printable_lead: 3", lead_of(3), lead_of(2)),
            ("printable_share: 25%", share_of(26), share_of(25)),
            ("printable_run: 10", run_of(11), run_of(10)),
            ("prefixes: [http]", b"GET " + mean_of(400), b"\x16\x03\x01" + mean_of(400)),
            ("prefixes: [tls]", b"\x16\x03\x01" + mean_of(400), b"GET " + mean_of(400)),
            ("prefixes: []", mean_of(340), b"GET " + mean_of(400)),
        ]
        for limits, exempt, encrypted in rows:
            found = self.rules_of([exempt, encrypted], "fully_encrypted: {%s}" % limits)
            self.assertEqual([row["rule"] for row in found], ["", "box"], limits)

    def test_only_the_clients_first_payload_counts(self):
        plain, encrypted = lead_of(6), mean_of(400)
        flows = [
            conversation.Tcp(client_port=1).handshake().up(plain).up(encrypted),
            conversation.Tcp(client_port=2).handshake().up(encrypted).up(plain),
            conversation.Tcp(client_port=3).handshake().down(encrypted).up(plain),
            conversation.Tcp(client_port=4).handshake().down(plain).down(plain).up(encrypted),
        ]
        rules = self.write("rules.yaml", RULE % "fully_encrypted: yes")
        result = self.replay(conversation.merged(*flows), "--rules", rules)
        found = {row["client_port"]: (row["rule"], row["decided_at"]) for row in result.flows}
        self.assertEqual(found, {1: ("", 4), 2: ("box", 4), 3: ("", 5), 4: ("box", 6)})

    def test_budget_ends_the_wait_for_it(self):
        flow = conversation.Tcp().handshake()
        for i in range(6):
            flow.down(wire.noise(100, i))
        rules = self.write("rules.yaml", RULE.replace(
            "when:", "inspect: {budget: {packets: 4}}, when:") % "not: {fully_encrypted: yes}")
        row = self.replay(flow.frames, "--rules", rules).flow
        self.assertEqual((row["rule"], row["decided_at"], row["reason"]),
                         ("box", 7, "budget-spent"))  # three of the handshake, four with payload

    def test_real_protocols_are_exempt(self):
        payloads = [wire.client_hello("example.org"), wire.http_get("example.org"),
                    b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO example.org\r\n"]
        rows = self.rules_of(payloads, "fully_encrypted: yes")
        self.assertEqual([row["rule"] for row in rows], [""] * len(payloads))

    def test_wrong_limits_are_told(self):
        rows = [
            ("maybe", 'unknown fully_encrypted "maybe"'),
            ("{set_bit: [3, 4]}", 'did you mean "set_bits"'),
            ("{set_bits: 3.4}", "set_bits is two means"),
            ("{set_bits: [4.6, 3.4]}", "lowest first"),
            ("{set_bits: [1, 9]}", "more than the 8 bits of a byte"),
            ("{printable_lead: 0}", "printable_lead of 0 exempts everything"),
            ("{printable_share: 101%}", "more than all"),
            ("{prefixes: [tsl]}", 'did you mean "tls"'),
        ]
        for value, words in rows:
            rules = self.write("rules.yaml", RULE % ("fully_encrypted: " + value))
            done = program.run("model", "check", rules)
            self.assertEqual(done.returncode, 2, value)
            self.assertIn(words, done.stderr)
            self.assertRegex(done.stderr, r"rules\.yaml:2:\d+: ")

    def test_over_icmp_it_is_a_contradiction(self):
        text = "sluice: 1\nrules: [{id: a, when: {proto: icmp, fully_encrypted: yes}}]\n"
        done = program.run("model", "check", self.write("rules.yaml", text))
        self.assertEqual(done.returncode, 2)
        self.assertIn("it needs proto tcp, udp", done.stderr)

    def test_explained_in_words(self):
        rules = self.write("rules.yaml", RULE % "fully_encrypted: {set_bits: [3.4, 4.6]}")
        done = program.run("model", "explain", rules)
        self.assertIn("the client's first payload looks fully encrypted: set_bits 3.4 and 4.6",
                      done.stdout)


if __name__ == "__main__":
    unittest.main()
