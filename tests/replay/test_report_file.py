# SPDX-License-Identifier: BSD-3-Clause
"""report.html as a file: what stands in it, and what happens when it cannot be written."""
import csv
import json
import os
import re
import unittest

import program
import report_fixture as fixture
from report_page import block, write


class Written(program.Case):
    """The file itself, without a browser."""

    def fixture(self, flows=None):
        fixture.write_folder(self.folder, fixture.ordinary_flows() if flows is None else flows)
        return self.folder

    def test_prints_its_path(self):
        done = program.run("report", self.fixture())
        self.assertEqual((done.returncode, done.stdout), (0, "%s/report.html\n" % self.folder))

    def test_same_input_same_page(self):
        first = write(self.fixture()).read_bytes()
        self.assertEqual(write(self.folder).read_bytes(), first)

    def test_refers_to_nothing_outside(self):
        text = write(self.fixture()).read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"<(?:link|img|iframe|object|embed|base)\b", text), [])
        self.assertEqual(re.findall(r"<script[^>]+src=|@import|url\(|sourceMappingURL", text), [])
        self.assertIn("Permission is hereby granted, free of charge", text)

    def test_data_blocks_hold_the_files(self):
        page = write(self.fixture())
        table = block(page, "flows")
        self.assertEqual((table["total"], table["shown"]), (120, 120))
        with open(self.folder / "flows.csv", newline="", encoding="utf-8") as file:
            expected = list(csv.reader(file))
        self.assertEqual([table["columns"]] + [[str(value) for value in row] for row in table["rows"]],
                         expected)
        self.assertEqual(block(page, "run"), json.loads((self.folder / "run.json").read_text()))
        self.assertEqual(block(page, "counters"),
                         json.loads((self.folder / "counters.json").read_text()))

    def test_any_byte_in_a_name(self):
        self.fixture([fixture.Flow(1, "NAME", packets=2)])
        path = self.folder / "flows.csv"
        # RFC 3629: C0 80, a lone F0 and surrogates ED A0 80 are not UTF-8; E2 82 AC is the euro sign.
        name = b'\x00\x07"",\n<!--\xc0\x80\xf0\xed\xa0\x80\xe2\x82\xac\xff'
        path.write_bytes(path.read_bytes().replace(b"NAME", b'"' + name + b'"'))
        row = block(write(self.folder), "flows")["rows"][0]
        self.assertEqual(row[10], '\x00\x07",\n<!--' + "\ufffd" * 6 + "\u20ac\ufffd")

    def test_flows_beyond_the_limit_are_the_least_affected(self):
        self.fixture([])
        table = []
        for i in range(20050):
            flow = [i + 1, "tcp", "10.0.0.1", 1, "10.0.0.2", 2, "inside", 1, 2, "", "", "", "", "",
                    1, 100, 0, 1, 100, 0, 0, 0]
            if i >= 20040:
                flow[19] = 1  # a drop outweighs bytes
            elif i >= 20000:
                flow[18] = 101
            table.append(flow)
        fixture.write_csv(self.folder, "flows.csv", fixture.FLOW_COLUMNS, table)
        data = block(write(self.folder), "flows")
        self.assertEqual((data["total"], data["shown"], len(data["rows"])), (20050, 20000, 20000))
        # Ten with a drop, forty with a byte more, then the first in the file, in the file's order.
        self.assertEqual([row[0] for row in data["rows"]],
                         list(range(1, 19951)) + list(range(20001, 20051)))

    def test_long_series_is_added_up(self):
        self.fixture([])
        pairs = [("class%d" % i, "") for i in range(101)] + [("tls", "twitter")]
        begin, table = 1_600_000_000_000_000_000, []
        for step in range(2001):
            for at, (name, rule) in enumerate(pairs):
                table.append([begin + step * 500_000_000, name, rule, 2, 1000 + at, 1, 500 + at])
        fixture.write_csv(self.folder, "series.csv", fixture.SERIES_COLUMNS, table)
        data = block(write(self.folder), "series")
        # 1000 s in at most 2000 bins: 1 s is the first of 0.1, 0.2, 0.5, 1, ... that does.
        self.assertEqual((data["bin_ns"], data["file_rows"]), (1_000_000_000, 2001 * 102))
        self.assertLessEqual(data["rows"][-1][0], 2000)
        self.assertEqual(data["pairs_joined"], 2)
        self.assertEqual([sum(row[i] for row in data["rows"]) for i in (2, 3, 4, 5)],
                         [sum(row[i] for row in table) for i in (3, 4, 5, 6)])
        # The pair with the most bytes is told apart: two rows of it in a bin of a second.
        at = data["pairs"].index(["tls", "twitter"])
        self.assertEqual([row for row in data["rows"] if row[1] == at][0],
                         [0, at, 4, 2 * 1101, 2, 2 * 601])

    def test_memory_is_bounded(self):
        self.fixture([])
        row = "%d,tcp,10.0.0.1,1,10.0.0.2,2,inside,1,2,tls,name%d.example,,,,1,100,0,1,100,0,0,0\n"
        with open(self.folder / "flows.csv", "w", encoding="utf-8") as file:
            file.write(",".join(fixture.FLOW_COLUMNS) + "\n")
            file.writelines(row % (i, i) for i in range(600000))
        self.assertGreater(os.path.getsize(self.folder / "flows.csv"), 40e6)
        done = program.subprocess.run(
            ["/bin/sh", "-c", 'ulimit -v 65536; exec "$0" report "$1"', program.SLUICE, self.folder],
            capture_output=True, timeout=120, check=False)
        if b"cannot map" in done.stderr or b"Sanitizer" in done.stderr:
            self.skipTest("a sanitizer needs more address space than this")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(block(self.folder / "report.html", "flows")["total"], 600000)


BAD = [
    ("no run.json", lambda folder: (folder / "run.json").unlink(), "run.json"),
    ("no flows.csv", lambda folder: (folder / "flows.csv").unlink(), "flows.csv: No such file"),
    ("no series.csv", lambda folder: (folder / "series.csv").unlink(), "series.csv: No such file"),
    ("run.json is an array", lambda folder: (folder / "run.json").write_text("[1]"),
     "run.json: not a JSON object"),
    ("run.json ends early", lambda folder: (folder / "run.json").write_text('{\n "sluice": "0'),
     "run.json:2:"),
    ("counters.json is empty", lambda folder: (folder / "counters.json").write_text(""),
     "counters.json:1:"),
    ("sequences.json is a fifo", lambda folder: [(folder / "sequences.json").unlink(),
                                                 os.mkfifo(folder / "sequences.json")],
     "sequences.json: not a file"),
    ("other columns", lambda folder: (folder / "series.csv").write_text("time,class\n"),
     "series.csv:1:1: the columns must be time_ns,class,rule"),
    ("a field too few", lambda folder: append(folder / "series.csv", "1,tls,x,1\n"),
     ": 4 fields, the header has 7"),
    ("a number that is none", lambda folder: append(folder / "flows.csv", "," * 21 + "\n"),
     "up_dropped must be a whole number"),
    ("a number beyond 64 bits",
     lambda folder: append(folder / "series.csv", "18446744073709551616,tls,x,1,1,1,1\n"),
     "time_ns must be a whole number"),
    ("time runs back", lambda folder: append(folder / "series.csv", "5,tls,x,1,1,1,1\n"),
     "goes back in time"),
    ("an open quote", lambda folder: append(folder / "flows.csv", '1,"tcp\n'),
     "a quote is not closed"),
    ("a row without end", lambda folder: append(folder / "flows.csv", "x" * 70000),
     "a row longer than 65536 bytes"),
]


def append(path, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


@program.table(BAD)
class BadFolder(program.Case):
    """One line, exit code 2, and the report that was there stays as it was."""

    def check(self, spoil, words):
        fixture.write_folder(self.folder, fixture.ordinary_flows()[:5])
        (self.folder / "report.html").write_text("the old report")
        spoil(self.folder)
        done = program.run("report", self.folder)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Asluice: [^\n]+\n\Z")
        self.assertIn(words, done.stderr)
        self.assertEqual((self.folder / "report.html").read_text(), "the old report")
        self.assertFalse((self.folder / "report.html.tmp").exists())


class Command(program.Case):
    def test_no_folder_and_two(self):
        for arguments in ((), ("one", "two")):
            done = program.run("report", *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn("one DIR is needed", done.stderr)

    def test_a_link_in_place_of_the_temporary_file(self):
        fixture.write_folder(self.folder, [])
        victim = self.write("victim", "untouched")
        (self.folder / "report.html.tmp").symlink_to(victim)
        write(self.folder)
        self.assertEqual(victim.read_text(), "untouched")


if __name__ == "__main__":
    unittest.main()
