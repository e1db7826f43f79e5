# SPDX-License-Identifier: BSD-3-Clause
"""Rules that are disabled and enabled: by document, and in the lab."""
import unittest

import nodes
import server

FLOW = "{sluice: 1, id: flow, title: äöü, rules: [{id: a, when: {proto: udp}}, {id: b}]}\n"
FORMS = (
    # (document, after `disable a`)
    ("sluice: 1\nrules:\n  - id: a # of udp\n    when: {proto: udp}\n  - id: b\n",
     "sluice: 1\nrules:\n  - id: a # of udp\n    enabled: no\n    when: {proto: udp}\n  - id: b\n"),
    ("sluice: 1\nrules:\n- when: {proto: udp}\n  id: a\n- id: b\n",
     "sluice: 1\nrules:\n- when: {proto: udp}\n  enabled: no\n  id: a\n- id: b\n"),
    (FLOW, FLOW.replace("{id: a, when", "{id: a, enabled: no, when")),
    ("sluice: 1\nrules: [{id: a}]\n", "sluice: 1\nrules: [{enabled: no, id: a}]\n"),
    ("sluice: 1\nrules:\n  - id: a\n    enabled: 'yes'\n",
     "sluice: 1\nrules:\n  - id: a\n    enabled: no\n"),
)


class Documents(server.Case):
    def test_only_the_switch_is_written(self):
        for before, after in FORMS:
            with self.subTest(before):
                self.write("rules.yaml", before)
                self.sluice("apply", "rules.yaml")
                self.sluice("disable", "a")
                self.assertEqual(self.sluice("show").stdout, after)
                self.assertEqual(self.json("log", "-n", "1")[0]["comment"], "disable a")
                self.sluice("enable", "a")
                self.assertEqual(self.sluice("show").stdout,
                                 after.replace("enabled: no", "enabled: yes"))

    def test_refused(self):
        self.sluice("disable", "a", code=1)  # no rules yet
        self.write("rules.yaml", FORMS[0][0].replace("id: a", "id: alpha"))
        self.sluice("apply", "rules.yaml")
        self.assertIn('did you mean "alpha"', self.sluice("disable", "alpa", code=2).stderr)
        self.assertIn("already", self.sluice("enable", "alpha", code=1).stderr)
        self.sluice("disable", "alpha", "--follows", "7", code=1)
        self.assertEqual(self.json("show")["version"], 1)

    def test_all_of_a_disabled_rule_is_checked(self):
        self.write("rules.yaml", "sluice: 1\nrules:\n  - id: a\n    enabled: no\n"
                   "    when: {proto: upd}\n")
        self.assertRegex(self.sluice("check", "rules.yaml", code=2).stderr, r"yaml:5:\d+: ")

    def test_a_rule_behind_a_disabled_one_can_match(self):
        """Two of the same condition are a mistake, unless the first is off."""
        twice = "sluice: 1\nrules:\n  - id: a\n%s    when: {proto: udp}\n" \
                "  - id: b\n    when: {proto: udp}\n"
        self.write("rules.yaml", twice % "")
        self.sluice("check", "rules.yaml", code=2)
        self.write("rules.yaml", twice % "    enabled: no\n")
        self.sluice("check", "rules.yaml")


class Traffic(nodes.Case):
    def test_packets_meet_the_next_rule(self):
        """UDP falls to the second rule while the first is off. When it is on again flows stay
        where they are, as always when the rule of a flow has not changed; new ones meet it."""
        self.write("rules.yaml", "sluice: 1\nid: two\nrules:\n  - id: first\n"
                   "    when: {proto: udp}\n  - id: second\n    when: {proto: [udp, tcp]}\n")
        node = self.start()
        self.rules("apply", "rules.yaml", "--wait", "20s")
        counted = lambda rule: node.counters()["rules"][rule]["received"]
        self.wait_for(lambda: counted("first") > 1000)
        self.rules("disable", "first", "--wait", "20s")
        before, second = counted("first"), counted("second")
        self.wait_for(lambda: counted("second") > second + 1000)
        self.assertEqual(counted("first"), before)
        self.rules("enable", "first", "--wait", "20s")
        self.nothing_lost(node.end())
        node = self.start()
        self.wait_for(lambda: counted("first") > 1000)
        self.nothing_lost(node.end())


if __name__ == "__main__":
    unittest.main()
