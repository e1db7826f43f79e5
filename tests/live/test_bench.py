# SPDX-License-Identifier: BSD-3-Clause
"""`sluice bench` as a program. How fast things are is for a quiet machine to say; here, that all
contests do what they claim, and what does not depend on the machine's speed."""
import json
import pathlib
import unittest

import network
import program


EXAMPLE = str(pathlib.Path(__file__).parents[1] / "captures" / "example.pcap")


def bench(*arguments):
    return program.run("bench", *arguments)


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        network.need_root()
        done = bench("--quick", "--repeats", "1", "--memory", "256", "--json")
        if done.returncode not in (0, 1):
            raise AssertionError(done.stderr)
        cls.code, cls.said = done.returncode, json.loads(done.stdout)

    def result(self, contest, setting):
        return next(row for row in self.said["results"]
                    if (row["contest"], row["setting"]) == (contest, setting))

    def test_every_contender_is_measured(self):
        for row in self.said["results"]:
            with self.subTest(row["contest"] + " " + row["setting"]):
                self.assertGreater(len(row["contenders"]), 1)
                for one in row["contenders"]:
                    self.assertEqual(one["repeats"], 1)
                    self.assertLessEqual(one["least"], one["median"])

    def test_the_exit_code_says_what_was_missed(self):
        missed = sum(not target["met"] for row in self.said["results"] for target in row["targets"])
        self.assertEqual(self.said["targets_missed"], missed)
        self.assertEqual(self.code, 1 if missed else 0)

    def test_rates_are_exact(self):
        """Does not depend on the machine: 1 ppm at every rate."""
        rates = [row for row in self.said["results"] if row["contest"] == "B7"]
        self.assertEqual(len(rates), 6)
        for row in rates:
            self.assertLessEqual(row["contenders"][0]["median"], 1, row["setting"])

    def test_a_search_tree_is_slower(self):
        """A heap of 100,000 costs 17 levels for each packet; more than a wheel on any machine."""
        wheel, heap = self.result("B10-hold", "100k held")["contenders"]
        self.assertLess(wheel["median"], heap["median"])


class Wrong(unittest.TestCase):
    def refused(self, *arguments, says):
        done = bench(*arguments)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, says)
        self.assertEqual(done.stdout, "")

    def test_unknown_contest(self):
        self.refused("B2-lokup", says="no contest 'B2-lokup', did you mean B2-lookup")

    def test_nothing_named(self):
        self.refused(says="--list")

    def test_unknown_setting(self):
        self.refused("B2", "--setting", "2k", says="2k.*1k, 100k, 1M")

    def test_two_cores(self):
        self.refused("B2", "--core", "0,1", says="one core")


class Captures(unittest.TestCase):
    """B11 wants real flows: those of the example."""

    def test_each_group_is_measured(self):
        network.need_root()
        done = bench("B11", "--capture", EXAMPLE, "--setting", "all flows",
                     "--repeats", "1", "--memory", "64", "--json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        names = [one["contender"] for one in json.loads(done.stdout)["results"][0]["contenders"]]
        self.assertEqual(names[0], "sluice")
        self.assertEqual(len(names), 3)

    def test_no_capture(self):
        network.need_root()
        done = bench("B11")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--capture FILE", done.stderr)

    def test_no_such_flow(self):
        """The example has no QUIC."""
        network.need_root()
        done = bench("B11", "--capture", EXAMPLE, "--setting", "QUIC")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no flow of QUIC", done.stderr)

    def test_a_capture_that_is_none(self):
        done = bench("B11", "--capture", __file__)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.splitlines()), 1)
