# SPDX-License-Identifier: BSD-3-Clause
"""Help, the model library and the other commands that only print."""
import unittest

import conversation
import program


class Help(program.Case):
    def test_top(self):
        done = program.run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for command in "replay", "model", "report":
            self.assertIn(command, done.stdout)

    def test_replay(self):
        done = program.run("replay", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in "--model", "--rules", "--set", "--inside", "--seed", "--workers", "-o":
            self.assertIn(option, done.stdout)

    def test_lines_fit_a_terminal(self):
        for arguments in ["--help"], ["replay", "--help"], ["model", "check", "--help"]:
            for line in program.run(*arguments).stdout.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_nothing_asked_is_wrong_use(self):
        done = program.run()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("sluice: "))


class Models(program.Case):
    def ids(self):
        done = program.run("model", "list")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split()[0] for line in done.stdout.splitlines() if line.strip()]

    def test_explain_shows_a_note_in_place_of_an_address(self):
        said = program.run("model", "explain", "us-bingeon-2015").stdout
        self.assertRegex(said, r"  eff: .*\n    published by eff\.org.*\n  policing: .*\n    https://")

    def test_list_has_the_published_ones(self):
        ids = self.ids()
        self.assertEqual(ids, sorted(ids))
        for wanted in "ru-twitter-2021", "ru-l425-2025":
            self.assertIn(wanted, ids)

    def test_what_is_shown_is_a_document_that_checks(self):
        for name in self.ids():
            with self.subTest(name):
                shown = program.run("model", "show", name)
                self.assertEqual(shown.returncode, 0, shown.stderr)
                self.assertIn("id: " + name, shown.stdout)
                path = self.write("model.yaml", shown.stdout)
                checked = program.run("model", "check", path)
                self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_a_shown_model_as_rules_gives_the_same(self):
        frames = conversation.tls("abs.twimg.com").download(300000).frames
        shown = program.run("model", "show", "ru-twitter-2021")
        rules = self.write("model.yaml", shown.stdout)
        by_id = self.replay(frames, "--model", "ru-twitter-2021")
        by_file = self.replay(frames, "--rules", rules)
        self.assertEqual(by_id.flows, by_file.flows)

    def test_check_names_each_bad_file(self):
        good = self.write("good.yaml", "sluice: 1\nid: x\nrules:\n"
                                       "  - {id: one, when: {proto: tcp}}\n")
        bad = self.write("bad.yaml", "sluice: 1\nid: x\nruls: []\n")
        done = program.run("model", "check", good, bad)
        self.assertEqual(done.returncode, 2)
        self.assertIn("bad.yaml:3:", done.stderr)

    def test_explain_says_what_and_after_whom(self):
        done = program.run("model", "explain", "ru-twitter-2021")
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in "140kbit/s", "censoredplanet.org", "twitter.com":
            self.assertIn(word, done.stdout)


class Report(program.Case):
    def test_a_report_can_be_made_again(self):
        frames = conversation.tls("abs.twimg.com").download(300000).frames
        result = self.replay(frames, "--model", "ru-twitter-2021")
        first = result.bytes("report.html")
        (result.folder / "report.html").unlink()
        done = program.run("report", result.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(result.bytes("report.html") == first)


if __name__ == "__main__":
    unittest.main()
