# SPDX-License-Identifier: BSD-3-Clause
"""What an onlooker at Redis sees (`redis-cli MONITOR`) while a lab runs: numbers, names that the
operator gave, words of this program, and rules; no payload, no address, no password."""
import os
import re
import subprocess
import unittest

import capture
import nodes
import program

PASSWORD, AUTHOR = "open-sesame-4711", "ada@home"
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')
NUMBER = re.compile(r"-?\d+(-\d+)?\Z")  # also the id of an entry
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")  # of commands, fields, rules, nodes, hosts
SIGNS = {"", "+", "-", "*", "~", "$"}
PIECE = 6  # bytes of payload that would be noticed


class Monitor(nodes.Case):
    def watch(self):
        watcher = subprocess.Popen(["redis-cli", "-s", str(self.socket), "-a", PASSWORD,
                                    "--no-auth-warning", "monitor"], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.stdout.close)
        self.addCleanup(watcher.kill)
        self.assertEqual(watcher.stdout.readline(), b"OK\n")
        return watcher

    def run_a_lab(self):
        self.write("password", PASSWORD + "\n")
        given = "--redis-password-file", str(self.folder / "password")
        node = self.start(more=["--publish", "100ms", *given])
        wait = "--wait", "20s", "--author", AUTHOR, *given
        self.apply(1, *wait)
        self.rules("disable", "kept", *wait)
        self.rules("rollback", "1", *wait)
        self.flows(node)
        self.nothing_lost(node.end())

    def seen(self):
        """Words of all commands, and the text of them."""
        self.cli("config", "set", "requirepass", PASSWORD)
        watcher = self.watch()
        self.run_a_lab()
        watcher.kill()
        text = watcher.stdout.read().decode()
        return [WORD.findall(line.split("] ", 1)[1]) for line in text.splitlines()], text

    def is_plain(self, word):
        return (word in SIGNS or NUMBER.match(word) or DIGEST.match(word) or NAME.match(word) or
                word.startswith("sluice:{%s}:" % self.LAB))

    def test_nothing_but_numbers_names_and_rules(self):
        commands, text = self.seen()
        said = {words[0].upper() for words in commands}
        self.assertLessEqual({"HSET", "XADD", "XREAD", "EVAL", "PEXPIRE", "SADD"}, said)
        odd = {word for words in commands for word in words
               if not self.is_plain(word) and not word.startswith(("sluice: 1", "local have"))}
        version = program.run("--version").stdout.split()[1]
        self.assertEqual(odd, {"(redacted)", "disable kept", "rollback to version 1", version,
                               os.uname().release, AUTHOR})
        self.assertFalse(PASSWORD in text)
        self.assertIsNone(re.search(r"\b\d+\.\d+\.\d+\.\d+\b", text))
        plain = text.encode()
        for frame in capture.read(nodes.EXAMPLE):
            for at in range(54, len(frame.data) - PIECE, PIECE):
                piece = frame.data[at:at + PIECE]
                if piece.isascii() and piece.decode().isprintable() and piece.strip(b"0 ."):
                    self.assertFalse(piece in plain, piece)


if __name__ == "__main__":
    unittest.main()
