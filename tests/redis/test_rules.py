# SPDX-License-Identifier: BSD-3-Clause
"""The rules of a lab in Redis: written by compare-and-set, logged, compared and taken back. What is
there is looked at with redis-cli; digests are Python's."""
import hashlib
import subprocess
import unittest

import program
import server

DOCUMENT = """sluice: 1
id: lab
rules:
  - id: video
    when: {tls.sni: ["**.example.org"]}
    then:
      - police: {rate: %s, burst: 20kB, count: l3, per: flow}
"""
ONE, TWO = DOCUMENT % "1Mbit/s", DOCUMENT % "2Mbit/s"
KEY = "sluice:{lab}:ruleset"


class Rules(server.Case):
    def setUp(self):
        super().setUp()
        self.write("one.yaml", ONE)
        self.write("two.yaml", TWO)

    def field(self, name):
        return self.cli("hget", KEY, name)

    def test_apply(self):
        self.sluice("apply", "one.yaml", "--comment", "the first", "--author", "ada")
        self.assertEqual(self.field("version"), "1")
        self.assertEqual(self.field("document"), ONE.rstrip("\n"))
        self.assertEqual(self.field("sha256"), hashlib.sha256(ONE.encode()).hexdigest())
        self.assertEqual(self.field("author"), "ada")
        self.assertEqual(self.field("comment"), "the first")
        self.sluice("apply", "two.yaml")
        self.assertEqual(self.field("version"), "2")
        self.assertEqual(self.cli("xlen", KEY + ":log"), "2")
        self.assertEqual(self.cli("get", KEY + ":v:1"), ONE.rstrip("\n"))
        self.assertEqual(self.cli("get", KEY + ":v:2"), TWO.rstrip("\n"))

    def test_show(self):
        self.sluice("apply", "one.yaml")
        self.sluice("apply", "two.yaml")
        self.assertEqual(self.sluice("show").stdout, TWO)
        self.assertEqual(self.sluice("show", "--version", "1").stdout, ONE)
        shown = self.json("show")
        self.assertEqual((shown["version"], shown["sha256"]),
                         (2, hashlib.sha256(TWO.encode()).hexdigest()))

    def test_nothing_there(self):
        self.sluice("show", code=1)
        self.sluice("show", "--version", "3", code=2)
        self.sluice("rollback", "1", code=2)

    def test_diff(self):
        self.sluice("apply", "one.yaml")
        self.sluice("apply", "two.yaml")
        lines = self.sluice("diff", "1", "2", code=1).stdout.splitlines()
        self.assertIn("-" + ONE.splitlines()[6], lines)
        self.assertIn("+" + TWO.splitlines()[6], lines)
        self.assertEqual(self.sluice("diff", "2", "2").stdout, "")

    def test_log(self):
        for number in range(1, 6):
            self.sluice("apply", "one.yaml" if number % 2 else "two.yaml", "--comment",
                        "number %d" % number)
        entries = self.json("log", "-n", "3")
        self.assertEqual(sorted(entry["version"] for entry in entries), [3, 4, 5])
        self.assertIn("number 4", self.sluice("log").stdout)

    def test_rollback(self):
        """What was goes on as a new version, so that every node sees it."""
        self.sluice("apply", "one.yaml")
        self.sluice("apply", "two.yaml")
        self.sluice("rollback", "1")
        self.assertEqual(self.field("version"), "3")
        self.assertEqual(self.sluice("show").stdout, ONE)

    def test_only_the_last_hundred_are_kept(self):
        self.sluice("apply", "one.yaml")
        for _ in range(101):
            self.sluice("rollback", str(int(self.field("version"))))
        self.assertEqual(self.field("version"), "102")
        self.assertEqual(self.cli("exists", KEY + ":v:2"), "0")
        self.assertEqual(self.cli("exists", KEY + ":v:3"), "1")
        self.sluice("rollback", "2", code=2)

    def test_labs_are_apart(self):
        self.sluice("apply", "one.yaml")
        self.sluice("apply", "two.yaml", "--lab", "other")
        self.assertEqual(self.sluice("show").stdout, ONE)
        self.assertEqual(self.sluice("show", "--lab", "other").stdout, TWO)

    def test_bad_rules_do_not_get_in(self):
        self.sluice("apply", "one.yaml")
        self.write("bad.yaml", ONE.replace("police", "plice"))
        done = self.sluice("apply", "bad.yaml", code=2)
        self.assertRegex(done.stderr, r"bad\.yaml:7:\d+: .*plice.*police")
        self.assertEqual(self.field("version"), "1")
        self.assertRegex(self.sluice("check", "bad.yaml", code=2).stderr, r"bad\.yaml:7:")
        self.sluice("check", "one.yaml")

    def test_follows(self):
        """Compare and set: who looked at version 1 does not write over version 2."""
        self.sluice("apply", "one.yaml", "--follows", "0")
        self.sluice("apply", "two.yaml", "--follows", "1", "--author", "bea")
        done = self.sluice("apply", "one.yaml", "--follows", "1", code=1)
        self.assertIn("bea", done.stderr)
        self.assertEqual(self.field("version"), "2")

    def test_writers_at_once(self):
        """Eight at once: each version is written once, and the log has them all."""
        self.sluice("apply", "one.yaml")
        writers = [subprocess.Popen(
            [program.SLUICE, "rules", "apply", "two.yaml", "--redis", self.url, "--follows", "1",
             "--comment", str(number)], cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for number in range(8)]
        self.assertEqual(sorted(writer.wait() for writer in writers), [0] + [1] * 7)
        self.assertEqual(self.field("version"), "2")
        self.assertEqual(self.cli("xlen", KEY + ":log"), "2")

    def test_wait_without_nodes(self):
        """Nobody to wait for: said, and done at once."""
        self.sluice("apply", "one.yaml", "--wait", "2s")
        self.assertEqual(self.field("version"), "1")

    def test_anything_as_a_comment(self):
        words = "it's \"so\"; $HOME `x` \\ 100% äöü \n\t --"
        self.sluice("apply", "one.yaml", "--comment", words)
        self.assertEqual(self.json("log")[0]["comment"], words)


class Servers(server.Case):
    def setUp(self):
        super().setUp()
        self.write("one.yaml", ONE)

    def test_nobody_there(self):
        done = self.sluice("show", url="unix://%s/none" % self.folder, code=3)
        self.assertIn("none", done.stderr)

    def test_bad_addresses(self):
        for url in ("http://127.0.0.1", "redis://", "redis://user:secret@127.0.0.1",
                    "redis://127.0.0.1:99999", "redis://127.0.0.1/x", "unix://"):
            with self.subTest(url):
                done = self.sluice("show", url=url, code=2)
                self.assertNotIn("secret", done.stderr)

    def test_password(self):
        self.everywhere("config", "set", "requirepass", "open sesame")
        self.sluice("show", code=3)
        self.write("password", "open sesame\n")
        self.sluice("apply", "one.yaml", "--redis-password-file", "password")
        self.write("password", "hunter2\n")
        done = self.sluice("show", "--redis-password-file", "password", code=3)
        self.assertIn("password is wrong", done.stderr)
        self.assertNotIn("hunter2", done.stderr)

    def test_a_server_that_hangs(self):
        """It is stopped: the command gives up after its limit, with one line."""
        self.server.send_signal(subprocess.signal.SIGSTOP)
        try:
            self.sluice("show", code=3)
        finally:
            self.server.send_signal(subprocess.signal.SIGCONT)

    def test_another_type(self):
        self.cli("set", KEY, "text")
        self.sluice("show", code=3)
        self.sluice("apply", "one.yaml", code=3)
        self.assertEqual(self.cli("get", KEY), "text")

    def test_a_document_that_somebody_broke(self):
        self.sluice("apply", "one.yaml")
        self.cli("hset", KEY, "document", "sluice: 1\nrules: [")
        done = self.sluice("show", code=2)
        self.assertIn("sha256", done.stderr)

    def test_lab_names(self):
        for lab in "a b", "", "x" * 32, "a}b", "ä":
            with self.subTest(lab):
                self.sluice("show", "--lab", lab, code=2)


if __name__ == "__main__":
    unittest.main()
