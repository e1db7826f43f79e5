# SPDX-License-Identifier: BSD-3-Clause
"""What a swap of rules costs the worker that goes on meanwhile: the longest time that it spent on
what the control thread asked for, and its longest turn from one poll to the next, in boxes whose
rules are swapped and in boxes whose rules stay, taken in turns. SLUICE_LONG=1 measures it, with
1,000 swaps. Where the core is taken away for milliseconds now and then, the longest turns are
those; what is asserted is the time that the swap itself took."""
import os
import statistics
import time
import unittest

import network
from test_swaps import EXAMPLE, SCOPE, Flood

BOXES = 10
SWAPS = 100
SECONDS = 1.0


@unittest.skipUnless(os.environ.get("SLUICE_LONG"), "long: SLUICE_LONG=1 measures it")
class Stall(Flood):
    def start(self):
        """On a core of its own; this test, the control thread and the kernel have the other."""
        box = network.Box("-p", "vdev:net_pcap0,rx_pcap=%s,infinite_rx=1" % EXAMPLE,
                          "-p", "vdev:net_null0", "--no-huge", "-l", str(os.cpu_count() - 1),
                          *SCOPE, "--rules", self.folder / "rules.yaml",
                          before=("taskset", "-c", "0-%d" % (os.cpu_count() - 1)))
        self.addCleanup(box.kill)
        return box

    def longest(self, swaps):
        """(us of the longest turn, us of the longest answer, packets a second) of one box."""
        self.write_rules()
        box = self.start()
        begin, before = time.monotonic(), box.counters()["received"]
        if swaps:
            self.swaps(box, swaps)
        time.sleep(max(0, SECONDS - (time.monotonic() - begin)))
        rate = (box.counters()["received"] - before) / (time.monotonic() - begin)
        summary = box.end()
        self.nothing_lost(summary)
        worker = summary["workers"][0]
        return worker["worst_loop_us"], worker["worst_answer_us"], rate

    def test_a_swap_stalls_nobody(self):
        os.sched_setaffinity(0, {0})
        self.addCleanup(os.sched_setaffinity, 0, range(os.cpu_count()))
        rows = {0: [], SWAPS: []}
        for _ in range(BOXES):
            for swaps, column in rows.items():
                column.append(self.longest(swaps))
        medians = {}
        for swaps, column in rows.items():
            turns, answers, rates = (sorted(one) for one in zip(*column))
            medians[swaps] = statistics.median(turns), statistics.median(answers)
            print("%4d swaps: longest turn %.0f us (%s), longest answer %.1f us (%s), %.1f Mpps" % (
                swaps, medians[swaps][0], " ".join("%.0f" % turn for turn in turns),
                medians[swaps][1], " ".join("%.1f" % answer for answer in answers),
                statistics.median(rates) / 1e6))
        self.assertGreater(statistics.median(rates), 1e6)
        self.assertLess(medians[SWAPS][1], 100)
