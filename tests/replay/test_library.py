# SPDX-License-Identifier: BSD-3-Clause
"""The model library as a whole: what every model owes its reader, whatever it is about."""
import json
import re
import unittest

import program

# A number that says its unit, as the language writes them; and what needs none.
WITH_UNIT = re.compile(r"[0-9.]+ ?(bit/s|kbit/s|Mbit/s|Gbit/s|B|kB|MB|GB|KiB|MiB|ns|us|ms|s|min|h|"
                       r"packets|%)$")
NUMBER = re.compile(r"[0-9.]+$")
DATE = re.compile(r"\d{4}(-\d\d){0,2}$")
CERTAINTIES = {"A", "B", "C", "D", "R", "U"}


def models():
    """The models as `model show --json` has them."""
    for line in program.run("model", "list").stdout.splitlines():
        done = program.run("model", "show", line.split()[0], "--json")
        if done.returncode:
            raise AssertionError(done.stderr)
        yield json.loads(done.stdout)


class Library(program.Case):
    def each(self):
        for model in models():
            with self.subTest(model["id"]):
                yield model

    def test_every_source_can_be_found(self):
        for model in self.each():
            self.assertTrue(model["sources"])
            for key, source in model["sources"].items():
                self.assertTrue(source["title"], key)
                self.assertTrue(source.get("url", "").startswith("https://") or source.get("note"),
                                key)

    def test_every_parameter_has_unit_source_and_certainty(self):
        for model in self.each():
            for row in model["parameters"]:
                name = row["name"]
                self.assertIn(row["source"], model["sources"], name)
                self.assertIn(row["certainty"], CERTAINTIES, name)
                self.assertTrue(row["help"], name)
                if NUMBER.match(row["value"]) and not DATE.match(row["value"]):
                    self.assertTrue(row["unit"], name)
                elif row["unit"]:
                    self.assertFalse(WITH_UNIT.match(row["value"]), name)

    def test_every_finding_has_a_source(self):
        for model in self.each():
            self.assertTrue(model["expect"])
            for finding in model["expect"] + (model["evasions"] or []):
                self.assertIn(finding["source"], model["sources"], finding)
                self.assertIn(finding.get("certainty", "A"), CERTAINTIES, finding)

    def test_unknown_is_said_where_it_is_printed(self):
        seen = 0
        for model in self.each():
            said = program.run("model", "explain", model["id"]).stdout
            for row in model["parameters"]:
                if row["certainty"] != "U":
                    continue
                seen += 1
                after = said.split("\n  %s = " % row["name"], 1)[1]
                self.assertIn("certainty U: unknown", after.split("\n  ", 4)[-1] + after[:600])
        self.assertGreater(seen, 10)

    def test_every_version_and_choice_checks(self):
        """Versions that are not in force are not read: each is asked for in turn."""
        for model in self.each():
            for name, values in self.settings(model).items():
                for value in values:
                    done = program.run("model", "explain", model["id"], "--set",
                                       "%s=%s" % (name, value))
                    self.assertEqual(done.returncode, 0, done.stderr)

    @staticmethod
    def settings(model):
        """Names of parameters that select versions, to the versions."""
        found = {}
        for spec in (model["lists"] or {}).values():
            if isinstance(spec, dict) and "versions" in spec:
                found.setdefault(spec["select"].lstrip("$"), set()).update(spec["versions"])
        return found


class Provenance(program.Case):
    """What the library's own files are refused for is not asked of a user's file."""

    def test_a_users_file_need_not_cite(self):
        path = self.write("mine.yaml", "sluice: 1\nparams: {r: {default: 1Mbit/s}}\nrules:\n"
                          "  - {id: a, then: [police: {rate: $r, burst: 10kB, count: l3}]}\n")
        self.assertEqual(program.run("model", "check", path).returncode, 0)

    def check_refused(self, text, place):
        done = program.run("model", "check", self.write("bad.yaml", text))
        self.assertEqual(done.returncode, 2)
        self.assertIn("bad.yaml:" + place, done.stderr)

    def test_evasions(self):
        head = "sluice: 1\nrules: [{id: a}]\nsources: {s: {title: t}}\n"
        for text, place in (
                ("evasions: {}\n", "4:11: evasions must be a list"),
                ("evasions: [{how: x}]\n", "4:12: the evasion has no worked"),
                ("evasions: [{how: x, worked: often}]\n", "4:29: unknown answer \"often\""),
                ("evasions: [{how: x, worked: yes, source: r}]\n", "4:42: unknown source \"r\""),
                ("evasions: [{how: x, worked: yes, date: now}]\n", "4:40: \"now\" is no date"),
                ("evasions: [{how: x, worked: yes, see: y}]\n", "4:39: unknown expectation \"y\""),
                ("evasions: [{how: x, worked: yes, certainty: E}]\n", "4:45: unknown certainty"),
                ("evasions: [{how: x, work: yes}]\n", "4:21: unknown key \"work\"")):
            with self.subTest(text):
                self.check_refused(head + text, place)

    def test_a_dated_value(self):
        text = ("sluice: 1\nparams: {day: {default: 2012-01-01}}\nlists:\n  rate: {select: $day, "
                "versions: {2011-01-01: [1Mbit/s], 2013-01-01: [2Mbit/s, 3Mbit/s]}}\nrules:\n"
                "  - {id: a, then: [police: {rate: $rate, burst: 10kB, count: l3}]}\n")
        path = self.write("dated.yaml", text)
        said = program.run("model", "explain", path)
        self.assertIn("rate 1Mbit/s (list rate, version 2011-01-01)", said.stdout, said.stderr)
        done = program.run("model", "check", path, "--set", "day=2014-01-01")
        self.assertIn("rate must be a single value, and $rate is a list", done.stderr)

    def test_a_rule_that_a_version_switches_off(self):
        text = ("sluice: 1\nparams: {way: {default: a, choices: [a, b]}}\nlists:\n  names: {select: "
                "$way, versions: {a: [], b: [x.example]}}\nrules:\n"
                "  - {id: one, when: {name: $names}, then: [drop]}\n")
        path = self.write("switch.yaml", text)
        self.assertIn("Rule one is switched off", program.run("model", "explain", path).stdout)
        said = program.run("model", "explain", path, "--set", "way=b").stdout
        self.assertIn("x.example (list names, version b)", said)


if __name__ == "__main__":
    unittest.main()
