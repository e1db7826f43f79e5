# SPDX-License-Identifier: BSD-3-Clause
"""What stands between client and server: sluice, and what it is compared with. A box is a context
manager that forwards when it is entered; `result` is what it says of itself afterwards."""
import contextlib
import ipaddress
import json
import os
import pathlib
import shutil
import signal
import time

from laboratory import spaces
from laboratory.wrong import Refused

TOP = pathlib.Path(__file__).resolve().parents[2]
SLUICE = os.environ.get("SLUICE", str(TOP / "build" / "control" / "sluice"))
START_SECONDS = 30
PORTS = "in0", "out0"


def rules_of(box):
    """Arguments for sluice run and sluice replay alike."""
    words = []
    for key in "model", "rules":
        if key in box:
            words += ["--" + key, box[key]]
    for value in box.get("set", []):
        words += ["--set", value]
    return words


def until(answered, process, log, what):
    deadline = time.monotonic() + START_SECONDS
    while not answered():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Refused("%s does not start: %s" % (what, log.read_text().strip()))
        time.sleep(0.05)


def prefixes(network):
    """(scope, inside): the networks of both ends, the addresses of the client."""
    scope, inside = set(), []
    for key, value in network.addresses.items():
        interface = ipaddress.ip_interface(value)
        scope.add(str(interface.network))
        if key.startswith("client"):
            inside.append(str(interface.ip))
    return sorted(scope), inside


class Process:
    """A box that is a process with two xdp: ports."""

    word = ""

    def __init__(self, network, box, name):
        self.network, self.box, self.name = network, box, name
        self.log = spaces.WORK / "box.log"
        self.process, self.result = None, {}

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = self.network.box.start(*self.command(), stderr=log, **self.streams(log))
        try:
            until(self.answers, self.process, self.log, self.word)
        except BaseException:
            spaces.end(self.process)
            raise
        return self

    def watch(self):
        if self.process.poll() is not None:
            raise Refused("%s ended with %d: %s" %
                          (self.word, self.process.returncode, self.log.read_text().strip()))


class Sluice(Process):
    word = "sluice run"

    def streams(self, log):  # pylint: disable=unused-argument
        return {}

    def command(self):
        scope, inside = prefixes(self.network)
        words = [SLUICE, "run", "--lab", self.name, "--json", "-l", "0"]
        for port in PORTS:
            words += ["-p", "xdp:" + port]
        for option, values in ("--scope", scope), ("--inside", inside):
            for value in values:
                words += [option, value]
        return words + rules_of(self.box)

    def answers(self):
        return bool(self.network.box.run(SLUICE, "counters", "--lab", self.name, "--json",
                                         check=False))

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            out, _ = self.process.communicate(timeout=30)
        finally:
            code = spaces.end(self.process, signal.SIGKILL)
        self.result = json.loads(out) if out else {}
        self.result.update(exit=code, said=self.log.read_text().strip())


class Testpmd(Process):
    word = "dpdk-testpmd"

    def streams(self, log):
        return {"stdout": log}

    def command(self):
        words = ["dpdk-testpmd", "-l", "0,1", "--main-lcore", "1", "--no-pci", "--no-huge", "-m",
                 "256", "--file-prefix", self.name]
        for number, port in enumerate(PORTS):
            words += ["--vdev", "net_af_xdp%d,iface=%s" % (number, port)]
        return words + ["--", "--forward-mode=io", "--auto-start", "--total-num-mbufs=16384",
                        "--nb-cores=1", "--stats-period=3600"]

    def answers(self):
        return "Press enter to exit" in self.log.read_text() or \
            "Port statistics" in self.log.read_text()

    def __exit__(self, *_):
        self.result = {"exit": spaces.end(self.process, signal.SIGINT)}


class Tbf:
    """The kernel's own forwarding: a bridge with a token bucket towards the server."""

    def __init__(self, network, box, name):  # pylint: disable=unused-argument
        self.space, self.box, self.result = network.box, box, {}

    def __enter__(self):
        self.space.run("ip", "link", "add", "bridge", "type", "bridge")
        for port in PORTS:
            self.space.run("ip", "link", "set", port, "master", "bridge")
            self.space.run("tc", "qdisc", "add", "dev", port, "root", "tbf",
                           "rate", "%dbit" % self.box["rate"], "burst", "%d" % self.box["burst"],
                           "limit", "%d" % self.box["limit"])
        self.space.run("ip", "link", "set", "bridge", "up")
        return self

    def watch(self):
        pass  # the kernel stays

    def __exit__(self, *_):
        said = self.space.run("tc", "-s", "-j", "qdisc", "show", check=False)
        with contextlib.suppress(ValueError):
            self.result = {"qdisc": json.loads(said)}
        for port in PORTS:
            self.space.run("tc", "qdisc", "del", "dev", port, "root", check=False)
        self.space.run("ip", "link", "del", "bridge", check=False)


KINDS = {"sluice": Sluice, "testpmd": Testpmd, "tbf": Tbf}
PROGRAMS = {"sluice": SLUICE, "testpmd": "dpdk-testpmd", "tbf": "tc"}


def make(network, box, name):
    program = PROGRAMS[box["kind"]]
    if not shutil.which(program):
        raise Refused("there is no program %s%s" %
                      (program, "; build it or set SLUICE" if box["kind"] == "sluice" else ""))
    return KINDS[box["kind"]](network, box, name)
