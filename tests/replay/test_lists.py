# SPDX-License-Identifier: BSD-3-Clause
"""Lists in files as a user has them: packed by other programs, large, partly bad."""
import gzip
import lzma
import time
import unittest

import conversation
import program
import wire

NAMES = "a.example\nb.example # a comment\n"
LIMIT = 64 * 1000 * 1000  # bytes, unpacked
PACKERS = {"gz": gzip.compress, "xz": lzma.compress}


class Lists(program.Case):
    def rules(self, content, spec=""):
        """The path of rules that tell what is on a list with this content."""
        self.write("list", content)
        return self.write("rules.yaml", "sluice: 1\nlists: {l: {file: list%s}}\n"
                          "rules: [{id: listed, when: {tls.sni: $l}}]\n" % spec)

    def rule_of(self, name, rules, *arguments):
        flow = conversation.Tcp().handshake().up(wire.client_hello(name))
        return self.replay(flow.frames, "--rules", rules, *arguments)

    def refused(self, rules, *words, code=2):
        done = program.run("model", "check", rules)
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_packed(self):
        for word, pack in PACKERS.items():
            with self.subTest(word):
                rules = self.rules(pack(NAMES.encode()))
                self.assertEqual(self.rule_of("b.example", rules).flow["rule"], "listed")
                self.assertEqual(self.rule_of("c.example", rules).flow["rule"], "")

    def test_several_members(self):
        for word, pack in PACKERS.items():
            with self.subTest(word):
                rules = self.rules(pack(b"a.example\n") + pack(b"b.example\n"))
                self.assertEqual(self.rule_of("b.example", rules).flow["rule"], "listed")

    def test_broken(self):
        for word, pack in PACKERS.items():
            whole = pack(NAMES.encode() * 100)
            with self.subTest(word):
                self.refused(self.rules(whole[:-9]), "packed data ends early")
                turned = bytearray(whole)
                turned[-5] ^= 0x55
                self.refused(self.rules(bytes(turned)), "packed data is broken")

    def test_bombs(self):
        """A megabyte or less that unpacks to one byte more than is allowed, or to much more."""
        for word, pack in PACKERS.items():
            for size in LIMIT + 1, 3 * LIMIT:
                with self.subTest(word, size=size):
                    rules = self.rules(pack(b"#" * size))
                    self.assertLess((self.folder / "list").stat().st_size, 10 ** 6)
                    self.refused(rules, "larger than is allowed", "64 MB")

    def test_largest(self):
        whole = NAMES.encode() + b"#" * (LIMIT - len(NAMES))
        for word, pack in PACKERS.items():
            with self.subTest(word):
                self.assertEqual(program.run("model", "check",
                                             self.rules(pack(whole))).returncode, 0)

    def test_skip_bad(self):
        rules = self.rules(b"0.0.0.0 a.example\nnonsense\n0.0.0.0 b.example\n", ", format: hosts")
        self.refused(rules, "list:2:1: the line is no line of a hosts file")
        result = self.rule_of("b.example", rules, "--skip-bad")
        self.assertEqual(result.flow["rule"], "listed")
        warnings = result.manifest["warnings"]
        self.assertIn("1 bad line of list files skipped (--skip-bad)", warnings)
        self.assertTrue(any("list:2:1: skipped: the line is no line" in line
                            for line in warnings), warnings)

    def test_million(self):
        """Read, checked and compiled in a bounded time; the time itself is for the bench."""
        rules = self.rules(b"".join(b"n%d.example.org\n" % i for i in range(10 ** 6)))
        begin = time.monotonic()
        done = program.run("model", "check", rules)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - begin, 60)


if __name__ == "__main__":
    unittest.main()
