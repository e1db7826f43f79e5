# SPDX-License-Identifier: BSD-3-Clause
"""An experiment from its file to its folder. The folder has its name only when it is whole."""
import contextlib
import csv
import os
import pathlib
import re
import shutil
import sys
import time

from laboratory import boxes, captures, experiment, results, servers, spaces, traffic, tunnels
from laboratory.path import Path
from laboratory.wrong import Refused, Wrong

FREE = "/proc/sys/net/ipv4/tcp_available_congestion_control"


@contextlib.contextmanager
def whole_folder(path):
    """A temporary folder beside `path` that gets its name at the end, or goes. What a process
    that was killed left is taken away first."""
    path = pathlib.Path(path)
    if path.exists():
        raise Wrong("%s exists; give another name with -o" % path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("." + path.name + ".*.part"):
        number = re.search(r"\.(\d+)\.part$", old.name)
        if number and not os.path.isdir("/proc/" + number[1]):
            shutil.rmtree(old, ignore_errors=True)
    part = path.parent / (".%s.%d.part" % (path.name, os.getpid()))
    part.mkdir()
    try:
        yield part
        os.rename(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def shorten(document, repetitions, seconds):
    """For tests: less of the same."""
    document["repetitions"] = repetitions or document["repetitions"]
    for entry in document["traffic"]:
        if seconds and "time" in entry:
            entry["time"] = min(entry["time"], seconds)


def congestions(document, warnings):
    with open(FREE, encoding="ascii") as file:
        there = file.read().split()
    for word in document["congestion"]:
        if word not in there:
            warnings.append("skipped: this kernel has no %s, only %s" % (word, " ".join(there)))
    chosen = [word for word in document["congestion"] if word in there]
    if not chosen:
        raise Refused("this kernel has only " + " ".join(there))
    return chosen


class Conductor:
    def __init__(self, document, folder, say):
        self.document, self.folder, self.say = document, folder, say
        self.rows, self.runs, self.warnings = [], [], []

    def conduct(self):
        chosen = congestions(self.document, self.warnings)
        self.network = spaces.Network(self.document["addresses"], far=any(self.document["rtt"]))
        self.servers = servers.Servers(self.network, self.document["traffic"])
        try:
            self.servers.begin(self.document["traffic"])
            for repetition in range(1, self.document["repetitions"] + 1):
                for word in chosen:
                    self.network.congestion(word)
                    for rtt in self.document["rtt"]:
                        with Path(self.network, "lab%d" % os.getpid(), rtt):
                            for box in self.document["boxes"]:
                                self.once(repetition, word, rtt, box)
        finally:
            self.servers.end()
            self.network.close()

    def once(self, repetition, congestion, rtt, box):
        place = self.folder / ("%02d-%s%s-%s" % (repetition, congestion,
                                                 "-%gms" % (1e3 * rtt) if rtt else "", box["id"]))
        place.mkdir()
        taps = []
        stand = boxes.make(self.network, box, "lab%d" % os.getpid())
        try:
            with stand:
                if self.document["captures"]:
                    for role, where in zip(("client", "server"), self.network.taps):
                        taps.append(captures.Tap(*where, place / (role + ".pcap")))
                with tunnels.Tunnels(self.network, self.document["traffic"]):
                    found = traffic.together(self.document["traffic"], self.network,
                                             self.servers.ports, stand.watch)
                lost = [tap.end() for tap in taps]
        finally:
            for tap in taps:
                tap.kill()
        if any(lost):
            self.warnings.append("%s: the captures lack %s packets" % (place.name, lost))
        predicted = self.look(place, box, found) if taps else None
        self.keep({"repetition": repetition, "box": box["id"], "congestion": congestion,
                   **({"path_ms": 1e3 * rtt} if rtt else {})},
                  {**stand.result, "predicted": predicted}, found)

    def look(self, place, box, found):
        """Writes series.csv and completes the results; the counters of a replay with the rules."""
        sides = captures.Sides(place / "client.pcap", place / "server.pcap",
                               self.document["addresses"])
        known, predicted = {}, None
        if boxes.rules_of(box):
            predicted = captures.prediction(boxes.SLUICE, sides, boxes.rules_of(box),
                                            str(place / "prediction"))
            with open(place / "prediction" / "flows.csv", newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    known[(row["proto"], int(row["client_port"] or 0),
                           int(row["server_port"] or 0))] = row["class"], row["rule"]
        sides.series(place / "series.csv", known)
        for result in found:
            result["delivered_bps"] = sides.rate(self.owner(result))
            if self.entry(result)["do"] == "udp":
                result.update(sides.transit(self.owner(result)))
        return predicted

    def entry(self, result):
        return next(some for some in self.document["traffic"] if some["id"] == result["traffic"])

    def owner(self, result):
        """Whether a flow is that of a result."""
        entry = self.entry(result)
        known = self.servers.flow(entry)
        if known:
            return lambda flow: (flow[0], flow[2]) == known
        if entry["do"] == "ping":
            return lambda flow: flow[0] == "icmp"
        return lambda flow: flow[0] == "tcp" and flow[1] == result["client_port"]

    def keep(self, key, said, found):
        self.runs.append({**key, **said})
        if said.get("exit"):
            self.warnings.append("%s ended with %d" % (key["box"], said["exit"]))
        for result in found:
            self.rows.append({**key, **result})
            self.say("%s %s: %s" % (
                " ".join(map(str, key.values())), result["traffic"],
                ", ".join("%s %s" % (name, results.shown(value))
                          for name, value in result.items() if name != "traffic")))


def run(path, out, options, say):
    """The exit code: 1 when something expected did not come."""
    document = experiment.load(path)
    shorten(document, options.repetitions, options.seconds)
    spaces.hide()
    started = time.time()
    with whole_folder(out) as part:
        conductor = Conductor(document, part, say)
        conductor.conduct()
        judged = [results.judge(conductor.rows, entry) for entry in document["expect"]]
        results.write(part, {
            "experiment": str(path), "title": document["title"], "arguments": sys.argv[1:],
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
            "seconds": round(time.time() - started, 3), "document": document,
            "versions": results.versions(boxes.SLUICE), "host": results.host(),
            "warnings": conductor.warnings, "results": conductor.rows, "boxes": conductor.runs,
            "expect": judged}, conductor.rows)
    for line in conductor.warnings:
        say("warning: " + line)
    for entry in judged:
        say("%s: %s %s of %s in %s: %s" % (
            "holds" if entry["holds"] else "does not hold", entry["box"], entry["metric"],
            entry["traffic"], entry["between"], ", ".join(map(results.shown, entry["measured"]))))
    say("written: %s" % out)
    return 0 if all(entry["holds"] for entry in judged) else 1
