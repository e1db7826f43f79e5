# SPDX-License-Identifier: BSD-3-Clause
"""Other people's servers and clients through the box: it knows them by what they send. What is
expected is in each experiment, with its arithmetic; what is free there is the control."""
import csv

import program
from laboratory_case import Case
from program import table


@table((
    ("quic", ("gtlsclient", "gtlsserver"), {"video": "QUIC", "other": "QUIC"}),
    ("openvpn", ("openvpn", "wireguard-go", "wg"),
     {"udp": "OpenVPN", "tcp": "OpenVPN", "wireguard": "WireGuard"}),
    ("wireguard", ("openvpn", "wireguard-go", "wg"),
     {"openvpn": "OpenVPN", "wireguard": "WireGuard"}),
    ("turn", ("turnserver", "turnutils_peer", "turnutils_uclient"),
     {"call": "STUN", "ping": "ICMP"}),
    ("tunnels", ("openvpn", "wireguard-go", "wg", "ss-server", "ss-local"),
     {"direct": "TLS.Twitter", "openvpn": "OpenVPN", "openvpn-tcp": "OpenVPN",
      "wireguard": "WireGuard", "shadowsocks": None})))
class Servers(Case):
    def check(self, tools, classes):
        for tool in tools:
            program.need(tool)
        record, rows = self.experiment(self.id().rsplit("test_", 1)[1] + ".yaml")
        self.assertTrue(all(entry["holds"] for entry in record["expect"]))
        self.assertEqual({row["traffic"] for row in rows}, set(classes))
        for box in record["boxes"]:
            self.assertEqual(box["exit"], 0)
            self.assertEqual(box["received"], box["forwarded"] + box["held"] +
                             sum(box["dropped"].values()))
        self.assertLessEqual({word for word in classes.values() if word},
                             self.classes(record["boxes"][0]["box"]))

    def classes(self, box):
        """Of the flows in the replay of what was offered."""
        path = self.folder / "out" / ("01-cubic-" + box) / "prediction" / "flows.csv"
        with open(path, newline="", encoding="utf-8") as file:
            return {row["class"] for row in csv.DictReader(file)}
