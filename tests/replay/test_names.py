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
    when: {name: [nobody.invalid]}
    inspect:
      directions: both
      reassembly: {tcp: full, tls_records: all}
      budget: {packets: 200}
"""
# Where either may have a name to show: a hello in a record, a version of QUIC in a long header or
# in Google's public one. The whole file is searched, so more is looked at than has one.
HELLO = re.compile(rb"\x16\x03[\x00-\x04]..\x01\x00"
                   rb"|[\xc0-\xff](?:\x00\x00\x00\x01|\x6b\x33\x43\xcf|\xff\x00\x00.|\xfa\xce\xb0.)"
                   rb"|[QT]0\d\d", re.DOTALL)
DIFFERENCES = pathlib.Path(__file__).with_name("names_differences.txt")


def ends(source, source_port, destination, destination_port):
    return frozenset(((source, source_port), (destination, destination_port)))


FIELDS = ["ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "frame.protocols"]
# A row a protocol: its filter, and where a name is.
KINDS = {
    "tcp": ("tcp && tls.handshake.extensions_server_name",
            ["tls.handshake.extensions_server_name"]),
    "udp": ("quic && tls.handshake.extensions_server_name || gquic.tag.sni",
            ["tls.handshake.extensions_server_name", "gquic.tag.sni"]),
}


def names_of_tshark(path, proto):
    """The first name of each stream: {stream: (ends, name, whether it is in a tunnel)}."""
    wanted, names = KINDS[proto]
    rows = program.tshark(path, FIELDS + [proto + ".stream", proto + ".srcport",
                                          proto + ".dstport"] + names, wanted)
    found = {}
    for src, src6, dst, dst6, protocols, stream, sport, dport, *names in rows:
        key = ends(src or src6, sport, dst or dst6, dport)
        layers = protocols.split(":")
        tunnel = layers.count("ip") + layers.count("ipv6") > 1
        # More than one name: several hellos in one frame.
        found.setdefault(stream, (key, "".join(names).split(",")[0], tunnel))
    return found


def names_of_sluice(path, folder):
    """The names of each flow: {(protocol, ends): [name]}."""
    rules = folder / "rules.yaml"
    out = folder / path.name
    done = program.run("replay", path, "--rules", rules, "-o", out)
    if done.returncode != 0:
        return {}
    found = {}
    for row in program.Result(out, done).flows:
        if row["name"]:
            key = ends(row["client"], str(row["client_port"]), row["server"],
                       str(row["server_port"]))
            found.setdefault((row["proto"], key), []).append(row["name"])
    shutil.rmtree(out)
    return found


def compare(path, folder):
    """(streams with a name by protocol, differences as lines, those of them in tunnels)."""
    ours = names_of_sluice(path, folder)
    streams, different, tunnelled = {}, [], 0
    for proto in KINDS:
        theirs = names_of_tshark(path, proto)
        streams[proto] = len(theirs)
        for stream, (key, name, tunnel) in theirs.items():
            if name not in ours.get((proto, key), []):
                different.append("%s %s %s %s %s" % (path.name, proto, stream, name,
                                                     ",".join(ours.get((proto, key), [])) or "-"))
                tunnelled += tunnel
    return streams, different, tunnelled


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
        by_proto = {proto: sum(result[0][proto] for result in results) for proto in KINDS}
        streams = sum(by_proto.values()) - tunnelled
        different = sorted(line for result in results for line in result[1])
        self.assertGreater(by_proto["tcp"], 300)
        self.assertGreater(by_proto["udp"], 20)  # 4.0 finds 80 and more, 4.4 fewer
        same = streams - (len(different) - tunnelled)
        self.assertGreaterEqual(same / streams, 0.995, different)
        listed = sorted(line.split(" # ")[0].rstrip()
                        for line in DIFFERENCES.read_text().splitlines()
                        if line and not line.startswith("#"))
        self.assertEqual(different, listed)


if __name__ == "__main__":
    unittest.main()
