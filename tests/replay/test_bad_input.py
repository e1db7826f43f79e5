# SPDX-License-Identifier: BSD-3-Clause
"""Wrong use and bad input: exit code 2, one line that says where and what is allowed, and the
disk as it was."""
import os
import shutil
import subprocess
import unittest

import capture
import conversation
import program
import wire

MODEL = "--model", "ru-twitter-2021"

GOOD = """sluice: 1
id: example
title: An example
params:
  speed: {default: 140kbit/s, range: [100kbit/s, 200kbit/s]}
rules:
  - id: one
    when:
      initiator: inside
      proto: tcp
      tls.sni: ["*.example.org"]
    then:
      - police: {rate: $speed, burst: 17500B, count: l3, per: [flow, direction]}
  - id: two
    when: {proto: udp}
    then:
      - freeze: {after: 25 packets}
"""


def traffic():
    return conversation.tls("www.example.org").download(20000).frames


class Refused(program.Case):
    def setUp(self):
        super().setUp()
        self.trace = capture.write(self.folder / "trace.pcap", traffic())

    def contents(self):
        return sorted((str(path), path.read_bytes() if path.is_file() else None)
                      for path in self.folder.rglob("*"))

    def refused(self, *arguments, says=(), stdin=None, codes=(2,)):
        """Runs it in the test's folder; returns the line."""
        before = self.contents()
        done = program.run(*arguments, stdin=stdin, cwd=self.folder, timeout=60)
        self.assertIn(done.returncode, codes, done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("sluice: "), lines[0])
        self.assertLess(len(lines[0]), 600)
        self.assertEqual(done.stdout, "")
        for word in says:
            self.assertIn(word, lines[0])
        self.assertEqual(self.contents(), before)
        return lines[0]


@program.table([
    ("missing", lambda path: None, ["input"]),
    ("directory", lambda path: path.mkdir(), ["input"]),
    ("empty file", lambda path: path.write_bytes(b""), ["input"]),
    ("three bytes", lambda path: path.write_bytes(b"\xa1\xb2\xc3"), ["input"]),
    ("half a file header", lambda path: path.write_bytes(capture.pcap_bytes([])[:12]), ["input"]),
    ("text", lambda path: path.write_text("time,source,length\n" * 100), ["input"]),
    ("noise", lambda path: path.write_bytes(wire.noise(5000)), ["input"]),
    ("unknown link type", lambda path: capture.write(path, traffic(), link=147), ["input"]),
    ("bluetooth", lambda path: capture.write(path, traffic(), link=187), ["input"]),
    ("unknown link type in pcapng",
     lambda path: path.write_bytes(capture.pcapng_bytes(traffic(), link=147)), ["input"]),
])
class Captures(Refused):
    """What is given as a capture."""

    def check(self, make, says):
        make(self.folder / "input")
        self.refused("replay", "input", *MODEL, "-o", "out", says=says)
        # Nor as one of several.
        self.refused("replay", self.trace, "input", *MODEL, "-o", "out", says=says)


class MoreCaptures(Refused):
    def test_link_type_is_named_with_the_known_ones(self):
        capture.write(self.folder / "input", traffic(), link=187)
        line = self.refused("replay", "input", *MODEL, "-o", "out")
        self.assertRegex(line, "BLUETOOTH|187")
        self.assertRegex(line, "(?i)ethernet|EN10MB")

    def test_unreadable(self):
        """As a user who may not read it; root may read everything."""
        self.folder.chmod(0o755)
        binary = self.folder / "sluice"
        shutil.copy(program.SLUICE, binary)
        place = self.folder / "place"
        place.mkdir()
        place.chmod(0o777)
        self.trace.chmod(0)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run([binary, "replay", self.trace, *MODEL, "-o", place / "out"],
                              capture_output=True, cwd=place, check=False, **nobody)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith(b"sluice: "))
        self.assertEqual(list(place.iterdir()), [])

    def test_nothing_on_standard_input(self):
        self.refused("replay", "-", *MODEL, "-o", "out", stdin=b"")

    def test_text_on_standard_input(self):
        self.refused("replay", "-", *MODEL, "-o", "out", stdin=b"hello\n" * 1000)

    def test_standard_input_twice(self):
        self.refused("replay", "-", "-", *MODEL, "-o", "out",
                     stdin=capture.pcap_bytes(traffic()))

    def test_standard_input_as_capture_and_rules(self):
        self.refused("replay", "-", "--rules", "-", "-o", "out", stdin=GOOD.encode())


TRACE = "trace.pcap"
OUT = "-o", "out"


@program.table([
    ("no capture", ["replay", *MODEL, *OUT], []),
    ("no output", ["replay", TRACE, *MODEL], ["-o"]),
    ("no value for output", ["replay", TRACE, *MODEL, "-o"], ["-o"]),
    ("empty output", ["replay", TRACE, *MODEL, "-o", ""], []),
    ("no model and no rules", ["replay", TRACE, *OUT], ["--model", "--rules"]),
    ("model and rules", ["replay", TRACE, *MODEL, "--rules", "good.yaml", *OUT],
     ["--model", "--rules"]),
    ("unknown option", ["replay", TRACE, *MODEL, *OUT, "--modle=x"], ["--modle", "--model"]),
    ("unknown letter", ["replay", TRACE, *MODEL, *OUT, "-q"], ["-q"]),
    ("value for a flag", ["replay", TRACE, *MODEL, *OUT, "--force=yes"], ["--force"]),
    ("unknown model", ["replay", TRACE, "--model", "ru-twiter-2021", *OUT], ["ru-twitter-2021"]),
    ("model that is nothing like any", ["replay", TRACE, "--model", "qqqqqqqqqqqqqqqqq", *OUT],
     ["qqqqqqqqqqqqqqqqq"]),
    ("model as a path", ["replay", TRACE, "--model", "../good", *OUT], ["../good"]),
    ("missing rules file", ["replay", TRACE, "--rules", "absent.yaml", *OUT], ["absent.yaml"]),
    ("folder as rules file", ["replay", TRACE, "--rules", ".", *OUT], []),
    ("set of an absent parameter", ["replay", TRACE, *MODEL, "--set", "rat=140kbit/s", *OUT],
     ["rat", "rate"]),
    ("set without a value", ["replay", TRACE, *MODEL, "--set", "rate", *OUT], ["rate"]),
    ("set to nothing", ["replay", TRACE, *MODEL, "--set", "rate=", *OUT], ["rate"]),
    ("set without a unit", ["replay", TRACE, *MODEL, "--set", "rate=140000", *OUT], ["rate"]),
    ("set to another kind", ["replay", TRACE, *MODEL, "--set", "rate=140s", *OUT], ["rate"]),
    ("set below the range", ["replay", TRACE, *MODEL, "--set", "rate=129kbit/s", *OUT],
     ["rate", "130kbit/s", "150kbit/s"]),
    ("set above the range", ["replay", TRACE, *MODEL, "--set", "rate=151kbit/s", *OUT],
     ["rate", "130kbit/s", "150kbit/s"]),
    ("set to an unknown date", ["replay", TRACE, *MODEL, "--set", "date=2021-13-01", *OUT],
     ["date"]),
    ("set in a file", ["replay", TRACE, "--rules", "good.yaml", "--set", "speed=201kbit/s", *OUT],
     ["speed", "100kbit/s", "200kbit/s"]),
    ("seed that is no number", ["replay", TRACE, *MODEL, "--seed", "x", *OUT], ["--seed"]),
    ("negative seed", ["replay", TRACE, *MODEL, "--seed", "-1", *OUT], ["--seed"]),
    ("seed of 65 bits", ["replay", TRACE, *MODEL, "--seed", "18446744073709551616", *OUT],
     ["--seed"]),
    ("no workers", ["replay", TRACE, *MODEL, "--workers", "0", *OUT], ["--workers"]),
    ("inside that is no prefix", ["replay", TRACE, *MODEL, "--inside", "home", *OUT], ["home"]),
    ("inside with 33 bits", ["replay", TRACE, *MODEL, "--inside", "10.0.0.0/33", *OUT],
     ["10.0.0.0/33"]),
    ("inside with host bits", ["replay", TRACE, *MODEL, "--inside", "10.0.0.1/8", *OUT],
     ["10.0.0.1/8"]),
    ("unknown command", ["repaly", TRACE, *MODEL, *OUT], ["replay"]),
    ("unknown model command", ["model", "lst"], ["list"]),
    ("show of an unknown model", ["model", "show", "ru-twiter-2021"], ["ru-twitter-2021"]),
    ("check of a missing file", ["model", "check", "absent.yaml"], ["absent.yaml"]),
])
class CommandLine(Refused):
    """What is asked for."""

    def check(self, arguments, says):
        self.write("good.yaml", GOOD)
        self.refused(*arguments, says=says)


class OutputFolder(Refused):
    """Where it goes."""

    def earlier_result(self):
        done = program.run("replay", self.trace, *MODEL, "-o", "out", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)

    def refuses_to_touch(self, *more):
        return self.refused("replay", self.trace, *MODEL, "-o", "out", *more, says=["out"])

    def test_of_somebody_else(self):
        (self.folder / "out").mkdir()
        self.write("out/thesis.tex", "years of work")
        self.refuses_to_touch()
        self.refuses_to_touch("--force")

    def test_of_somebody_else_with_a_run_json(self):
        (self.folder / "out").mkdir()
        self.write("out/run.json", '{"tool": "another"}')
        self.refuses_to_touch()
        self.refuses_to_touch("--force")

    def test_a_file(self):
        self.write("out", "years of work")
        self.refuses_to_touch()
        self.refuses_to_touch("--force")

    def test_a_link_to_a_folder_of_somebody_else(self):
        (self.folder / "theirs").mkdir()
        self.write("theirs/thesis.tex", "years of work")
        (self.folder / "out").symlink_to("theirs")
        self.refuses_to_touch()
        self.refuses_to_touch("--force")

    def test_a_result_of_ours_needs_force(self):
        self.earlier_result()
        self.refuses_to_touch()
        again = program.run("replay", self.trace, *MODEL, "-o", "out", "--force", "--seed", "5",
                            cwd=self.folder)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(program.Result(self.folder / "out", again).manifest["seed"], 5)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"out", "trace.pcap"})

    def test_a_result_with_work_of_somebody_in_it(self):
        self.earlier_result()
        self.write("out/notes.txt", "years of work")
        self.refuses_to_touch("--force")

    def test_an_input_in_the_output_folder(self):
        self.earlier_result()
        self.refused("replay", "out/out.pcapng", *MODEL, "-o", "out", "-f", says=["lies in the"])

    def test_bad_input_keeps_an_older_result(self):
        self.earlier_result()
        self.refused("replay", "absent.pcap", *MODEL, "-o", "out", "--force")
        self.refused("replay", self.trace, "--rules", "absent.yaml", "-o", "out", "--force")

    def test_parent_that_is_not_there(self):
        self.refused("replay", self.trace, *MODEL, "-o", "no/such/out", says=["no/such"],
                     codes=(2, 3))


def rules(text):
    return "sluice: 1\nid: x\nrules:\n" + text


def one_rule(when="{proto: tcp}", then="police: {rate: 1Mbit/s, burst: 20000B, count: l3}"):
    """Its `when` is on line 5 and its `then` on line 6."""
    return rules("  - id: one\n    when: %s\n    then: [%s]\n" % (when, then))


def police(words):
    return one_rule(then="police: {%s}" % words)


@program.table([
    ("nothing", "", None, []),
    ("a list", "- a\n- b\n", 1, []),
    ("a word", "throttle\n", 1, []),
    ("not yaml", "sluice: 1\nid: x\nrules: [\n", None, []),
    ("tab", "sluice: 1\nid: x\nrules:\n\t- id: one\n", 4, []),
    ("binary", b"\x7fELF\0\0\0\0", None, []),
    ("not utf-8", b"sluice: 1\nid: \xff\xfe\nrules: []\n", None, []),
    ("language of the future", "sluice: 2\nid: x\nrules:\n  - {id: one, when: {proto: tcp}}\n", 1,
     ["1"]),
    ("no language", "id: x\nrules:\n  - {id: one, when: {proto: tcp}}\n", None, ["sluice"]),
    ("unknown key at the top", "sluice: 1\nid: x\nruls: []\n", 3, ["ruls", "rules"]),
    ("same key twice", "sluice: 1\nid: x\nid: y\nrules:\n  - {id: one, when: {proto: tcp}}\n", 3,
     ["id"]),
    ("no rules", "sluice: 1\nid: x\n", None, ["rules"]),
    ("unknown key in a rule", rules("  - id: one\n    wen: {proto: tcp}\n"), 5, ["wen", "when"]),
    ("rule without id", rules("  - when: {proto: tcp}\n"), 4, ["id"]),
    ("two rules with one id", rules("  - {id: one, when: {proto: tcp}}\n"
                                    "  - {id: one, when: {proto: udp}}\n"), 5, ["one"]),
    ("unknown condition", one_rule("{tls.sin: [a.example]}"), 5, ["tls.sin", "tls.sni"]),
    ("unknown protocol", one_rule("{proto: tpc}"), 5, ["tpc", "tcp"]),
    ("protocol 256", one_rule("{proto: 256}"), 5, ["256"]),
    ("unknown application", one_rule("{app: [YuoTube]}"), 5, ["YuoTube", "YouTube"]),
    ("unknown initiator", one_rule("{initiator: insid}"), 5, ["insid", "inside"]),
    ("port 70000", one_rule("{server_port: 70000}"), 5, ["70000"]),
    ("ports backwards", one_rule("{server_port: 90-80}"), 5, ["90-80"]),
    ("not a prefix", one_rule("{server: [198.51.100.0/40]}"), 5, ["198.51.100.0/40"]),
    ("prefix with host bits", one_rule("{server: [198.51.100.7/24]}"), 5, ["198.51.100.7/24"]),
    ("pattern of stars", one_rule('{tls.sni: ["**"]}'), 5, ["**"]),
    ("star in the middle", one_rule('{tls.sni: ["a.*.example"]}'), 5, ["a.*.example"]),
    ("unknown throttle", one_rule(then="plice: {rate: 1Mbit/s}"), 6, ["plice", "police"]),
    ("unknown word of police", police("rate: 1Mbit/s, brust: 20000B, count: l3"), 6,
     ["brust", "burst"]),
    ("no unit of a rate", police("rate: 140, burst: 20000B, count: l3"), 6, ["140", "bit/s"]),
    ("unknown unit of a rate", police("rate: 140kbps, burst: 20000B, count: l3"), 6,
     ["140kbps", "kbit/s"]),
    ("no unit of a size", police("rate: 1Mbit/s, burst: 17500, count: l3"), 6, ["17500", "B"]),
    ("rate 0", police("rate: 0kbit/s, burst: 20000B, count: l3"), 6, ["0kbit/s"]),
    ("rate 401 Gbit", police("rate: 401Gbit/s, burst: 20000B, count: l3"), 6, ["400Gbit/s"]),
    ("negative rate", police("rate: -1Mbit/s, burst: 20000B, count: l3"), 6, ["-1Mbit/s"]),
    ("rate that overflows", police("rate: 99999999999999999999Gbit/s, burst: 20000B, count: l3"),
     6, []),
    ("burst smaller than a packet", police("rate: 1Mbit/s, burst: 1499B, count: l3"), 6,
     ["1500B"]),
    ("burst smaller than a frame", police("rate: 1Mbit/s, burst: 1517B, count: l2"), 6,
     ["1518B"]),
    ("no burst", police("rate: 1Mbit/s, count: l3"), 6, ["burst"]),
    ("no layer", police("rate: 1Mbit/s, burst: 20000B"), 6, ["count"]),
    ("unknown layer", police("rate: 1Mbit/s, burst: 20000B, count: l4"), 6, ["l4", "l3"]),
    ("unknown sharer", police("rate: 1Mbit/s, burst: 20000B, count: l3, per: [flwo]"), 6,
     ["flwo", "flow"]),
    ("probability over 1", one_rule(then="drop: {probability: 1.5}"), 6, ["1.5"]),
    ("unknown direction", one_rule(then="drop: {direction: dwon}"), 6, ["dwon", "down"]),
    ("freeze after nothing", one_rule(then="freeze: {after: 0 packets}"), 6, ["after"]),
    ("freeze without a unit", one_rule(then="freeze: {after: 25}"), 6, ["25", "packets"]),
    ("unknown parameter", police("rate: $sped, burst: 20000B, count: l3"), 6, ["sped"]),
    ("rule after a rule for everything",
     rules("  - id: all\n    when: {proto: [tcp, udp]}\n  - id: never\n    when: {proto: tcp}\n"),
     None, ["never"]),
    ("rule that repeats another",
     rules('  - id: a\n    when: {tls.sni: ["*.example.org"]}\n'
           '  - id: never\n    when: {tls.sni: ["*.example.org"]}\n'), None, ["never"]),
    ("condition that contradicts itself", one_rule('{proto: udp, tls.sni: ["a.example"]}'), 5,
     []),
    ("default outside its range", "sluice: 1\nid: x\nparams:\n"
     "  r: {default: 9kbit/s, range: [1kbit/s, 2kbit/s]}\nrules:\n  - id: one\n"
     "    when: {proto: tcp}\n    then: [police: {rate: $r, burst: 20000B, count: l3}]\n", 4,
     ["9kbit/s"]),
    ("aliases without end", "sluice: 1\nid: x\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        "%s: &%s [%s]\n" % (name, name, ",".join(["*" + before] * 9))
        for before, name in zip("abcdefghij", "bcdefghijk")) + "rules: []\n", None, []),
    ("nested without end", "sluice: 1\nid: x\nrules: " + "[" * 20000 + "\n", None, []),
    ("conditions nested without end", one_rule("{not: " * 3000 + "{proto: tcp}" + "}" * 3000),
     None, []),
])
class Document(Refused):
    """What a rules file says: FILE:LINE:COLUMN, and the word that is wrong and one that is not."""

    def check(self, document, line, says):
        self.write("rules.yaml", document)
        found = self.refused("replay", self.trace, "--rules", "rules.yaml", *OUT, says=says)
        self.assertRegex(found, r"^sluice: rules\.yaml:\d+:\d+: ")
        if line:
            self.assertEqual(int(found.split(":")[2]), line, found)
        # The same words when the file is only checked.
        checked = self.refused("model", "check", "rules.yaml")
        self.assertEqual(checked, found)


class Mutations(Refused):
    """Anything at all comes in: it is read or refused, never a crash or a hang."""

    def survives(self, *arguments):
        done = program.run(*arguments, cwd=self.folder, timeout=30)
        self.assertIn(done.returncode, (0, 2), done.stderr)
        if done.returncode == 2:
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertFalse((self.folder / "out").exists())
        self.assertEqual({path.name for path in self.folder.iterdir()} - {"out"},
                         {"trace.pcap", "input"})
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        return done.returncode

    def test_the_document_itself_is_good(self):
        self.write("input", GOOD)
        self.assertEqual(self.survives("replay", self.trace, "--rules", "input", *OUT), 0)

    def test_documents_that_end_early(self):
        for end in range(1, len(GOOD), 5):
            with self.subTest(end):
                self.write("input", GOOD[:end])
                self.survives("model", "check", "input")

    def test_documents_with_one_byte_changed(self):
        for at in range(0, len(GOOD), 4):
            with self.subTest(at):
                content = bytearray(GOOD.encode())
                content[at] = b"\x00\xff:{[-*&!$"[at // 4 % 10]
                self.write("input", bytes(content))
                self.survives("model", "check", "input")

    def test_captures_with_one_byte_changed(self):
        content = capture.pcap_bytes(traffic()[:12])
        for at in range(0, len(content), 17):
            with self.subTest(at):
                changed = bytearray(content)
                changed[at] ^= 0xff
                self.write("input", bytes(changed))
                self.survives("replay", "input", *MODEL, *OUT)

    def test_pcapng_with_one_byte_changed(self):
        content = capture.pcapng_bytes(traffic()[:8])
        for at in range(0, 300, 4):
            with self.subTest(at):
                changed = bytearray(content)
                changed[at] ^= 0xff
                self.write("input", bytes(changed))
                self.survives("replay", "input", *MODEL, *OUT)


if __name__ == "__main__":
    unittest.main()
