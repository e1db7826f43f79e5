# SPDX-License-Identifier: BSD-3-Clause
"""nDPI's words in rules, and words that a protos.txt adds to them, against Debian's ndpiReader."""
import re
import subprocess
import unittest

import capture
import conversation
import program
import wire

LINE = re.compile(r"^\t\d+\t\w+ \[?([0-9a-f.:]+?)\]?:(\d+) \S+ \[?([0-9a-f.:]+?)\]?:(\d+) "
                  r"\[proto: [\d.]+/([^\]]+)\].*?\[cat: ([^/\]]+)/", re.MULTILINE)


def seen_by_ndpi(path, *options):
    """{lower port above 40000 of each flow: (class, category)}"""
    done = subprocess.run([program.need("ndpiReader"), "-v", "2", "-i", str(path), *options],
                          capture_output=True, text=True, timeout=300, check=True)
    found = {}
    for _, one, _, two, name, category in LINE.findall(done.stdout):
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
        for category in sorted({category for _, category in wanted.values()}) + ["VPN"]:
            with self.subTest(category):
                rules = self.write("rules.yaml", "sluice: 1\nrules: [{id: it, "
                                   "when: {category: %s}, then: pass}]\n" % category)
                done = self.replay(path, "--rules", rules)
                self.assertEqual(
                    {flow["client_port"] for flow in done.flows if flow["rule"] == "it"},
                    {port for port, (_, its) in wanted.items() if its == category})
                self.assertEqual({flow["reason"] for flow in done.flows if flow["rule"]} - {"app"},
                                 set())


if __name__ == "__main__":
    unittest.main()
