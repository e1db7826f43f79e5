# SPDX-License-Identifier: BSD-3-Clause
"""Every capture of the shared collection of real traffic goes through, and what came in is what
went out, is held or was dropped for a named reason."""
import unittest

import capture
import program

RULES = """sluice: 1
id: all-sorts
rules:
  - id: twitter
    when: {name: ["**.twitter.com", "*.twimg.com"]}
    then: [{police: {rate: 140kbit/s, burst: 17500B, count: l3, per: [flow, direction]}}]
  - id: names
    when: {tls.sni: ["*a*", "*e*"]}
    then: [{police: {rate: 100kbit/s, burst: 5000B, count: l2, per: inside-host}}]
  - id: udp
    when: {proto: udp}
    then: [{drop: {probability: 0.2}}]
  - id: rest
    when: {proto: tcp}
    then: [{freeze: {after: 25 packets}}]
"""


class Captures(program.Case):
    def closes(self, counters, where):
        self.assertEqual(counters["received"], counters["forwarded"] + counters["held"] +
                         sum(counters["dropped"].values()), where)

    def check(self, path):
        rules = self.write("rules.yaml", RULES)
        inputs = capture.read(path)
        result = self.replay(path, "--rules", rules)
        counters = result.counters
        self.closes(counters, "total")
        for kind in "rules", "ports":
            for key, part in counters[kind].items():
                self.closes(part, "%s.%s" % (kind, key))
        self.assertEqual(counters["received"], len(inputs))
        self.assertEqual(counters["received"],
                         sum(part["received"] for part in counters["ports"].values()))
        self.assertEqual(counters["held"], 0)
        verdicts = result.verdicts
        self.assertEqual([(one.time, one.data) for one in verdicts],
                         [(one.time, one.data) for one in inputs])
        self.assertEqual(len(result.out), counters["forwarded"])
        flows = result.flows
        self.assertLessEqual(sum(row.packets for row in flows), len(inputs))
        self.assertEqual(sum(row.dropped for row in flows), sum(counters["dropped"].values()))
        self.assertEqual(len({row["flow"] for row in flows}), len(flows))


try:
    FILES = program.shared("apps")
except unittest.SkipTest as why:
    WHY = str(why)

    class Absent(unittest.TestCase):
        def test_captures(self):
            self.skipTest(WHY)
else:
    program.table([(path.name, path) for path in FILES])(Captures)


if __name__ == "__main__":
    unittest.main()
