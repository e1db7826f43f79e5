# SPDX-License-Identifier: BSD-3-Clause
"""The program under test, as a user runs it: a process, its streams and its output folder."""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import capture

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLUICE = os.environ.get("SLUICE", str(ROOT / "build" / "control" / "sluice"))
CAPTURES = pathlib.Path(os.environ.get("SLUICE_CAPTURES", ROOT.parent / "shared" / "captures"))

DIRECTIONS = "up", "down"


def run(*arguments, stdin=None, timeout=300, cwd=None):
    """Runs sluice; the result has returncode, stdout and stderr as text. `stdin`: bytes."""
    done = subprocess.run([SLUICE, *map(str, arguments)], input=stdin or b"", cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


class Flow(dict):
    """A row of flows.csv; numbers are numbers."""

    TEXT = {"client", "server", "initiator", "class", "name", "rule", "reason", "proto"}

    def __init__(self, row):
        super().__init__((key, value if key in self.TEXT else int(value or 0))
                         for key, value in row.items())

    @property
    def dropped(self):
        return self["up_dropped"] + self["down_dropped"]

    @property
    def packets(self):
        return self["up_packets"] + self["down_packets"]


class Result:
    """An output folder of sluice replay."""

    FILES = {"run.json", "flows.csv", "counters.json", "series.csv", "verdicts.pcapng",
             "out.pcapng", "report.html"}

    def __init__(self, folder, done):
        self.folder, self.done = pathlib.Path(folder), done

    def bytes(self, name):
        return (self.folder / name).read_bytes()

    def rows(self, name):
        with open(self.folder / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @property
    def flows(self):
        return [Flow(row) for row in self.rows("flows.csv")]

    @property
    def flow(self):
        rows = self.flows
        if len(rows) != 1:
            raise AssertionError("%d rows in flows.csv, not 1" % len(rows))
        return rows[0]

    @property
    def counters(self):
        return json.loads(self.bytes("counters.json"))

    @property
    def manifest(self):
        return json.loads(self.bytes("run.json"))

    @property
    def out(self):
        return capture.read(self.folder / "out.pcapng")

    @property
    def verdicts(self):
        return capture.read(self.folder / "verdicts.pcapng")


class Case(unittest.TestCase):
    """A test with a folder of its own that is gone afterwards."""

    maxDiff = 2000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.results = 0

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def replay(self, frames, *arguments, **form):
        """Replays frames (or a path, or paths) and expects success."""
        self.results += 1
        if isinstance(frames, list) and frames and isinstance(frames[0], capture.Frame):
            frames = capture.write(self.folder / ("in%d.pcap" % self.results), frames, **form)
        paths = frames if isinstance(frames, (list, tuple)) else [frames]
        out = self.folder / ("out%d" % self.results)
        done = run("replay", *paths, *arguments, "-o", out)
        if done.returncode != 0:
            self.fail("exit code %d: %s" % (done.returncode, done.stderr.strip()))
        return Result(out, done)

    def police(self, frames, rate, burst, count, per, **form):
        """Replays frames through one police rule for everything."""
        rules = self.write("police.yaml", POLICE % (rate, burst, count, per))
        return self.replay(frames, "--rules", rules, **form)


POLICE = """sluice: 1
id: police
rules:
  - id: all
    when: {proto: [tcp, udp]}
    then:
      - police: {rate: %s, burst: %s, count: %s, per: %s}
"""


def need(tool):
    """The path of a program that the test asks for a second opinion, or the test is skipped."""
    path = shutil.which(tool)
    if not path:
        raise unittest.SkipTest("%s is not installed" % tool)
    return path


def tshark(path, fields, display_filter="", *more):
    """Rows of fields as tshark prints them."""
    arguments = [need("tshark"), "-r", str(path), "-T", "fields", "-E", "separator=/t",
                 "-E", "occurrence=a", *more]
    for field in fields:
        arguments += ["-e", field]
    if display_filter:
        arguments += ["-Y", display_filter]
    done = subprocess.run(arguments, capture_output=True, timeout=600, check=True)
    text = done.stdout.decode(errors="replace")
    return [line.split("\t") for line in text.split("\n")[:-1]]


def shared(folder):
    """The captures of one folder of the shared collection, or the test is skipped."""
    path = CAPTURES / folder
    files = sorted(path.iterdir()) if path.is_dir() else []
    if not files:
        raise unittest.SkipTest("no captures in %s" % path)
    return files


def table(rows):
    """Class decorator: for each (name, values...) a test `test_name` that calls check(*values)."""
    def decorate(cls):
        for name, *values in rows:
            def test(self, values=tuple(values)):
                self.check(*values)
            test.__name__ = "test_" + name.replace(" ", "_")
            if hasattr(cls, test.__name__):
                raise ValueError("two tests are called " + test.__name__)
            setattr(cls, test.__name__, test)
        return cls
    return decorate
