# SPDX-License-Identifier: BSD-3-Clause
"""sluice classify: what flows are, in every form it prints, and against nDPI."""
import csv
import io
import json
import unittest

import capture
import conversation
import program
import wire

KEYS = ["proto", "client", "client_port", "server", "server_port", "class", "name", "by",
        "at_packet"]


def flows():
    """Kinds of flow: (conversation, class, name, by, at packet), packets counted by hand."""
    return [
        # SYN, SYN+ACK, ACK, hello
        (conversation.tls("www.example.org", client_port=40001), "TLS", "www.example.org", "tls", 4),
        (conversation.tls("abs.twimg.com", client_port=40002).fin(0).fin(1).acknowledge(0),
         "TLS.Twitter", "abs.twimg.com", "tls", 4),
        (conversation.Tcp(client_port=40003, server_port=8080).handshake()
         .up(wire.http_get("news.example.net")).acknowledge(1), "HTTP", "news.example.net", "http",
         4),
        (conversation.Udp(client_port=40004, server_port=53).up(wire.dns_query("example.org")),
         "DNS", "example.org", "dns", 1),
        (conversation.Tcp(client_port=40005).handshake().fin(0).fin(1), "Unknown", "", "", 0),
        (conversation.Tcp(client="2001:db8::2", server="2001:db8:1::7", client_port=40006)
         .handshake().up(wire.client_hello("six.example")), "TLS", "six.example", "tls", 4),
    ]


def in_time(conversations):
    return sorted((frame for each in conversations for frame in each.frames),
                  key=lambda frame: frame.time)


class Classify(program.Case):
    def classify(self, *arguments, code=0, stdin=None):
        done = program.run("classify", *arguments, stdin=stdin)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def rows(self, *arguments, **more):
        return [json.loads(line) for line in
                self.classify(*arguments, "--json", **more).splitlines()]

    def setUp(self):
        super().setUp()
        self.flows = flows()
        self.path = capture.write(self.folder / "in.pcap",
                                  in_time(each[0] for each in self.flows))

    def test_rows(self):
        rows = {row["client_port"]: row for row in self.rows(self.path)}
        self.assertEqual(len(rows), len(self.flows))
        for flow, *wanted in self.flows:
            row = rows[flow.ports[0]]
            self.assertEqual(list(row), KEYS)
            self.assertEqual([row[key] for key in KEYS[5:]], wanted)
            self.assertEqual((row["client"], row["server"]), flow.ends)
            self.assertEqual((row["client_port"], row["server_port"]), flow.ports)

    def test_one_row_a_connection(self):
        """A FIN and what comes after it belong to it; a new SYN begins another one."""
        first = conversation.tls("a.example").fin(0).fin(1).acknowledge(0)
        second = conversation.Tcp(start=first.now)
        second.seq = [700000, 900000]
        second.handshake().up(wire.client_hello("b.example"))
        path = capture.write(self.folder / "again.pcap", first.frames + second.frames)
        self.assertEqual([row["name"] for row in self.rows(path)], ["a.example", "b.example"])

    def test_names_that_tor_makes_up(self):
        """"www.", base32 of RFC 4648 (which has no 0, 1, 8 or 9), ".com"; nobody's words."""
        for name, wanted in (("www.e6r5p57kbafwrxj3plz.com", "TLS.Tor"),
                             ("www.e6r5p57kbafwrxj3plz.example", "TLS"),
                             ("www.1084bets10.com", "TLS"), ("www.bookshelf.com", "TLS")):
            with self.subTest(name):
                path = capture.write(self.folder / "tor.pcap", conversation.tls(name).frames)
                row, = self.rows(path)
                self.assertEqual((row["class"], row["by"]), (wanted, "tls"))

    def test_csv(self):
        text = self.classify(self.path, "--csv")
        self.assertEqual(text.count("\n"), len(self.flows) + 1)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual([list(row) for row in rows[:1]], [KEYS])
        self.assertEqual([{key: str(value) for key, value in row.items()}
                          for row in self.rows(self.path)], rows)

    def test_table(self):
        lines = self.classify(self.path).splitlines()
        self.assertEqual(len(lines), len(self.flows) + 1)
        rows = self.rows(self.path)
        for line, row in zip(lines[1:], rows):
            self.assertEqual([row["proto"], row["class"], str(row["at_packet"])],
                             [line.split()[0], line.split()[3], line.split()[-1]])
        self.assertTrue(any("[2001:db8::2]:40006" in line for line in lines))

    def test_odd_name(self):
        """Commas, quotes and backslashes in each form."""
        flow = conversation.Tcp().handshake().up(
            b'GET / HTTP/1.1\r\nHost: a,b"c\\d.example\r\n\r\n')
        path = capture.write(self.folder / "odd.pcap", flow.frames)
        name = 'a,b"c\\x5cd.example'
        self.assertEqual(self.rows(path)[0]["name"], name)
        self.assertEqual(list(csv.DictReader(io.StringIO(
            self.classify(path, "--csv"), newline="")))[0]["name"], name)

    def test_workers(self):
        texts = {self.classify(self.path, "--json", "--workers", count) for count in (1, 2, 8)}
        self.assertEqual(len(texts), 1)

    def test_several_and_standard_input(self):
        whole = self.classify(self.path, "--json")
        self.assertEqual(self.classify("-", "--json", stdin=self.path.read_bytes()), whole)
        parts = [capture.write(self.folder / ("%d.pcap" % i), self.flows[i][0].frames)
                 for i in range(len(self.flows))]
        self.assertEqual(sorted(self.classify(*parts, "--json").splitlines()),
                         sorted(whole.splitlines()))

    def test_against_ndpi(self):
        whole = json.loads(self.classify(self.path, "--against", "ndpi", "--json"))
        self.assertEqual(whole["flows"], len(self.flows))
        self.assertEqual(sum(pair["flows"] for pair in whole["pairs"]), len(self.flows))
        self.assertIn({"ndpi": "TLS.Twitter", "sluice": "TLS.Twitter", "flows": 1},
                      whole["pairs"])
        self.assertLessEqual(whole["equal"], whole["same_protocol"])
        self.assertLessEqual(whole["same_protocol"], whole["decided"])
        text = self.classify(self.path, "--against", "ndpi")
        self.assertIn("Of %d flows" % len(self.flows), text)

    def test_at_least(self):
        """A request to a tracker: nDPI goes by what is asked for, our parser by how."""
        flow = conversation.Tcp(server_port=80).handshake().up(
            b"GET /announce?info_hash=%12&peer_id=-AZ2060- HTTP/1.1\r\nHost: tracker.example\r\n"
            b"User-Agent: Azureus 2.0.6.0\r\n\r\n").down(b"HTTP/1.1 200 OK\r\n\r\n")
        path = capture.write(self.folder / "tracker.pcap", flow.frames)
        whole = json.loads(self.classify(path, "--against", "ndpi", "--json"))
        self.assertEqual((whole["decided"], whole["equal"], whole["percent"]), (1, 0, 0), whole)
        self.assertEqual(whole["same_protocol"], 0)
        self.classify(path, "--against", "ndpi", "--at-least", "1", code=1)
        self.classify(path, "--against", "ndpi", code=0)
        self.classify(self.path, "--against", "ndpi", "--at-least", "100", code=0)

    def test_wrong_use(self):
        for arguments, words in [
                ([], "give 1 to 255 captures"),
                ([self.path, "--json", "--csv"], "either --json or --csv"),
                ([self.path, "--against", "tshark"], "only ndpi is known"),
                ([self.path, "--at-least", "9"], "--at-least needs --against"),
                (["-", "--against", "ndpi"], "twice"),
                ([self.folder / "none.pcap"], "none.pcap")]:
            with self.subTest(words):
                done = program.run("classify", *arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(words, done.stderr)

    def test_closed_output(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = program.subprocess.run([program.SLUICE, "classify", self.path], stdout=full,
                                          stderr=program.subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output: No space left", done.stderr)


if __name__ == "__main__":
    unittest.main()
