# SPDX-License-Identifier: BSD-3-Clause
"""Labs come, stay side by side and go; however they end, nothing is left."""
import os
import signal

from laboratory_case import EXPERIMENTS, Case
from program import table


def names(listing):
    return {line.split("\t")[0]: int(line.split("\t")[1]) for line in listing.splitlines()}


@table((name, number, code) for name, number, code in (
    ("interrupt", signal.SIGINT, 130), ("terminate", signal.SIGTERM, 143),
    ("kill", signal.SIGKILL, -9)))
class Stop(Case):
    def check(self, number, code):
        process = self.start("run", EXPERIMENTS / "twitter.yaml", "-o", "out")
        self.until(lambda: {"curl", "sluice", "nginx"} <= set(self.programs()), "traffic runs", 60)
        spaces = self.spaces()
        process.send_signal(number)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, code)
        self.nothing_left(spaces)
        left = [path.name for path in self.folder.iterdir()]
        if number != signal.SIGKILL:
            self.assertEqual(left, [])
            return
        self.assertEqual(len(left), 1)  # nobody was there to remove it: the next run does
        self.experiment("everything.yaml", "--seconds", 1)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out"])


class Crash(Case):
    def test_box(self):
        """Said at once, not when the transfer's time is over."""
        process = self.start("run", EXPERIMENTS / "twitter.yaml", "-o", "out")
        self.until(lambda: {"curl", "sluice", "nginx"} <= set(self.programs()), "traffic runs", 60)
        spaces = self.spaces()
        os.kill(self.programs()["sluice"], signal.SIGKILL)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3)
        self.assertIn("scripts/lab: sluice run ended with -9", err)
        self.nothing_left(spaces)


class Stay(Case):
    def setUp(self):
        super().setUp()
        self.one, self.two = ("t%d%s" % (os.getpid(), letter) for letter in "ab")

    def up(self, name):
        code, _, err = self.lab("up", name)
        self.assertEqual(code, 0, err)

    def fetch(self, name):
        code, out, err = self.lab("exec", name, "client", "curl", "-sk", "--resolve",
                                  "www.example.org:443:198.18.0.1", "-w", "%{size_download}",
                                  "-o", "/dev/null", "https://www.example.org/383000")
        self.assertEqual((code, out), (0, "383000"), err)

    def test_two_side_by_side(self):
        self.up(self.one)
        self.up(self.two)
        spaces = self.spaces()
        self.assertGreaterEqual(len(spaces), 6)
        self.assertEqual(self.lab("up", self.one)[0], 2)
        self.assertLessEqual({self.one, self.two}, set(names(self.lab("list")[1])))
        self.fetch(self.one)
        self.assertEqual(self.lab("down", self.one)[0], 0)
        self.fetch(self.two)
        self.assertEqual(self.lab("down", self.two)[0], 0)
        self.nothing_left(spaces)

    def test_keeper_killed(self):
        self.up(self.one)
        spaces = self.spaces()
        os.kill(names(self.lab("list")[1])[self.one], signal.SIGKILL)
        self.nothing_left(spaces)
        self.assertNotIn(self.one, names(self.lab("list")[1]))
        self.up(self.one)
        self.assertEqual(self.lab("down", self.one)[0], 0)

    def test_no_such_lab(self):
        code, _, err = self.lab("exec", "nowhere", "client", "true")
        self.assertEqual(code, 2)
        self.assertIn("there is no lab nowhere", err)
