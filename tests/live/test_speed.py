# SPDX-License-Identifier: BSD-3-Clause
"""What wants a quiet machine: `tests/run.py live --speed`.

How well `sluice send` and tcpreplay keep a capture's time, seen from the far end of one veth.

Both send the same capture in turns; each packet's time is the kernel's receive stamp, so that one
instrument judges both. A packet's error is how much later it came than the capture says, above the
run's least late one. SLUICE_SEND_SECONDS says how long the capture is (default 60).
"""
import json
import os
import random
import select
import socket
import statistics
import struct
import subprocess
import time

import capture
import network
import program
import test_swaps
import test_workers
import wire

SECONDS = int(os.environ.get("SLUICE_SEND_SECONDS", "60"))
SO_TIMESTAMPNS, GAP_NS = 35, 500_000
TURNS = 2


def frames():
    chance, time = random.Random(1), 1700000000 * 10 ** 9
    for i in range(SECONDS * 10 ** 9 // GAP_NS):
        yield capture.frame(time, wire.ethernet(wire.udp(
            "198.18.0.1", "198.18.0.2", (4000, 53), struct.pack("!I", i) + bytes(100))))
        time += int(chance.expovariate(1 / GAP_NS))


def slope(times, errors):
    """Least squares."""
    middle, mean = sum(times) / len(times), sum(errors) / len(errors)
    return (sum((t - middle) * (e - mean) for t, e in zip(times, errors)) /
            sum((t - middle) ** 2 for t in times))


class Punctuality(network.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program.need("tcpreplay")

    def stamps(self, far, process):
        """{number: ns} of all that came until the process ended."""
        stamps = {}
        while select.select([far.socket], [], [], 0.5)[0] or process.poll() is None:
            if not select.select([far.socket], [], [], 0)[0]:
                continue
            data, control, _, _ = far.socket.recvmsg(2048, 256)
            for _, kind, value in control:
                if kind == SO_TIMESTAMPNS:
                    second, rest = struct.unpack("qq", value[:16])
                    stamps[struct.unpack_from("!I", data, 42)[0]] = second * 10 ** 9 + rest
        self.assertEqual(process.wait(), 0)
        return stamps

    def errors(self, far, sent, command):
        process = subprocess.Popen(["ip", "netns", "exec", self.box_space, *command],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stamps = self.stamps(far, process)
        self.assertEqual(len(stamps), len(sent))
        times = [one.time - sent[0].time for one in sent]
        late = [stamps[i] - stamps[0] - time for i, time in enumerate(times)]
        least = min(late)
        ordered = sorted(one - least for one in late)
        return {"p50": ordered[len(ordered) // 2], "p99": ordered[len(ordered) * 99 // 100],
                "max": ordered[-1], "drift": slope(times, late) * 1e6}

    def test_beside_tcpreplay(self):
        far = self.wire(self.client, "c0")
        far.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sent = list(frames())
        path = capture.write(self.folder / "in.pcap", sent)
        commands = {
            "sluice": [program.SLUICE, "send", path, "-p", "packet:in0", "--scope",
                       "198.18.0.0/15", "--no-huge", "--tolerance", "100"],
            "tcpreplay": ["tcpreplay", "-q", "--preload-pcap", "-T", "gtod", "-i", "in0", path]}
        got = {name: [] for name in commands}
        for _ in range(TURNS):
            for name, command in commands.items():
                got[name].append(self.errors(far, sent, command))
                print("%-10s p50 %d ns, p99 %d ns, max %d ns, drift %.2f ppm" % (
                    name, *got[name][-1].values()), flush=True)
        for figure in "p50", "p99":
            best = {name: min(one[figure] for one in got[name]) for name in got}
            self.assertLess(best["sluice"], best["tcpreplay"], figure)


class Stall(test_swaps.Flood):
    """What a worker gives to rules that change a thousand times: its longest answer to the control
    thread, and its longest loop, with swaps and without, in turns. Where the core is taken away for
    milliseconds now and then, the longest loops are those: what is asserted is the answers'."""

    SECONDS, ROUNDS, SWAPS = 5, 5, 1000

    def worst_us(self, swapping):
        box = self.start()
        end = time.monotonic() + self.SECONDS
        if swapping:
            self.swaps(box, self.SWAPS)
        time.sleep(max(0, end - time.monotonic()))
        summary = box.end()
        self.nothing_lost(summary)
        worker = summary["workers"][0]
        return worker["worst_answer_us"], worker["worst_loop_us"]

    def test_swaps(self):
        got = {"with": [], "without": []}
        for _ in range(self.ROUNDS):
            for name, some in got.items():
                some.append(self.worst_us(name == "with"))
        answers = {name: [one for one, _ in some] for name, some in got.items()}
        print({name: ["answer %.1f us, loop %.0f us" % one for one in some]
               for name, some in got.items()}, flush=True)
        self.assertLess(statistics.median(answers["with"]),
                        statistics.median(answers["without"]) + 100)


class TwoWorkers(program.Case):
    """What two of them forward of an endless source, beside one, in turns. The source has a queue for
    each, with half of the flows' packets in the other's: those are handed over."""

    SECONDS, ROUNDS, FLOWS = 4, 5, 1000

    def setUp(self):
        super().setUp()
        network.need_root()
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("one processor")
        self.path = capture.write(self.folder / "in.pcap", [
            capture.frame(10 ** 18 + i, test_workers.frame(i // 2, i % 2 == 0))
            for i in range(2 * self.FLOWS)])

    def rate(self, cores):
        done = program.run(
            "run", "-p", "vdev:net_pcap0,rx_pcap=%s,rx_pcap=%s,infinite_rx=1" % (2 * (self.path,)),
            "-p", "vdev:net_null0,no-rx=1", "-l", cores, *test_workers.SCOPE, "--no-huge", "--json",
            "--duration", "%ds" % self.SECONDS, "--lab", "rate%d" % os.getpid())
        self.assertEqual(done.returncode, 0, done.stderr)
        summary = json.loads(done.stdout)
        self.assertEqual(summary["flows"]["created"], self.FLOWS)
        return summary["forwarded"] / self.SECONDS

    def test_beside_one(self):
        got = {"0": [], "0,1": []}
        for _ in range(self.ROUNDS):
            for cores, some in got.items():
                some.append(self.rate(cores))
        print({cores: ["%.2f Mpps" % (one / 1e6) for one in some] for cores, some in got.items()},
              flush=True)
        self.assertGreater(statistics.median(got["0,1"]), 1.7 * statistics.median(got["0"]))
