# SPDX-License-Identifier: BSD-3-Clause
"""Connections that come too often, by what was published of a box in Siberia (2025,
https://github.com/net4people/bbs/issues/546): with three allowed in a minute to one net under one
name, the fourth handshake times out; another name, net or fingerprint has its own three."""
import unittest

import conversation
import program
import wire

RULES = """sluice: 1
rules:
  - id: often
    when: {initiator: inside, tls.sni: ["*.example"], connections: {over: 3, within: 60s%s}}
    then: [drop]
  - id: rest
    when: {proto: tcp}
    then: [loss: {probability: 0.000001}]
"""
PER = ", per: [client, server/24, name, tls.ja3]"


def connection(name, at, port, hello=None, **ends):
    """Up to the server's answer, beginning `at` seconds into the test."""
    flow = conversation.Tcp(start=conversation.START + int(at * conversation.SECOND),
                            client_port=port, **ends).handshake()
    flow.up(hello or wire.client_hello(name)).acknowledge(1)
    return flow.down(wire.server_hello()).acknowledge(0)


class Connections(program.Case):
    def run_rule(self, per, *flows, more=()):
        rules = self.write("rules.yaml", RULES % per)
        return self.replay(conversation.merged(*flows), "--rules", rules, *more)

    def acted_on(self, result):
        """Ports of the clients whose hello was dropped, in order."""
        return [int(row["client_port"]) for row in result.flows if row["rule"] == "often"]

    def test_the_fourth_handshake(self):
        flows = [connection("one.example", i / 10, 40001 + i) for i in range(4)]
        flows.append(connection("two.example", 0.5, 40005))
        flows.append(connection("one.example", 61, 40006))  # a minute after the third
        result = self.run_rule(PER, *flows)
        self.assertEqual(self.acted_on(result), [40004])
        rows = {int(row["client_port"]): row for row in result.flows}
        # The handshake passes, the hello and what follows does not.
        self.assertEqual(rows[40004].packets - rows[40004].dropped, 3)
        self.assertEqual((rows[40004]["reason"], rows[40001]["rule"]), ("tls.sni", "rest"))
        self.assertEqual(result.counters["connections"], {"counted": 6, "over": 1, "evicted": 0})

    def test_cool_down(self):
        # Three at 0 s; the next is the fourth until 60 s have passed.
        for after, ports in ((59, [40004]), (60, [])):
            flows = [connection("one.example", 0, 40001 + i) for i in range(3)]
            flows.append(connection("one.example", after, 40004))
            self.assertEqual(self.acted_on(self.run_rule(PER, *flows)), ports)

    def test_who_is_counted_together(self):
        # Three of the same, then one that differs in one thing, every 100 s.
        base = {"server": "198.51.100.7", "client": "10.0.0.2"}
        other_hello = wire.client_hello("one.example", ech=True)  # another extension: another JA3
        others = {
            "client": dict(client="10.0.0.3"), "net of clients": dict(client="10.0.1.3"),
            "server": dict(server="198.51.100.8"), "net of servers": dict(server="203.0.113.7"),
            "port": dict(server_port=8443), "name": dict(name="two.example"),
            "letters": dict(name="ONE.example"), "hello": dict(hello=other_hello)}
        for per, apart in (("", set()), (", per: client", {"client", "net of clients"}),
                           (", per: client/24", {"net of clients"}),
                           (", per: server", {"server", "net of servers"}),
                           (", per: server/24", {"net of servers"}),
                           (", per: server_port", {"port"}), (", per: name", {"name"}),
                           (", per: tls.ja3", {"hello"}), (", per: [tls.ja4]", {"hello"}),
                           (", per: [client, name]", {"client", "net of clients", "name"})):
            flows, expected = [], []
            for group, (what, ends) in enumerate(others.items()):
                at, port = 100 * group, 40000 + 10 * group
                ends = dict(base, name="one.example") | ends
                flows += [connection("one.example", at + i, port + i) for i in range(3)]
                flows.append(connection(ends.pop("name"), at + 3, port + 3, **ends))
                expected += [] if what in apart else [port + 3]
            self.assertEqual(self.acted_on(self.run_rule(per, *flows)), expected, per)

    def test_only_what_the_rule_is_true_of(self):
        # Those that the rest of the rule is not true of, or that an earlier rule takes, are not
        # counted, nor is a flow counted again when it says its name again.
        rules = self.write("rules.yaml", """sluice: 1
rules:
  - {id: free, when: {server_port: 8443}}
  - {id: often, when: {tls.sni: ["*.example"], connections: {over: 3, within: 60s}}, then: [drop]}
""")
        flows = [connection("b.example", 0, 40001, server_port=8443), connection("a.test", 0, 40002)]
        flows += [connection("b.example", 0, 40003).up(wire.client_hello("c.example"))]
        flows += [connection("b.example", 1 + i, 40004 + i) for i in range(3)]
        result = self.replay(conversation.merged(*flows), "--rules", rules)
        self.assertEqual(self.acted_on(result), [40006])

    def test_workers(self):
        flows = [connection("%s.example" % "abc"[i % 3], i * 2, 40000 + i,
                            client="10.0.0.%d" % (2 + i % 5)) for i in range(120)]
        results = [self.run_rule(", per: name", *flows, more=("--workers", count))
                   for count in (1, 2, 4)]
        # 6 s apart: ten of a name in a minute, so all but the first three of each
        self.assertEqual(len(self.acted_on(results[0])), 120 - 3 * 3)
        for name in "flows.csv", "out.pcapng", "counters.json":
            self.assertEqual(len({result.bytes(name) for result in results}), 1, name)


if __name__ == "__main__":
    unittest.main()
