# SPDX-License-Identifier: BSD-3-Clause
"""The names in flows.csv against Wireshark's, over the shared collection of real traffic.

What differs, and why, is listed in names_differences.txt; the list is checked as well.
"""
import concurrent.futures
import pathlib
import re
import shutil
import tempfile
import unittest

import program

# Everything that a name may hide behind is looked through.
RULES = """sluice: 1
id: names
rules:
  - id: nobody
    when: {tls.sni: [nobody.invalid]}
    inspect:
      directions: both
      reassembly: {tcp: full, tls_records: all}
      budget: {packets: 200}
"""
HELLO = re.compile(rb"\x16\x03[\x00-\x04]..\x01\0", re.DOTALL)
DIFFERENCES = pathlib.Path(__file__).with_name("names_differences.txt")


def ends(source, source_port, destination, destination_port):
    return frozenset(((source, source_port), (destination, destination_port)))


def names_of_tshark(path):
    """The first name of each TCP stream: {stream: (ends, name, whether it is in a tunnel)}."""
    rows = program.tshark(path, [
        "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport",
        "tls.handshake.extensions_server_name", "frame.protocols"],
        "tcp && tls.handshake.extensions_server_name")
    found = {}
    for stream, src, src6, sport, dst, dst6, dport, name, protocols in rows:
        key = ends(src or src6, sport, dst or dst6, dport)
        layers = protocols.split(":")
        tunnel = layers.count("ip") + layers.count("ipv6") > 1
        # More than one name: several hellos in one frame.
        found.setdefault(stream, (key, name.split(",")[0], tunnel))
    return found


def names_of_sluice(path, folder):
    rules = folder / "rules.yaml"
    out = folder / path.name
    done = program.run("replay", path, "--rules", rules, "-o", out)
    if done.returncode != 0:
        return {}
    found = {}
    for row in program.Result(out, done).flows:
        if row["proto"] == "tcp" and row["name"]:
            key = ends(row["client"], str(row["client_port"]), row["server"],
                       str(row["server_port"]))
            found.setdefault(key, []).append(row["name"])
    shutil.rmtree(out)
    return found


def compare(path, folder):
    """(streams with a name, differences as lines, those of them in tunnels)."""
    theirs, ours = names_of_tshark(path), names_of_sluice(path, folder)
    different, tunnelled = [], 0
    for stream, (key, name, tunnel) in theirs.items():
        if name not in ours.get(key, []):
            different.append("%s %s %s %s" % (path.name, stream, name,
                                              ",".join(ours.get(key, [])) or "-"))
            tunnelled += tunnel
    return len(theirs), different, tunnelled


class Names(unittest.TestCase):
    def test_names_are_wiresharks(self):
        program.need("tshark")
        paths = [path for path in program.shared("apps") if HELLO.search(path.read_bytes())]
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "rules.yaml").write_text(RULES)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda path: compare(path, folder), paths))
        # A flow is what its outermost packet says: what is in a tunnel is no flow here.
        tunnelled = sum(result[2] for result in results)
        streams = sum(result[0] for result in results) - tunnelled
        different = sorted(line for result in results for line in result[1])
        self.assertGreater(streams, 300)
        same = streams - (len(different) - tunnelled)
        self.assertGreaterEqual(same / streams, 0.99, different)
        listed = sorted(line.split(" # ")[0].rstrip()
                        for line in DIFFERENCES.read_text().splitlines()
                        if line and not line.startswith("#"))
        self.assertEqual(different, listed)


if __name__ == "__main__":
    unittest.main()
