# SPDX-License-Identifier: BSD-3-Clause
"""What the box costs TCP, beside DPDK's own forwarder on the same ports, interleaved five times."""
import statistics

import program
from laboratory_case import Case


class Plain(Case):
    def test_beside_testpmd(self):
        program.need("dpdk-testpmd")
        _, rows = self.experiment("plain.yaml")
        rates = {box: [float(row["bps"]) for row in rows if row["box"] == box]
                 for box in ("plain", "testpmd")}
        self.assertEqual([len(some) for some in rates.values()], [5, 5])
        print({box: ["%.3g" % rate for rate in some] for box, some in rates.items()})
        self.assertGreaterEqual(statistics.median(rates["plain"]),
                                0.8 * statistics.median(rates["testpmd"]))


class Shaped(Case):
    def test_delay_is_bounded(self):
        """Over 30 s, from end to end, beside the kernel's: the limit, and 1 ms for the way. p99: the
        worst is when the machine ran something else instead."""
        _, rows = self.experiment("shape-udp.yaml")
        delays = {row["box"]: (float(row["delay_ms_p99"]), float(row["delay_ms_max"])) for row in rows}
        print({box: "p99 %.1f ms, max %.1f ms" % some for box, some in delays.items()})
        self.assertLess(delays["shape"][0], 40e3 * 8 / 1.5e3 / 1e3 + 1)
        self.assertLess(delays["late"][0], 100 + 1)
