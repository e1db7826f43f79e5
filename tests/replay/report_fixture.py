# SPDX-License-Identifier: BSD-3-Clause
"""Result folders for the tests of the report: flows through a token bucket, by arithmetic.

A folder has what `sluice replay -o` writes and the report reads. The numbers in it are made
consistent here (counters close, series and flows tell of the same packets), so that a test can
compute what the page must show from the files alone.
"""
import collections
import csv
import json
import os

FLOW_COLUMNS = ("flow,proto,client,client_port,server,server_port,initiator,first_ns,last_ns,"
                "class,name,rule,decided_at,reason,up_packets,up_bytes,up_dropped,down_packets,"
                "down_bytes,down_dropped,held,delay_ns_max").split(",")
SERIES_COLUMNS = ("time_ns,class,rule,offered_packets,offered_bytes,delivered_packets,"
                  "delivered_bytes").split(",")
START = 1_615_802_400_000_000_000  # 2021-03-15 10:00:00 UTC
BIN = 100_000_000
HOSTILE = '</script><script>alert(1)</script>"\'&<img src=x onerror=alert(2)>\u202etxt'
DROP_REASONS = ("police", "shape", "loss", "freeze", "drop")


class Flow:
    """A download: `packets` of 1500 bytes every `gap_ns`, an acknowledgement for every second."""

    def __init__(self, number, name, rule="", proto="tcp", packets=200, gap_ns=4_000_000,
                 begin_ns=0, class_name="tls", rate_bytes=17500, depth=17500):
        self.number, self.name, self.rule, self.proto = number, name, rule, proto
        self.class_name = class_name
        self.client, self.client_port = "10.0.0.%d" % (2 + number % 200), 40000 + number % 20000
        self.server, self.server_port = "104.244.%d.%d" % (40 + number % 4, 1 + number % 250), 443
        self.events = []  # (ns from START, direction, bytes, sequence end, dropped)
        self._run(packets, gap_ns, begin_ns, rate_bytes, depth)

    def _run(self, packets, gap_ns, begin_ns, rate, depth):
        tokens, last, sequence = depth, begin_ns, 0
        self._event(begin_ns, 0, 60, 1, False)
        self._event(begin_ns + 20_000_000, 1, 60, 1, False)
        self._event(begin_ns + 21_000_000, 0, 569, 518, False)
        for i in range(packets):
            now = begin_ns + 40_000_000 + i * gap_ns
            tokens = min(depth, tokens + (now - last) * rate / 1e9)
            last = now
            sequence += 1448
            dropped = bool(self.rule) and tokens < 1500
            if not dropped:
                tokens -= 1500
            self._event(now, 1, 1500, sequence, dropped)
            if i % 2:
                self._event(now + 1_000_000, 0, 52, 518, False)

    def _event(self, *event):
        self.events.append(event)

    def total(self, direction, field):
        chosen = [e for e in self.events if e[1] == direction]
        return {"packets": len(chosen), "bytes": sum(e[2] for e in chosen),
                "dropped": sum(e[4] for e in chosen)}[field]

    def row(self):
        return [self.number, self.proto, self.client, self.client_port, self.server,
                self.server_port, "inside", START + self.events[0][0], START + self.events[-1][0],
                self.class_name, self.name, self.rule, 3 if self.name else "",
                "rule" if self.rule else "no rule"] + [
                    self.total(d, field) for d in (0, 1) for field in ("packets", "bytes", "dropped")
                ] + [0, 0]

    def sequence(self):
        first = self.events[0][0]
        return {"flow": self.number, "name": self.name,
                "client": "%s:%d" % (self.client, self.client_port),
                "server": "%s:%d" % (self.server, self.server_port),
                "first_ns": START + first, "thinned": 1,
                "points": [[t - first, d, seq, int(lost)] for t, d, _, seq, lost in self.events][:4096]}


def ordinary_flows(hostile=True):
    """Three throttled flows, the rest not; one with a hostile name when asked for."""
    flows = [Flow(1, "abs.twimg.com", "twitter", packets=2400, gap_ns=4_000_000),
             Flow(7, "t.co", "twitter", packets=300, gap_ns=20_000_000, begin_ns=2_000_000_000),
             Flow(11, HOSTILE if hostile else "video.twimg.com", "twitter", packets=240,
                  gap_ns=30_000_000, begin_ns=1_000_000_000, class_name="quic", proto="udp")]
    for i in range(117):
        flows.append(Flow(20 + i, "host%d.example.org" % i if i % 5 else "", packets=5 + i % 90,
                          begin_ns=i * 80_000_000, gap_ns=3_000_000 + 40_000 * i,
                          class_name="tls" if i % 5 else ""))
    return flows


def write_csv(folder, name, columns, rows):
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file)


def series_rows(flows):
    bins = collections.defaultdict(lambda: [0, 0, 0, 0])
    for flow in flows:
        for time, _, size, _, dropped in flow.events:
            sums = bins[(START + time // BIN * BIN, flow.class_name, flow.rule)]
            sums[0] += 1
            sums[1] += size
            if not dropped:
                sums[2] += 1
                sums[3] += size
    return [[*key, *bins[key]] for key in sorted(bins)]


def counters_of(flows):
    received = sum(len(flow.events) for flow in flows)
    dropped = sum(e[4] for flow in flows for e in flow.events)
    reasons = dict.fromkeys(DROP_REASONS, 0)
    offered = sum(e[2] for flow in flows for e in flow.events)
    lost = sum(e[2] for flow in flows for e in flow.events if e[4])
    return {"received": received, "forwarded": received - dropped, "held": 0,
            "dropped": {**reasons, "police": dropped},
            "received_bytes": offered, "forwarded_bytes": offered - lost, "held_bytes": 0,
            "dropped_bytes": {**reasons, "police": lost}}


def counters(flows):
    return {**counters_of(flows),
            "rules": {"twitter": counters_of([f for f in flows if f.rule]),
                      "unused": counters_of([])},
            "ports": {"0": counters_of(flows)},
            "parse": {"not_ip": 12, "fragment": 0, "truncated": 1, "malformed": 0},
            "flows": {"created": len(flows), "expired": 4, "table_full": 0}}


def manifest(flows, warnings):
    ends = [START + flow.events[-1][0] for flow in flows]
    return {
        "sluice": "0.1.0", "command": "replay",
        "arguments": ["replay", "trace one.pcap", "--model", "ru-twitter-2021", "-o", "out"],
        "seed": 9007199254740993,  # 2^53 + 1: no double holds it
        "started": "2026-01-31T12:00:00Z", "seconds": 0.412, "clock": "capture",
        "libraries": {"ndpi": "4.2.0", "libpcap": "1.10.3", "jansson": "2.14"},
        "host": {"kernel": "Linux 6.1.0", "machine": "x86_64", "cpus": 2},
        "inputs": [{"path": "trace one.pcap", "bytes": 8123456, "sha256": "ab" * 32}],
        "rules": {"id": "ru-twitter-2021", "title": "Twitter throttled by SNI, Russia, March 2021",
                  "origin": "model ru-twitter-2021", "sha256": "cd" * 32,
                  "parameters": [
                      {"name": "rate", "value": "140kbit/s", "source": "imc21", "certainty": "A",
                       "set": False},
                      {"name": "depth", "value": "17500B", "source": "imc21", "certainty": "D",
                       "set": True}]},
        "results": {"packets": sum(len(f.events) for f in flows), "flows": len(flows),
                    "flows_throttled": sum(1 for f in flows if f.total(1, "dropped")),
                    "first_ns": START, "last_ns": max(ends, default=START)},
        "warnings": warnings}


def write_folder(folder, flows, warnings=("trace one.pcap ends in the middle of a packet",)):
    """The five files. Flows in the table stand in the order of their first packet."""
    write_csv(folder, "flows.csv", FLOW_COLUMNS, [flow.row() for flow in flows])
    write_csv(folder, "series.csv", SERIES_COLUMNS, series_rows(flows))
    write_json(folder, "counters.json", counters(flows))
    worst = sorted(flows, key=lambda flow: -flow.total(1, "dropped"))[:8]
    write_json(folder, "sequences.json", {"flows": [flow.sequence() for flow in worst]})
    write_json(folder, "run.json", manifest(flows, list(warnings)))
