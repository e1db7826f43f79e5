# SPDX-License-Identifier: BSD-3-Clause
"""`sluice model schema`: what an editor checks a document by. Scalars are read as text, which is
what YAML's core schema leaves them to an editor as, or stricter."""
import json
import sys
import unittest

import yaml

import program

try:
    import jsonschema
except ImportError:  # for an interpreter that is not Debian's
    sys.path.append("/usr/lib/python3/dist-packages")
    import jsonschema

MODELS = sorted((program.ROOT / "control" / "models").glob("*.yaml"))

RULE = """
sluice: 1
id: mine
rules:
  - id: one
    when: {tls.sni: example.org}
    then:
      - police: {rate: 1Mbit/s, burst: 10kB, count: l3, per: flow}
"""


def schema():
    return json.loads(program.run("model", "schema").stdout)


def wrong(text):
    validator = jsonschema.Draft202012Validator(schema())
    document = yaml.load(text, yaml.BaseLoader)  # which makes nothing but text, lists and maps
    return ["/".join(map(str, error.absolute_path)) + ": " + error.message
            for error in validator.iter_errors(document)]


class Schema(unittest.TestCase):
    def test_is_one(self):
        jsonschema.Draft202012Validator.check_schema(schema())

    def test_every_reference_is_defined(self):
        whole = schema()

        def walk(value):
            if isinstance(value, dict):
                if "$ref" in value:
                    self.assertIn(value["$ref"].removeprefix("#/$defs/"), whole["$defs"])
                value = list(value.values())
            if isinstance(value, list):
                for part in value:
                    walk(part)

        walk(whole)

    def test_no_key_may_be_anything(self):
        """A word that the language has and the schema does not describe is an empty one."""
        for name, definition in [("document", schema()), *schema()["$defs"].items()]:
            for variant in [definition, *definition.get("anyOf", [])]:
                for key, value in variant.get("properties", {}).items():
                    self.assertTrue(value, "%s of %s" % (key, name))


@program.table([(path.stem, path) for path in MODELS])
class Library(unittest.TestCase):
    def check(self, path):
        self.assertEqual(wrong(path.read_text()), [])


@program.table([
    ("a rule", RULE, True),
    ("parameters", RULE.replace("1Mbit/s", "$rate"), True),
    ("unit of a rate", RULE.replace("1Mbit/s", "1Mbyte/s"), False),
    ("word of a condition", RULE.replace("tls.sni", "tls.snj"), False),
    ("word of a step", RULE.replace("police", "policy"), False),
    ("word of a policer", RULE.replace("burst", "bursts"), False),
    ("a rule without id", RULE.replace("id: one\n    ", ""), False),
    ("no rules", RULE[:RULE.index("rules:")], False),
    ("another key", RULE + "colour: red\n", False),
    ("version 2", RULE.replace("sluice: 1", "sluice: 2"), False),
])
class Documents(program.Case):
    """Valid by the schema and by the language, or by neither."""

    def check(self, text, good):
        path = self.write("mine.yaml", text.replace("$rate", "1Mbit/s").encode())
        self.assertEqual(not wrong(text), good, wrong(text))
        done = program.run("model", "check", path)
        self.assertEqual(done.returncode == 0, good, done.stderr)


if __name__ == "__main__":
    unittest.main()
