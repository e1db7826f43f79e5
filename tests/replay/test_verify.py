# SPDX-License-Identifier: BSD-3-Clause
"""sluice model verify: what hosts that react to loss see of a model, against what was published.

Wrong models show that the checks can fail: each differs in one parameter from the library's, and
the expectation about that parameter must notice (and those about others must not).
"""
import json
import unittest

import program

MODELS = program.ROOT / "control" / "models"

WRONG = [
    # name, model, what is replaced, by what, the expectation that notices, one that does not
    ("rate_20_percent_up", "ru-twitter-2021", ("default: 140kbit/s", "default: 168kbit/s"),
     ("[130kbit/s, 150kbit/s]\n", "[100kbit/s, 200kbit/s]\n"), "two-flows", "garbage-first-101B"),
    ("rate_20_percent_down", "ru-twitter-2021", ("default: 140kbit/s", "default: 112kbit/s"),
     ("[130kbit/s, 150kbit/s]\n", "[100kbit/s, 200kbit/s]\n"), "two-flows", "garbage-first-101B"),
    ("give_up_one_byte_later", "ru-twitter-2021", ("default: 100B", "default: 101B"), None,
     "garbage-first-101B", "garbage-first-100B"),
    ("give_up_one_byte_sooner", "ru-twitter-2021", ("default: 100B", "default: 99B"), None,
     "garbage-first-100B", "garbage-first-101B"),
    ("budget_one_less", "ru-twitter-2021", ("default: 15\n", "default: 14\n"), None,
     "hello-within-budget", "hello-beyond-budget"),
    ("timer_70_s_up", "ru-twitter-2021", ("default: 600s", "default: 670s"),
     ("[540s, 660s]", "[540s, 700s]"), "idle-660s", "idle-590s"),
    ("timer_30_s_down", "ru-twitter-2021", ("default: 600s", "default: 570s"), None,
     "idle-590s", "idle-660s"),
    ("timer_30_s_up", "ru-tspu-sni2", ("default: 420s", "default: 450s"),
     ("[410s, 430s]", "[410s, 460s]"), "residual-430s", "residual-415s"),
    ("three_packets_more", "ru-l425-2025", ("default: 25 packets", "default: 28 packets"),
     ("[23 packets, 27 packets]", "[23 packets, 30 packets]"), "packets-until-freeze", "ssh"),
]


class Library(unittest.TestCase):
    def test_all_is_as_published(self):
        """What fails here is a model, a host or a published number that one of them contradicts."""
        done = program.run("model", "verify", "--json", "--all")
        rows = json.loads(done.stdout)["expectations"]
        self.assertGreater(len(rows), 150)
        self.assertEqual([row["model"] + ":" + row["id"] for row in rows
                          if row["state"] == "fail"], [])
        self.assertEqual(done.returncode, 0, done.stderr)


class Verify(program.Case):
    def verify(self, *names, code=0):
        done = program.run("model", "verify", "--json", *names)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout[-600:])
        return json.loads(done.stdout)

    def states(self, *names, **how):
        return {row["id"]: row["state"] for row in self.verify(*names, **how)["expectations"]}

    def check(self, model, change, range_, notices, silent):
        text = (MODELS / (model + ".yaml")).read_text()
        for old, new in filter(None, (change, range_)):
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.write("wrong.yaml", text)
        good = "%s:%s" % (model, notices)
        self.assertEqual(self.states(good), {notices: "pass"})
        self.assertEqual(self.states("%s:%s" % (path, notices), code=1), {notices: "FAIL"})
        self.assertEqual(self.states("%s:%s" % (path, silent)), {silent: "pass"})


def named(row):
    def test(self):
        self.check(*row[1:])
    return test


class WrongModels(Verify):
    pass


for wrong in WRONG:
    setattr(WrongModels, "test_" + wrong[0], named(wrong))


class Command(Verify):
    def test_twice_the_same(self):
        first, second = (program.run("model", "verify", "ru-twitter-2021") for _ in range(2))
        self.assertEqual(first.stdout, second.stdout)
        self.assertIn("idle-590s", first.stdout)

    def test_unknown_expectation(self):
        done = program.run("model", "verify", "ru-twitter-2021:idle")
        self.assertEqual(done.returncode, 2)
        self.assertIn('no expectation "idle"', done.stderr)

    def test_words(self):
        done = program.run("model", "verify", "--words")
        self.assertEqual(done.returncode, 0)
        for word in ("garbage", "quic initial", "goodput_sum", "same=none|4-tuple"):
            self.assertIn(word, done.stdout)

    def test_packets_are_real(self):
        """tshark finds no wrong checksum, and the names that were said."""
        path = self.folder / "out.pcapng"
        program.run("model", "verify", "ru-twitter-2021:two-flows", "--capture", path)
        rows = program.tshark(path, ["ip.checksum.status", "tcp.checksum.status"], "",
                              "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
        self.assertGreater(len(rows), 600)  # 2 * 383 kB / 1448 B = 529, and ACKs
        self.assertEqual({tuple(row) for row in rows}, {("1", "1")})
        names = program.tshark(path, ["tls.handshake.extensions_server_name"],
                               "tls.handshake.type == 1")
        self.assertEqual(names, [["t.co"], ["t.co"]])


if __name__ == "__main__":
    unittest.main()
