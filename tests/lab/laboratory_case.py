# SPDX-License-Identifier: BSD-3-Clause
"""scripts/lab as a user runs it, and what it leaves: its processes carry a mark of the test's."""
import contextlib
import csv
import json
import os
import pathlib
import signal
import subprocess
import time

import network
import program

LAB = program.ROOT / "scripts" / "lab"
EXPERIMENTS = program.ROOT / "scripts" / "experiments"
TOOLS = "tcpdump", "nginx", "iperf3", "curl", "openssl", "ethtool", "ip", "ss", "ping", "tc"


def link(path):
    with contextlib.suppress(OSError):
        return os.readlink(path)
    return ""


class Case(program.Case):
    @classmethod
    def setUpClass(cls):
        network.need_root()
        for tool in TOOLS:
            program.need(tool)

    def setUp(self):
        super().setUp()
        self.mark = "test%d-%d" % (os.getpid(), time.monotonic_ns())
        self.environment = {**os.environ, "LAB_TEST": self.mark,
                            "SLUICE": os.path.abspath(program.SLUICE)}
        self.addCleanup(self.kill_all)

    def kill_all(self):
        for pid in self.processes():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def start(self, *words):
        return subprocess.Popen([LAB, *map(str, words)], env=self.environment, cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def lab(self, *words, timeout=300):
        """(exit code, standard output, standard error)"""
        process = self.start(*words)
        out, err = process.communicate(timeout=timeout)
        return process.returncode, out, err

    def experiment(self, name, *options):
        """run.json, and the rows of results.csv."""
        out = self.folder / "out"
        path = name if isinstance(name, pathlib.Path) else EXPERIMENTS / name
        code, said, err = self.lab("run", path, "-o", out, *options)
        self.assertEqual(code, 0, said + err)
        with open(out / "results.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return json.loads((out / "run.json").read_text()), rows

    def processes(self):
        """Of this test's labs, the script itself among them."""
        wanted, found = ("LAB_TEST=" + self.mark).encode(), []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if wanted in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return found

    def spaces(self):
        """Network namespaces those processes are in or hold open, but for the test's own."""
        found = set()
        for pid in self.processes():
            found.add(link("/proc/%d/ns/net" % pid))
            with contextlib.suppress(OSError):
                for entry in os.scandir("/proc/%d/fd" % pid):
                    found.add(link(entry.path))
        return {name for name in found if name.startswith("net:")} - {link("/proc/self/ns/net")}

    def held(self, spaces):
        """Those of `spaces` that any process of the machine is in."""
        return spaces & {link(path) for path in pathlib.Path("/proc").glob("[0-9]*/ns/net")}

    def until(self, happened, what, seconds=30):
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > end:
                self.fail("after %d s still not: %s" % (seconds, what))
            time.sleep(0.1)

    def programs(self):
        return {link("/proc/%d/exe" % pid).split("/")[-1]: pid for pid in self.processes()}

    def nothing_left(self, spaces):
        self.assertGreaterEqual(len(spaces), 3)
        self.until(lambda: not self.processes(), "no process is left", 20)
        self.until(lambda: not self.held(spaces), "no namespace is left", 20)
