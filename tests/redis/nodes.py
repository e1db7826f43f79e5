# SPDX-License-Identifier: BSD-3-Clause
"""Live boxes that are nodes of a lab: a driver plays a capture into each, without end."""
import json
import subprocess
import time

import network
import program
import server

EXAMPLE = program.ROOT / "tests" / "captures" / "example.pcap"
SCOPE = "--scope", "10.0.0.0/8,198.51.100.0/24", "--inside", "10.0.0.0/8"
PATIENCE = 30  # seconds; what takes milliseconds may take long beside other tests

DOCUMENT = """sluice: 1
id: document%(number)d
rules:
  - id: kept
    when: {proto: udp}
  - id: number%(number)d
    when: {server_port: %(number)d}
"""


def fates(part):
    """The numbers that add up, as the hash names them."""
    flat = {name: part[name] for name in ("received", "received_bytes", "forwarded",
                                          "forwarded_bytes")}
    for kind in "dropped", "dropped_bytes":
        flat.update(("%s.%s" % (kind, reason), count) for reason, count in part[kind].items())
    return {name: number for name, number in flat.items() if number}


class Node(network.Box):
    """`sluice run --redis`; its numbers come from telemetry, where it is LAB-NODE."""

    def __init__(self, url, folder, name="one", lab="lab", cores="0", more=(),
                 environment=None):
        self.lab, self.name = "%s-%s" % (lab, name), name
        command = [program.SLUICE, "run", "-p",
                   "vdev:net_pcap0,rx_pcap=%s,infinite_rx=1" % EXAMPLE, "-p", "vdev:net_null0",
                   "--no-huge", "-l", cores, *SCOPE, "--flows", "4096", "--redis", url,
                   "--lab", lab, "--node", name, "--state", str(folder / "state"), "--json", *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment)
        network.os.set_blocking(self.process.stderr.fileno(), False)
        self.said = ""
        self.wait_until_ready()

    def end(self, *arguments, **more):
        """As a box ends, but what it says to the very end stays in `said`."""
        self.listen()
        self.listen = lambda: self.said
        if self.process.poll() is None:
            self.tell(*arguments or (network.signal.SIGTERM,))
        out, err = self.process.communicate(timeout=more.get("seconds", 30))
        self.said += err.decode()
        return json.loads(out) if out else None

    def memory(self):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")


class Case(server.Case):
    @classmethod
    def setUpClass(cls):
        network.need_root()

    def setUp(self):
        # Names of boxes are the machine's: another test may run beside this one.
        self.LAB = "lab%d" % program.os.getpid()  # pylint: disable=invalid-name
        super().setUp()
        for number in range(1, 4):
            self.write("%d.yaml" % number, DOCUMENT % {"number": number})

    def start(self, name="one", url=None, **more):
        node = Node(url or self.url, self.folder, name, self.LAB, **more)
        self.addCleanup(node.kill)
        return node

    def key(self, rest):
        return "sluice:{%s}:%s" % (self.LAB, rest)

    def rules(self, *arguments, **more):
        return self.sluice(*arguments, "--lab", self.LAB, **more)

    def apply(self, number, *arguments, **more):
        return self.rules("apply", "%d.yaml" % number, *arguments, **more)

    def standing(self, name="one"):
        """What the node says of itself; empty when it has expired."""
        lines = self.cli("hgetall", self.key("node:" + name), check=False).split("\n")
        return dict(zip(lines[::2], lines[1::2]))

    def wait_for(self, what, seconds=PATIENCE):
        """Until what() is true; the last thing that it said is in the failure."""
        end = time.monotonic() + seconds
        while not (said := what()):
            self.assertLess(time.monotonic(), end, "waited in vain; last: %r" % (said,))
            time.sleep(0.01)
        return said

    def wait_for_standing(self, name="one", **fields):
        """Until the node's hash has these values."""
        now = {}

        def looks():
            now.clear()
            now.update(self.standing(name))
            return fields.items() <= now.items()
        try:
            self.wait_for(looks)
        except AssertionError:
            self.fail("waited in vain for %r; last: %r" % (fields, now))
        return now

    def wait_for_rules(self, node, ruleset):
        self.wait_for(lambda: node.counters()["ruleset"] == ruleset)

    def flows(self, node):
        """Packets go on."""
        before = node.counters()["received"]
        self.wait_for(lambda: node.counters()["received"] > before + 10000)

    def nothing_lost(self, summary):
        self.assertEqual(summary["received"], summary["forwarded"])
        self.assertEqual({why for why, count in summary["dropped"].items() if count}, set())

    def hash(self, rest, name="one"):
        lines = self.cli("hgetall", self.key("counters:%s:%s" % (name, rest))).split("\n")
        return dict(zip(lines[::2], lines[1::2]))

    def numbers(self, rest, name="one"):
        """Fates of this process, as counters.json would have them: zeros left out."""
        return {field: int(value) for field, value in self.hash(rest, name).items()
                if field.split(".")[0].split("_")[0] in ("received", "forwarded", "dropped") and
                int(value)}

    def agrees(self, summary, name="one"):
        """Each hash that Redis has says what the box said last."""
        self.assertEqual(self.numbers("drops", name), fates(summary))
        for number, port in summary["ports"].items():
            self.assertEqual(self.numbers("port:" + number, name), fates(port))
        for rule, part in summary["rules"].items():
            self.assertEqual(self.numbers("rule:" + rule, name), fates(part))


def parsed(done):
    return json.loads(done.stdout)
