# SPDX-License-Identifier: BSD-3-Clause
"""The example capture is what its script writes, and shows what it is there to show."""
import ipaddress
import subprocess
import sys
import unittest

import capture
import program

FOLDER = program.ROOT / "tests" / "captures"
EXAMPLE = FOLDER / "example.pcap"


class Example(program.Case):
    def test_it_is_what_the_script_writes(self):
        path = self.folder / "example.pcap"
        subprocess.run([sys.executable, FOLDER / "make_example.py", path], check=True)
        self.assertTrue(path.read_bytes() == EXAMPLE.read_bytes())
        self.assertLess(EXAMPLE.stat().st_size, 600000)

    def test_only_the_listed_name_is_throttled(self):
        result = self.replay(EXAMPLE, "--model", "ru-twitter-2021")
        dropped = {row["name"]: row.dropped for row in result.flows if row["proto"] == "tcp"}
        self.assertEqual(set(dropped), {"abs.twimg.com", "www.example.org", "news.example.net"})
        self.assertGreater(dropped.pop("abs.twimg.com"), 100)
        self.assertEqual(set(dropped.values()), {0})
        self.assertEqual(result.done.stderr, "")

    def test_nothing_in_it_is_real(self):
        # RFC 1918 and RFC 5737
        made_up = [ipaddress.ip_network(text) for text in (
            "10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
        for one in capture.read(EXAMPLE):
            for at in 26, 30:
                end = ipaddress.ip_address(one.data[at:at + 4])
                self.assertTrue(any(end in network for network in made_up), end)


if __name__ == "__main__":
    unittest.main()
