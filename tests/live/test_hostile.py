# SPDX-License-Identifier: BSD-3-Clause
"""Whatever comes in goes out or is dropped by name: broken frames, and real traffic of many
applications, through a live box on capture ports. The sanitized build runs these too."""
import json
import pathlib
import struct
import unittest

import capture
import network
import program
import wire

CORPUS = pathlib.Path(program.ROOT, "tests", "fuzz", "corpus")
PRIVATE = ("--scope", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,198.18.0.0/15,2001:2::/48",
           "--inside", "10.0.0.0/8,192.168.0.0/16")
PACKETS = 400  # of each capture

RULES = """sluice: 1
id: hostile
rules:
  - id: names
    when: {name: ["**.com", "*e*"]}
    then:
      - police: {rate: 1Mbit/s, burst: 20kB, count: l2, per: [inside-host, direction]}
  - id: tcp
    when: {proto: tcp}
    then:
      - delay: {distribution: uniform, max: 20ms, reorder: true}
      - loss: {p: 0.1, r: 0.5}
  - id: udp
    when: {proto: udp}
    then:
      - shape: {rate: 5Mbit/s, burst: 20kB, count: l3, queue: [100kB, 100ms], per: rule}
"""


class Hostile(program.Case):
    def setUp(self):
        network.need_cores()
        super().setUp()

    def through(self, frames, *arguments):
        """The summary of a box that took them all."""
        path = capture.write(self.folder / "in.pcap", frames)
        rules = self.write("rules.yaml", RULES)
        done = program.run("run", "-p", "pcap:%s" % path, "-p", "pcap:,%s" % (self.folder / "out"),
                           *PRIVATE, "--rules", rules, "--no-huge", "-l", "0", "--json",
                           "--lab", "hostile", *arguments, timeout=500)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Sanitizer", done.stderr)
        self.assertNotIn("runtime error", done.stderr)
        summary = json.loads(done.stdout)
        for part in (summary, *summary["ports"].values(), *summary["rules"].values()):
            self.assertEqual(part["received"], part["forwarded"] + part["held"] +
                             sum(part["dropped"].values()))
        self.assertEqual(summary["held"], 0)
        return summary

    def in_the_lab(self, frames):
        """The same with addresses of a testbed, as send puts them on a port."""
        path = capture.write(self.folder / "public.pcap", frames)
        out = self.folder / "lab.pcap"
        done = program.run("send", path, "-p", "pcap:,%s" % out, "--addresses", "lab",
                           "--flat-out", "--no-huge", timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def test_seeds_of_the_fuzz_targets(self):
        """Each as a frame, and within IPv4 and UDP or TCP, as what parsers see of it."""
        bodies = [path.read_bytes() for path in sorted(CORPUS.glob("*/*"))]
        frames = []
        for number, body in enumerate(bodies):
            ports = 1024 + number % 60000, (443, 80, 53, 22, 1194, 3478)[number % 6]
            wrapped = [body[:1500],
                       wire.ethernet(wire.udp("10.0.0.2", "192.168.0.1", ports, body[:1472])),
                       wire.ethernet(wire.tcp("10.0.0.2", "192.168.0.1", ports, wire.ACK, 1, 1,
                                              body[:1460])),
                       wire.ethernet(b"\x45" + body[:1400]),
                       wire.ethernet(b"\x60" + body[:1400])]
            frames += [frame for frame in wrapped if len(frame) > 14]
        self.assertGreater(len(frames), 500)
        summary = self.through([capture.frame(10 ** 18 + i * 1000, frame)
                                for i, frame in enumerate(frames)])
        self.assertEqual(summary["received"], len(frames))

    def test_lengths_that_lie(self):
        """Every 16-bit length of a hello, set to everything odd."""
        hello = bytearray(wire.ethernet(wire.tcp("10.0.0.2", "192.168.0.1", (4000, 443), wire.ACK,
                                                 1, 1, wire.client_hello("www.example.com"))))
        frames = []
        for at in range(12, len(hello) - 1):
            for value in 0, 1, 0x7fff, 0xffff:
                lie = hello[:]
                lie[at:at + 2] = struct.pack("!H", value)
                frames.append(capture.frame(10 ** 18 + len(frames) * 1000, bytes(lie)))
        self.assertEqual(self.through(frames)["received"], len(frames))

    def test_applications(self):
        frames = []
        for path in program.shared("apps"):
            try:
                some = capture.read(path)[:PACKETS]
            except (ValueError, struct.error):
                continue  # of a framing that a port does not carry
            frames += [capture.frame(10 ** 18 + (len(frames) + i) * 20000, one.data[:1514])
                       for i, one in enumerate(some) if len(one.data) > 14]
        self.assertGreater(len(frames), 10000)
        path = self.in_the_lab(frames)
        summary = self.through(capture.read(path))
        self.assertEqual(summary["received"], len(frames))
        self.assertGreater(summary["flows"]["created"], 1000)
        self.assertLess(summary["parse"]["out_of_scope"], len(frames) / 5)


if __name__ == "__main__":
    unittest.main()
