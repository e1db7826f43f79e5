# SPDX-License-Identifier: BSD-3-Clause
"""Experiment files that are wrong: where, what, and what is allowed. Nothing is begun."""
from laboratory_case import EXPERIMENTS, Case
from program import table

GOOD = """lab: 1
title: test
boxes:
  - {id: box, kind: sluice}
traffic:
  - {id: one, do: udp, rate: 5Mbit/s, time: 1s}
"""


@table((
    ("key", "title", "tittle", "2:1: unknown key tittle; did you mean title?"),
    ("kind", "sluice}", "sluce}", "4:21: unknown word sluce; did you mean sluice?"),
    ("key_of_traffic", "rate:", "rat:", "6:24: unknown key rat; did you mean rate?"),
    ("unit", "5Mbit/s", "5", "6:30: 5: wanted is a number with its unit, as in 1.5Mbit/s"),
    ("missing", ", time: 1s", "", "6:5: time is missing"),
    ("twice", "title: test", "title: test\ntitle: a", "3:1: title is there twice"),
    ("not_a_list", "\n  - {id: box, kind: sluice}", " 5", "3:8: a list is wanted here"),
    ("public_address", "boxes:", "addresses: {client: 8.8.8.8/24}\nboxes:",
     "3:21: 8.8.8.8/24 is neither private nor for documentation or benchmarks"),
    ("no_such_rules", "sluice}", "sluice, rules: nowhere.yaml}", "4:5: there is no file "),
    ("no_such_id", "traffic:", "expect:\n  - {box: bx, traffic: one, metric: bps, between: "
     "[0, 1]}\ntraffic:", "6:5: no box has the id bx; did you mean box?"),
    ("rtt_unit", "boxes:", "rtt: [20]\nboxes:", "3:7: 20: wanted is a number with its unit"),
    ("rtt_not_there", "traffic:", "rtt: [20ms]\nexpect:\n  - {box: box, traffic: one, metric: bps, "
     "between: [0, 1], rtt: 10ms}\ntraffic:", "7:5: rtt: none of the experiment's is 10 ms"),
    ("tunnel", "time: 1s", "time: 1s, through: opnvpn",
     "6:58: unknown word opnvpn; did you mean openvpn?"),
    ("tunnel_of_proxy", "time: 1s", "time: 1s, through: shadowsocks",
     "6:58: unknown word shadowsocks; allowed: openvpn, openvpn-tcp, wireguard"),
    ("tunnel_family", "{id: one, do: udp, rate: 5Mbit/s, time: 1s}",
     "{id: one, do: ping, count: 5, family: 6, through: wireguard}",
     "6:5: family 6 or through, not both: tunnels carry IPv4"),
    ("no_yaml", "{id: box", "{id: [box", "4:"),
    ("empty", GOOD, "", "1:1: nothing is there")))
class Wrong(Case):
    def check(self, old, new, expected):
        self.assertIn(old, GOOD)
        path = self.write("wrong.yaml", GOOD.replace(old, new, 1))
        code, out, err = self.lab("run", path, "-o", "out")
        self.assertEqual((code, out), (2, ""))
        self.assertTrue(err.startswith("scripts/lab: %s:%s" % (path, expected)), err)
        self.assertEqual(err.count("\n"), 1)
        self.assertEqual([entry.name for entry in self.folder.iterdir()], ["wrong.yaml"])


class Shipped(Case):
    def test_output_exists(self):
        (self.folder / "out").mkdir()
        code, _, err = self.lab("run", EXPERIMENTS / "plain.yaml", "-o", "out")
        self.assertEqual(code, 2)
        self.assertIn("out exists", err)
