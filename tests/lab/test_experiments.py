# SPDX-License-Identifier: BSD-3-Clause
"""Published numbers in a closed loop: kernels' TCP, nginx and curl through a live box."""
import collections
import csv

import capture
from laboratory_case import EXPERIMENTS, Case

# 383,000 B * 8 at 150 and 130 kbit/s, the range of converged rates in the paper, in seconds
TWITTER = (383000 * 8 / 150e3, 383000 * 8 / 130e3)
RATE = 1.5e6


class Twitter(Case):
    def test_only_the_name_is_slow(self):
        record, rows = self.experiment("twitter.yaml", "--repetitions", 1)
        skipped = [line for line in record["warnings"] if line.startswith("skipped")]
        self.assertEqual(len(rows), 8 - 4 * len(skipped))
        for row in rows:
            with self.subTest(row["box"] + " " + row["traffic"] + " " + row["congestion"]):
                seconds = float(row["seconds"])
                if (row["box"], row["traffic"]) == ("throttled", "twitter"):
                    self.assertTrue(TWITTER[0] - 0.03 < seconds < TWITTER[1] + 0.04, seconds)
                else:
                    self.assertLess(seconds, 1)


class Police(Case):
    def missing(self, run):
        """Packets that entered the box and did not leave it, by the captures."""
        with open(self.folder / "out" / run / "series.csv", encoding="utf-8") as file:
            bins = list(csv.DictReader(file))
        return sum(int(row["offered_packets"]) - int(row["delivered_packets"]) for row in bins)

    def test_udp(self):
        """0.5 % of 9 s: 8 packets, where each end of the measured time is exact to one."""
        record, rows = self.experiment("police-udp.yaml", "--seconds", 10)
        rates = {row["box"]: float(row["delivered_bps"]) for row in rows}
        self.assertLess(abs(rates["police"] / RATE - 1), 0.005)
        # The kernel counts 14 B of Ethernet where L3 has 1,428 B.
        self.assertLess(abs(rates["tbf"] / (RATE * 1428 / 1442) - 1), 0.01)
        box = next(run for run in record["boxes"] if run["box"] == "police")
        if not record["warnings"]:
            self.assertEqual(box["dropped"]["police"], self.missing("01-cubic-police"))
        self.assertEqual(box["received"], box["forwarded"] + box["held"] +
                         sum(box["dropped"].values()))


class Shape(Case):
    BELOW = """lab: 1
title: below the rate
boxes:
  - {id: shape, kind: sluice, rules: %s}
traffic:
  - {id: udp, do: udp, rate: 1.4Mbit/s, time: 3s, payload: 1400}
"""

    def test_below_the_rate(self):
        rules = EXPERIMENTS / "rules" / "shape.yaml"
        record, rows = self.experiment(self.write("below.yaml", self.BELOW % rules))
        self.assertEqual([row["lost"] for row in rows], ["0"])
        self.assertEqual(sum(record["boxes"][0]["dropped"].values()), 0)

    def test_udp(self):
        """The rate; nothing lost but for the queue's own bound, which was reached each time; and no
        longer a delay than that bound: 40 kB at 1.5 Mbit/s are 213.3 ms, the other one is 100 ms."""
        record, rows = self.experiment("shape-udp.yaml", "--seconds", 10)
        rates = {row["box"]: float(row["delivered_bps"]) for row in rows}
        self.assertLess(abs(rates["shape"] / RATE - 1), 0.005)
        self.assertLess(abs(rates["late"] / RATE - 1), 0.005)
        self.assertLess(abs(rates["tbf"] / (RATE * 1428 / 1442) - 1), 0.01)
        for box, bound_ms, room in (("shape", 213.3, 40000), ("late", 100, 100 * RATE / 8000)):
            row = next(row for row in rows if row["box"] == box)
            self.assertTrue(bound_ms - 9 < float(row["delay_ms_p50"]) < bound_ms + 1, row)
            if not record["warnings"]:
                self.assertGreaterEqual(int(row["full_bytes_min"]), room)
        box = next(run for run in record["boxes"] if run["box"] == "shape")
        lost = {why for why, count in box["dropped"].items() if count}
        self.assertLessEqual(lost, {"shape-queue-bytes", "shape-queue-time", "stopped"})
        self.assertTrue(lost & {"shape-queue-bytes", "shape-queue-time"})
        self.assertEqual(box["received"], box["forwarded"] + box["held"] +
                         sum(box["dropped"].values()))


class Rtt(Case):
    """A path of 20 and of 100 ms behind the box."""

    FILE = """lab: 1
title: two RTTs
rtt: [20ms, 100ms]
boxes:
  - {id: shape, kind: sluice, rules: %s}
traffic:
  - {id: ping, do: ping, count: 20}
  - {id: tcp, do: tcp, time: 4s, reverse: yes}
"""

    def test_shaped_tcp(self):
        """Packets take as long as they should, and the box's own numbers are not touched."""
        rules = EXPERIMENTS / "rules" / "shape-tcp.yaml"
        record, rows = self.experiment(self.write("rtt.yaml", self.FILE % rules))
        for path_ms in 20, 100:
            ping, tcp = (row for row in rows if float(row["path_ms"]) == path_ms)
            self.assertEqual(ping["received"], "20")
            self.assertTrue(path_ms < float(ping["rtt_ms"]) < path_ms + 15, ping)
            # 2 Mbit/s, 1 %: three seconds are 500 packets, each end exact to one
            self.assertLess(abs(float(tcp["delivered_bps"]) / 2e6 - 1), 0.01)
        for box in record["boxes"]:
            self.assertEqual(box["received"], box["forwarded"] + box["held"] +
                             sum(box["dropped"].values()))
            self.assertEqual(box["ports"]["0"]["dropped"]["shape-queue-bytes"], 0)


class Everything(Case):
    def test_passes_unchanged(self):
        """Every frame of one end is at the other, byte for byte."""
        record, rows = self.experiment("everything.yaml")
        self.assertEqual({row["traffic"] for row in rows},
                         {"ping", "ping6", "plain", "tls12", "http2", "upload", "tcp", "udp"})
        self.assertEqual({row["http"] for row in rows if row["traffic"] == "http2"}, {"2"})
        if any("captures lack" in line for line in record["warnings"]):
            self.skipTest("tcpdump could not keep up: " + record["warnings"][0])
        folder = self.folder / "out" / "01-cubic-box"
        sides = [[frame.data for frame in capture.read(folder / name)]
                 for name in ("client.pcap", "server.pcap")]
        for side in sides:
            kinds = {data[12:14] for data in side}
            self.assertLessEqual({b"\x08\x06", b"\x08\x00", b"\x86\xdd"}, kinds)
        client, server = (collections.Counter(filter(self.ours, side)) for side in sides)
        self.assertGreater(sum(client.values()), 1000)
        self.assertEqual((client - server, server - client), ({}, {}))

    @staticmethod
    def ours(data):
        """The traffic's; a kernel's own chatter may fall between two ends of a capture."""
        return data[12:14] == b"\x08\x00" or \
            data[12:14] == b"\x86\xdd" and data[22:24] == b"\x20\x01" and data[54] in (128, 129)

    def test_series_has_the_columns_of_replay(self):
        self.experiment("everything.yaml", "--seconds", 1)
        folder = self.folder / "out" / "01-cubic-box"
        ours, replays = ((path / "series.csv").read_text().split("\n") for path in
                         (folder, folder / "prediction"))
        self.assertEqual(ours[0], replays[0])
        self.assertTrue(any(",TLS" in line for line in ours))
        for line in ours[1:-1]:
            self.assertEqual(len(line.split(",")), 7)
