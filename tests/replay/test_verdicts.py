# SPDX-License-Identifier: BSD-3-Clause
"""verdicts.pcapng and out.pcapng, as Wireshark reads them."""
import collections
import unittest

import conversation
import program

MODEL = "--model", "ru-twitter-2021"


def traffic():
    return conversation.merged(
        conversation.tls("abs.twimg.com").download(300000),
        conversation.tls("www.example.org", client_port=40001).download(100000))


class Verdicts(program.Case):
    def test_every_packet_has_a_comment(self):
        frames = traffic()
        result = self.replay(frames, *MODEL)
        verdicts = result.verdicts
        self.assertEqual([one[:3] for one in verdicts], [one[:3] for one in frames])
        self.assertTrue(all(one.comment for one in verdicts))

    def test_comments_say_verdict_rule_and_reason(self):
        frames = traffic()
        result = self.replay(frames, *MODEL)
        throttled = next(row for row in result.flows if row.dropped)
        dropped = [one for one in result.verdicts if "drop" in one.comment]
        self.assertEqual(len(dropped), throttled.dropped)
        for one in dropped:
            self.assertIn(throttled["rule"], one.comment)
            self.assertIn("police", one.comment)
        left = collections.Counter((one.time, one.data) for one in result.verdicts)
        left.subtract((one.time, one.data) for one in dropped)
        self.assertEqual(+left, collections.Counter((one.time, one.data) for one in result.out))

    def test_wireshark_reads_them(self):
        frames = traffic()
        result = self.replay(frames, *MODEL)
        rows = program.tshark(result.folder / "verdicts.pcapng",
                              ["frame.number", "frame.time_epoch", "frame.len", "frame.comment"])
        self.assertEqual(len(rows), len(frames))
        for row, one, verdict in zip(rows, frames, result.verdicts):
            second, fraction = row[1].split(".")
            self.assertEqual(int(second) * 10 ** 9 + int(fraction), one.time)
            self.assertEqual(int(row[2]), one.wire)
            self.assertEqual(row[3], verdict.comment)


class Out(program.Case):
    def test_exactly_what_was_forwarded_in_time_order(self):
        frames = traffic()
        result = self.replay(frames, *MODEL)
        out = result.out
        self.assertEqual(len(out), result.counters["forwarded"])
        self.assertEqual([one.time for one in out], sorted(one.time for one in out))
        # A subsequence of the input: nothing made, nothing changed, nothing twice.
        rest = iter(frames)
        for one in out:
            self.assertTrue(any(one[:3] == other[:3] for other in rest))

    def test_wireshark_reads_it(self):
        result = self.replay(traffic(), *MODEL)
        rows = program.tshark(result.folder / "out.pcapng", ["frame.len"])
        self.assertEqual([int(row[0]) for row in rows], [one.wire for one in result.out])


class Folder(program.Case):
    def test_files(self):
        result = self.replay(traffic(), *MODEL)
        self.assertLessEqual(result.FILES, {path.name for path in result.folder.iterdir()})
        self.assertEqual(result.done.stderr, "")

    def test_manifest(self):
        frames = traffic()
        result = self.replay(frames, *MODEL, "--seed", 77)
        manifest = result.manifest
        self.assertEqual(manifest["seed"], 77)
        self.assertEqual(manifest["rules"]["id"], "ru-twitter-2021")
        self.assertEqual(manifest["warnings"], [])
        self.assertIn("--seed", manifest["arguments"])

    def test_series_adds_up(self):
        result = self.replay(traffic(), *MODEL)
        rows = result.rows("series.csv")
        offered = sum(int(row[key]) for row in rows for key in row if "offered" in key and
                      "bytes" in key)
        flows = result.flows
        self.assertEqual(offered, sum(row["up_bytes"] + row["down_bytes"] for row in flows))


if __name__ == "__main__":
    unittest.main()
