# SPDX-License-Identifier: BSD-3-Clause
"""sluice measure series: what happened to each flow, in bins."""
import csv
import io
import json
import lzma
import unittest

import capture
import conversation
import program
import wire

MS = 10 ** 6


def rows(path, *arguments, stdin=None):
    done = program.run("measure", "series", path, *arguments, stdin=stdin)
    if done.returncode:
        raise AssertionError("exit code %d: %s" % (done.returncode, done.stderr))
    if "--json" in arguments:
        return [json.loads(line) for line in done.stdout.splitlines()]
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))


def download(to_client, to_server, loss=()):
    """20 segments of 1460 bytes, 10 ms apart and each acknowledged, as a capture sees it that is
    `to_client` and `to_server` ns away from both ends."""
    flow = conversation.Tcp(gap=0)
    at = flow.now
    whole = 2 * (to_client + to_server)

    def put(time, side, flags, payload=b"", options=b""):
        flow.now = at + time
        flow.send(side, flags, payload, options)

    put(0, 0, wire.SYN, options=wire.mss_option(1460))
    put(2 * to_server, 1, wire.SYN | wire.ACK, options=wire.mss_option(1460))
    put(whole, 0, wire.ACK)
    events = [(whole + 10 * MS * i, i, 1) for i in range(20)]
    events += [(time + 2 * to_client, i, 0) for time, i, _ in events]
    for time, i, side in sorted(events):
        if side:
            flow.seq[1] = 5001 + 1460 * i
            put(time, 1, wire.ACK, b"x" * 1460)
        else:
            flow.seq[1] = 5001 + 1460 * (i + 1)
            put(time, 0, wire.ACK)
    return flow.frames


@program.table([
    ("at the sender", 20 * MS, MS // 10, "sender"),
    ("at the receiver", MS // 10, 20 * MS, "receiver"),
    ("in the middle", 10 * MS, 20 * MS, "middle"),
])
class Vantage(program.Case):
    def check(self, to_client, to_server, vantage):
        path = capture.write(self.folder / "in.pcap", download(to_client, to_server))
        down, = (row for row in rows(path, "--bin", "1000s") if row["direction"] == "down")
        self.assertEqual(down["vantage"], vantage)
        self.assertEqual(int(down["rtt_ns_min"]), 2 * to_client)
        self.assertEqual(int(down["rtt_samples"]), 20)
        self.assertEqual([int(down[key]) for key in ("packets", "bytes", "payload_bytes")],
                         [21, 44 + 20 * 1500, 20 * 1460])  # the SYN+ACK has no payload


class Bins(program.Case):
    def test_goodput(self):
        """From the start of a second on a segment each 10 ms: 5 a bin of 50 ms."""
        path = capture.write(self.folder / "in.pcap", download(1, 1))
        down = [row for row in rows(path, "--bin", "50ms") if row["direction"] == "down"]
        self.assertEqual([int(row["goodput_bps"]) for row in down], [5 * 1460 * 8 * 20] * 4)
        begins = [int(row["begin_ns"]) for row in down]
        self.assertEqual([after - before for before, after in zip(begins, begins[1:])],
                         [50 * MS] * 3)

    def test_json_says_the_same(self):
        path = capture.write(self.folder / "in.pcap", download(MS, 5 * MS))
        plain, objects = rows(path), rows(path, "--json")
        self.assertEqual(plain, [{key: "" if value is None else str(value)
                                  for key, value in row.items()} for row in objects])
        self.assertEqual(plain, rows("-", stdin=path.read_bytes()))

    def test_udp(self):
        flow = conversation.Udp(gap=10 * MS)
        for _ in range(30):
            flow.down(b"x" * 1000)
        path = capture.write(self.folder / "in.pcap", flow.frames)
        table = rows(path, "--bin", "100ms")
        self.assertEqual([(row["proto"], int(row["goodput_bps"])) for row in table],
                         [("udp", 10 * 1000 * 8 * 10)] * 3)

    def test_two_flows_come_in_the_order_they_began(self):
        first = conversation.tls("a.example", client_port=40002)
        second = conversation.tls("b.example", client_port=40001)
        path = capture.write(self.folder / "in.pcap", conversation.merged(first, second))
        table = rows(path, "--bin", "1s")
        self.assertEqual([(row["client_port"], row["direction"]) for row in table],
                         [("40002", "up"), ("40002", "down"), ("40001", "up"),
                          ("40001", "down")])

    def test_wrong_use(self):
        for arguments, why in (([], "give a capture"), (["x", "--bin", "5"], "--bin 5"),
                               (["x", "--bin", "1ns"], "at least 1us"),
                               (["absent.pcap"], "cannot be opened")):
            done = program.run("measure", "series", *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr)


class Tshark(program.Case):
    """Data that is not new, beside tshark's analysis of the same packets: what we call sent again
    or out of order, it calls one of four names."""
    FLAGS = ["tcp.analysis.%s" % word for word in ("retransmission", "out_of_order")]
    CHOSEN = "PCIR=500000-PBC=8000-", "PCIR=1500000-PBC=1000000-", "LOSS=2%", "XT=1"

    def check(self, packed):
        path = self.write("in.pcap", lzma.decompress(packed.read_bytes()))
        table = [row for row in rows(path, "--bin", "100000s") if row["proto"] == "tcp"]
        ours = sum(int(row["retransmitted"]) + int(row["out_of_order"]) for row in table)
        theirs = sum(any(row) for row in program.tshark(path, self.FLAGS, "tcp.len>0"))
        self.assertGreater(theirs, 50)
        self.assertLessEqual(abs(ours - theirs), theirs * 0.01, packed.name)
        data = [row for row in table if int(row["payload_bytes"]) > 10 ** 6]
        self.assertEqual({row["vantage"] for row in data}, {"sender"})

    def test_same_packets(self):
        for packed in program.shared("policing"):
            if any(word in packed.name for word in self.CHOSEN):
                self.check(packed)


if __name__ == "__main__":
    unittest.main()
