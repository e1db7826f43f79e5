# SPDX-License-Identifier: BSD-3-Clause
"""`sluice top` in a terminal: what it shows is compared with what redis-cli and telemetry say."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

import nodes
import program

ESCAPE = re.compile(r"\033\[[0-9;?]*[A-Za-z]")
BLOCKS = "▁▂▃▄▅▆▇█"


class Terminal:
    """The command in a terminal; `screen()` is the last whole one that it drew."""

    def __init__(self, *arguments, columns=80, rows=24, **environment):
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [program.SLUICE, "top", "--interval", "200ms", *arguments], stdin=slave, stdout=slave,
            stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "", **environment})
        self.slave, self.text = slave, ""

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.3):
        while select.select([self.master], [], [], seconds)[0]:
            self.text += os.read(self.master, 65536).decode(errors="replace")
            seconds = 0

    def screen(self):
        """Lines of the last drawing that ended."""
        self.read()
        drawings = self.text.split("\033[H")
        self.text = "\033[H".join(drawings[-3:])
        whole = [drawing for drawing in drawings[1:] if "\033[J" in drawing]
        if not whole:
            return []
        # The terminal makes "\r\n" of each "\n" once more.
        return [line.rstrip("\r")
                for line in ESCAPE.sub("", whole[-1].split("\033[J")[0]).split("\r\n")]

    def press(self, keys):
        os.write(self.master, keys.encode())

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.slave)
        os.close(self.master)


class Top(nodes.Case):
    def open(self, *arguments, **more):
        terminal = Terminal(*arguments, **more)
        self.addCleanup(terminal.close)
        return terminal

    def of_lab(self, **more):
        return self.open("--redis", self.url, "--lab", self.LAB, *more.pop("words", ()), **more)

    def start_node(self, name="one"):
        return self.start(name, more=["--publish", "100ms"])

    def row(self, terminal, name):
        """The words of the line that begins with the name; none when there is no such line."""
        for line in terminal.screen():
            words = line.split()
            if words and words[0] == name:
                return words
        return []

    def wait_for_row(self, terminal, name, *words):
        return self.wait_for(lambda: (row := self.row(terminal, name))[1:] and
                             set(words) <= set(row) and row)

    def fits(self, terminal):
        lines = terminal.screen()
        self.assertLessEqual(len(lines), terminal.rows)
        self.assertLessEqual(max(map(len, lines)), terminal.columns)
        return lines

    def test_a_lab(self):
        first = self.start_node()
        second = self.start_node("two")
        self.apply(1, "--wait", "20s")
        terminal = self.of_lab()
        self.wait_for_row(terminal, "one", "1", "applied")
        self.wait_for_row(terminal, "two", "1", "applied")
        self.wait_for(lambda: re.search(r"offered [\d.]+[MG]bit/s", "\n".join(self.fits(terminal))))
        self.wait_for(lambda: any(block in "".join(terminal.screen()) for block in BLOCKS))
        lines = self.fits(terminal)
        self.assertIn("lab " + self.LAB, lines[0])
        self.assertIn("drops/s  none", lines)
        self.assertEqual(len(lines), 24)
        summaries = [first.end(), second.end()]
        self.wait_for_row(terminal, "one", "gone")
        for rule in "kept", "number1":
            hits = sum(summary["rules"][rule]["received"] for summary in summaries)
            self.wait_for_row(terminal, rule, str(hits))

    def test_rates(self):
        """Of a box that counts nothing but what it forwards, against telemetry."""
        node = self.start_node()
        self.apply(1, "--wait", "20s")
        terminal = self.of_lab()

        def alike():
            before = node.counters()
            time.sleep(1)
            after = node.counters()
            truth = 8 * (after["received_bytes"] - before["received_bytes"]) / (
                (after["time_ns"] - before["time_ns"]) / 1e9)
            shown = re.search(r"offered ([\d.]+)([kMG]?)bit/s", "\n".join(terminal.screen()))
            said = float(shown[1]) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[shown[2]]
            return 0.5 < said / truth < 2
        self.wait_for(alike)

    def test_keys(self):
        self.start_node()
        self.apply(1, "--wait", "20s")
        terminal = self.of_lab()
        self.wait_for_row(terminal, "kept")
        terminal.press("n")
        self.wait_for(lambda: "by name" in terminal.screen()[-1])
        names = [line.split()[0] for line in terminal.screen() if line.startswith(("kept", "numb"))]
        self.assertEqual(names, ["kept", "number1"])
        terminal.press("j")
        self.wait_for(lambda: not self.row(terminal, "kept"))
        terminal.press("k")
        self.wait_for_row(terminal, "kept")
        terminal.press("/ber\r")
        self.wait_for(lambda: self.row(terminal, "number1") and not self.row(terminal, "kept"))
        terminal.press("\033")
        self.wait_for_row(terminal, "kept")
        terminal.press("p")
        self.wait_for(lambda: "PAUSED" in terminal.screen()[0])
        hits = self.row(terminal, "kept")[1]
        time.sleep(1)
        self.assertEqual(self.row(terminal, "kept")[1], hits)
        terminal.press("p")
        self.wait_for(lambda: self.row(terminal, "kept")[1] != hits)
        terminal.press("q")
        self.assertEqual(terminal.process.wait(20), 0)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        terminal.read()
        self.assertTrue(terminal.text.endswith("\033[?1049l"))

    def test_sizes_and_colours(self):
        """From small to large; no colour and no byte beyond ASCII when they are not wanted."""
        self.start_node()
        self.apply(1, "--wait", "20s")
        terminal = self.of_lab(words=["--plain"])
        for columns, rows in (20, 5), (40, 10), (80, 24), (250, 60):
            terminal.resize(columns, rows)
            os.kill(terminal.process.pid, signal.SIGWINCH)
            self.wait_for(lambda rows=rows: len(terminal.screen()) == rows)
            self.fits(terminal)
        self.assertTrue(terminal.text.isascii())
        self.assertNotRegex(terminal.text, r"\033\[\d+m")
        os.kill(terminal.process.pid, signal.SIGTERM)
        self.assertEqual(terminal.process.wait(20), 0)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)

    def test_a_box(self):
        """Without a Redis: ports instead of nodes."""
        node = self.start_node()
        self.apply(1, "--wait", "20s")
        terminal = self.open("--lab", node.lab)
        self.wait_for_row(terminal, "kept")
        self.assertIn("box " + node.lab, self.fits(terminal)[0])
        self.assertTrue(self.row(terminal, "PORT"))
        self.assertTrue(self.row(terminal, "0") and self.row(terminal, "1"))

    def test_redis_goes_and_comes(self):
        self.start_node()
        self.apply(1, "--wait", "20s")
        terminal = self.of_lab()
        self.wait_for_row(terminal, "kept")
        self.stop_redis(self.server)
        self.wait_for(lambda: "redis" in terminal.screen()[0])
        self.start_redis()
        self.apply(1)
        self.wait_for(lambda: "redis" not in terminal.screen()[0])
        self.wait_for_row(terminal, "one", "applied")

    def test_refused(self):
        done = program.run("top", "--redis", self.url)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("no terminal", done.stderr)
        self.assertEqual(program.run("top", "--interval", "1ms").returncode, 2)
        terminal = self.open("--redis", "unix:///nowhere/redis")
        self.assertEqual(terminal.process.wait(20), 3)
        self.assertNotIn(b"\033", terminal.process.stderr.read())


if __name__ == "__main__":
    unittest.main()
