# SPDX-License-Identifier: BSD-3-Clause
"""nDPI's words in rules, and words that a protos.txt adds to them, against Debian's ndpiReader."""
import hashlib
import json
import re
import subprocess
import unittest

import capture
import conversation
import program
import wire

LINE = re.compile(r"^\t\d+\t\w+ [0-9.]+:(\d+) \S+ [0-9.]+:(\d+) "
                  r"\[proto: [\d.]+/([^\]]+)\](?:.*?\[cat: ([^/\]]+)/)?", re.MULTILINE)


def seen_by_ndpi(path, *options):
    """{the higher port of each flow, its client's: (class, category)}"""
    done = subprocess.run([program.need("ndpiReader"), "-v", "2", "-i", str(path), *options],
                          capture_output=True, text=True, timeout=300, check=True)
    found = {}
    for one, two, name, category in LINE.findall(done.stdout):
        found[max(int(one), int(two))] = name, category
    return found


def flows():
    """Of six categories of nDPI's at least; each has a client port of its own."""
    names = ("abs.twimg.com", "www.youtube.com", "www.netflix.com", "open.spotify.com",
             "www.example.org", "www.whatsapp.net", "teams.microsoft.com", "www.amazon.com")
    found = [conversation.tls(name, client_port=50000 + i) for i, name in enumerate(names)]
    found.append(conversation.Tcp(client_port=50100, server_port=80).handshake()
                 .up(wire.http_get("news.example.net")).acknowledge(1))
    found.append(conversation.Udp(client_port=50101, server_port=53)
                 .up(wire.dns_query("example.org")))
    found.append(conversation.Udp(client_port=50102, server_port=9).up(wire.noise(300)))
    return found


class Categories(program.Case):
    def test_each_category_takes_its_flows(self):
        path = capture.write(self.folder / "in.pcap", conversation.merged(*flows()))
        wanted = seen_by_ndpi(path)
        self.assertGreater(len(set(wanted.values())), 6)
        for category in sorted({category for _, category in wanted.values()} - {""}) + ["VPN"]:
            with self.subTest(category):
                rules = self.write("rules.yaml", "sluice: 1\nrules: [{id: it, "
                                   "when: {category: %s}, then: pass}]\n" % category)
                done = self.replay(path, "--rules", rules)
                self.assertEqual(
                    {flow["client_port"] for flow in done.flows if flow["rule"] == "it"},
                    {port for port, (_, its) in wanted.items() if its == category})
                self.assertEqual({flow["reason"] for flow in done.flows if flow["rule"]} - {"app"},
                                 set())


PROTOS = """# names, networks, ports
host:"shop.example",host:"cdn.shop.example.net"@Shop
host:"api-global.netflix.com"@NetFlix
ip:198.51.100.64/26@Cloud
ip:198.51.100.7:8443@OneServer
udp:7000-7100@MyGame
tcp:7777@MyChat
"""


def claimed():
    """A flow for each claim of PROTOS, and beside each what it does not claim."""
    def noise(flow):
        return flow.up(wire.noise(300)).down(wire.noise(200, seed=1)).up(wire.noise(400, seed=2))

    def tls(port, name, **ends):
        return conversation.tls(name, client_port=port, **ends)

    return [
        tls(51000, "shop.example"), tls(51001, "www.shop.example"), tls(51002, "shop.example.com"),
        tls(51003, "cdn.shop.example.net"), tls(51004, "api-global.netflix.com"),
        conversation.Tcp(client_port=51005, server_port=80).handshake()
        .up(wire.http_get("www.shop.example")).acknowledge(1),
        conversation.Udp(client_port=51006, server_port=53).up(wire.dns_query("shop.example")),
        tls(51007, "x.example", server="198.51.100.65"),
        tls(51008, "x.example", server="198.51.100.128"),
        tls(51009, "x.example", server="198.51.100.7", server_port=8443),
        tls(51010, "x.example", server="198.51.100.7"),
        noise(conversation.Udp(client_port=51012, server_port=7000)),
        noise(conversation.Udp(client_port=51013, server_port=7100)),
        noise(conversation.Udp(client_port=51014, server_port=7101)),
        noise(conversation.Tcp(client_port=51015, server_port=7777).handshake()),
        noise(conversation.Tcp(client_port=51016, server_port=7778).handshake()),
    ]


class Protos(program.Case):
    def setUp(self):
        super().setUp()
        self.path = capture.write(self.folder / "in.pcap", conversation.merged(*claimed()))
        self.protos = self.write("protos.txt", PROTOS)

    def classes(self, *options):
        done = program.run("classify", self.path, "--json", *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {row["client_port"]: row["class"]
                for row in map(json.loads, done.stdout.splitlines())}

    def test_classes_are_ndpis(self):
        wanted = {port: name for port, (name, _) in
                  seen_by_ndpi(self.path, "-p", str(self.protos)).items()}
        self.assertEqual((len(wanted), wanted[51009]), (len(claimed()), "OneServer"))
        wanted[51009] = "TLS.OneServer"  # nDPI looks no further than the address
        self.assertEqual(self.classes("--protos", self.protos), wanted)

    def test_without_them(self):
        classes = self.classes()
        self.assertEqual({classes[port] for port in (51000, 51007, 51009)}, {"TLS"})
        self.assertEqual({classes[port] for port in (51012, 51015)}, {"Unknown"})

    def test_rules_name_them(self):
        rules = self.write("rules.yaml", "sluice: 1\nrules:\n"
                           "- {id: it, when: {app: [shop, MyGame]}, then: pass}\n")
        done = self.replay(self.path, "--rules", rules, "--protos", self.protos)
        self.assertEqual({flow["client_port"] for flow in done.flows if flow["rule"] == "it"},
                         {51000, 51001, 51003, 51005, 51006, 51012, 51013})
        self.assertEqual(done.manifest["protos"], {
            "path": str(self.protos), "sha256": hashlib.sha256(PROTOS.encode()).hexdigest(),
            "skipped": [], "without_effect": []})
        for command, code in ((("check", rules, "--protos", self.protos), 0), (("check", rules), 2)):
            done = program.run("rules", *command)
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn('unknown app "shop"', done.stderr)

    def test_bad_lines(self):
        """Each alone is refused with its place; together, all are told and the good one counts."""
        for line, column, _ in BAD:
            path = self.write("bad.txt", "# one\n%s\n" % line)
            done = program.run("classify", self.path, "--protos", path)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, r"\Asluice: .*/bad\.txt:2:%d: [^\n]+\n\Z" % column)
        path = self.write("bad.txt", "".join("%s\n" % line for line, _, _ in BAD) +
                          "host:shop.example@Last")
        done = program.run("classify", self.path, "--json", "--protos", path, "--skip-bad")
        told = re.findall(r"^sluice: warning: .*/bad\.txt:(\d+):(\d+): skipped: what stands here "
                          r"(.*)$", done.stderr, re.MULTILINE)
        self.assertEqual([(int(line), int(column)) for line, column, _ in told],
                         [(i + 1, column) for i, (_, column, _) in enumerate(BAD)])
        for (_, _, words), (line, _, why) in zip(BAD, told):
            self.assertIn(words, why, line)
        self.assertEqual(done.stdout.count('"TLS.Last"'), 2)

    def test_lines_without_effect(self):
        """What nDPI 4.2 does not do with a good line, by what it then says itself."""
        path = self.write("odd.txt", 'host:"netflix.com"@OtherFlix\nhost_risk_mask:".home"=0\n'
                          'host:"*.star.example"@Star\nudp:7000@A\nudp:6990-7010@B\n'
                          'ip:198.51.100.7@One\nip:198.51.100.7@Two\n')
        done = program.run("classify", self.path, "--protos", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = dict(re.findall(r"odd\.txt:(\d+):1: (.*)", done.stderr))
        self.assertIn("NetFlix, not OtherFlix", lines["1"])
        self.assertIn("risks", lines["2"])
        self.assertIn("nothing, not Star", lines["3"])
        self.assertIn("A's by line 4", lines["5"])
        self.assertEqual(len({"6", "7"} & set(lines)), 1)
        self.assertEqual(len(lines), 5)

    def test_no_file(self):
        for name, words in (("none.txt", "No such file or directory"), (".", "Is a directory")):
            done = program.run("classify", self.path, "--protos", self.folder / name)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"\Asluice: --protos .*%s\n\Z" % words)


# Line, column, words of what is told. nDPI takes each of them, most for something else.
BAD = [
    ("nothing", 1, "no @NAME"), ("bogus:1@X", 1, "none of host:"), ('host:""@X', 1, "no host name"),
    ("host:a b@X", 1, "no host name"), ('host:"a.example@X', 1, "no host name"),
    ("host:a.example,tcp:99999@X", 16, "no port"), ("tcp:0@X", 1, "no port"),
    ("udp:9-1@X", 1, "reversed"), ("udp:x@X", 1, "no port"), ("ip:1.2.3@X", 1, "no IPv4 network"),
    ("ip:10.0.0.1/8@X", 1, "no IPv4 network"), ("ip:0.0.0.0/0@X", 1, "no IPv4 network"),
    ("ip:2001:db8::1@X", 1, "no IPv4 network"), ("ip:192.0.2.1:0@X", 1, "no IPv4 network"),
    ("host:a.example@", 16, "no protocol name"), ("host:a.example@My App", 16, "no protocol name"),
    ("host:a.example@A.B", 16, "no protocol name"), ("host:a.example,@X", 16, "none of host:"),
    (" tcp:1@X", 1, "none of host:"),
]


if __name__ == "__main__":
    unittest.main()
