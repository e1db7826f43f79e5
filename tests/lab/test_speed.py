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
