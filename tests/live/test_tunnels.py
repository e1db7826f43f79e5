# SPDX-License-Identifier: BSD-3-Clause
"""OpenVPN and WireGuard as Debian's programs speak them, between two namespaces, and found.

Every kind of session runs at once, each on a port that is nobody's, so that only what is said can
tell. The messages until the verdict are counted here, from the frames.
"""
import collections
import contextlib
import json
import os
import pathlib
import struct
import subprocess
import time
import unittest

import capture
import network
import program

CLIENT, SERVER = "198.18.0.1", "198.18.0.2"
UDP, TCP = 17, 6
WIREGUARD_PORT, PINGS = 52100, 3
OPENVPN_MESSAGES, WIREGUARD_MESSAGES = 10, 2

# What wraps the control channel is the options that either end has for it.
Kind = collections.namedtuple("Kind", "name port proto client server")
KINDS = [
    Kind("udp", 52001, "udp", [], []),
    Kind("tcp", 52002, "tcp", [], []),
    Kind("udp tls-auth", 52003, "udp", ["--tls-auth", "auth.key", "1", "--auth", "SHA512"],
         ["--tls-auth", "auth.key", "0", "--auth", "SHA512"]),
    Kind("tcp tls-auth", 52004, "tcp", ["--tls-auth", "auth.key", "1"],
         ["--tls-auth", "auth.key", "0"]),
    Kind("udp tls-crypt", 52005, "udp", ["--tls-crypt", "auth.key"], ["--tls-crypt", "auth.key"]),
    Kind("tcp tls-crypt", 52006, "tcp", ["--tls-crypt", "auth.key"], ["--tls-crypt", "auth.key"]),
    Kind("udp tls-crypt-v2", 52007, "udp", ["--tls-crypt-v2", "client2.key"],
         ["--tls-crypt-v2", "server2.key"]),
]


def payload(frame):
    """(protocol, ports, payload) of IPv4 over Ethernet, or None."""
    if frame[12:14] != b"\x08\x00" or frame[23] not in (TCP, UDP):
        return None
    at = 14 + (frame[14] & 15) * 4
    head = 8 if frame[23] == UDP else (frame[at + 12] >> 4) * 4
    end = 14 + struct.unpack_from("!H", frame, 16)[0]
    return frame[23], struct.unpack_from("!HH", frame, at), frame[at + head:end]


def flow(frames, port):
    """Each packet with this port at one end: (its source port, its payload)."""
    found = filter(None, (payload(frame) for frame in frames))
    return [(ports[0], data) for _, ports, data in found if port in ports]


def messages(packets, stream):
    """How many messages have begun by the end of these packets; over TCP each begins with its
    length in two bytes. No segment came twice on a veth."""
    if not stream:
        return sum(1 for _, data in packets if data)
    ways = collections.defaultdict(bytes)
    for source, data in packets:
        ways[source] += data
    count = 0
    for way in ways.values():
        at = 0
        while at < len(way):
            count += 1
            at += 2 + struct.unpack_from("!H", way.ljust(at + 2, b"\0"), at)[0]
    return count


class Tunnels(program.Case):
    @classmethod
    def setUpClass(cls):
        network.need_root()
        for tool in "ip", "ping", "openssl", "openvpn", "wireguard-go", "wg":
            program.need(tool)
        if not os.path.exists("/dev/net/tun"):
            raise unittest.SkipTest("no /dev/net/tun")

    def setUp(self):
        super().setUp()
        self.mark = "sl%d" % (os.getpid() % 10 ** 6)
        self.spaces = [self.mark + "a", self.mark + "b"]
        self.running = []
        self.addCleanup(self.tear_down)
        for space in self.spaces:
            network.sh("ip", "netns", "add", space)
            network.sh("ip", "-n", space, "link", "set", "lo", "up")
        network.sh("ip", "link", "add", "v0", "netns", self.spaces[0], "type", "veth", "peer",
                   "name", "v0", "netns", self.spaces[1])
        for space, address in zip(self.spaces, (CLIENT, SERVER)):
            self.ip(space, "address", "add", address + "/24", "dev", "v0")
            self.ip(space, "link", "set", "v0", "up")

    def tear_down(self):
        for process in self.running:
            with contextlib.suppress(OSError):
                process.terminate()
        for process in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
                continue
            process.kill()
            process.wait()
        for space in self.spaces:
            network.sh("ip", "netns", "del", space, check=False)

    @staticmethod
    def ip(space, *words):
        network.sh("ip", "-n", space, *words)

    def start(self, space, log, *words):
        with open(self.folder / log, "wb") as out:
            self.running.append(subprocess.Popen(
                ["ip", "netns", "exec", space, *map(str, words)], cwd=self.folder, stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL))

    def until(self, happened, what, seconds=60):
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > end:
                logs = "\n".join(path.read_text() for path in self.folder.glob("*.log"))
                self.fail("after %d s still not: %s\n%s" % (seconds, what, logs[-3000:]))
            time.sleep(0.1)

    def certificates(self):
        """{end: the fingerprint of its certificate}; the ends know each other by these."""
        found = {}
        for end in "client", "server":
            network.sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                       "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650", "-subj",
                       "/CN=" + end, "-keyout", self.folder / (end + ".key"),
                       "-out", self.folder / (end + ".crt"))
            text = network.sh("openssl", "x509", "-in", self.folder / (end + ".crt"), "-noout",
                              "-fingerprint", "-sha256").stdout.decode()
            found[end] = text.strip().split("=", 1)[1]
        return found

    def openvpn_keys(self):
        for words in (["secret", "auth.key"], ["tls-crypt-v2-server", "server2.key"]):
            network.sh("openvpn", "--genkey", words[0], self.folder / words[1])
        network.sh("openvpn", "--tls-crypt-v2", self.folder / "server2.key", "--genkey",
                   "tls-crypt-v2-client", self.folder / "client2.key")

    def openvpn(self, number, kind, prints):
        """Starts both ends; the client tries again until the server listens."""
        ours = "10.8.%d." % number
        common = ["openvpn", "--dev", "tun%d" % number, "--dev-type", "tun", "--topology", "subnet",
                  "--disable-dco", "--verb", "3", "--connect-retry", "1", "1"]
        self.start(self.spaces[1], "server%d.log" % number, *common, "--mode", "server",
                   "--tls-server", "--proto", kind.proto.replace("tcp", "tcp-server"),
                   "--port", kind.port, "--dh", "none", "--server", ours + "0", "255.255.255.0",
                   "--cert", "server.crt", "--key", "server.key", "--peer-fingerprint",
                   prints["client"], *kind.server)
        self.until(lambda: "Initialization Sequence Completed" in
                   (self.folder / ("server%d.log" % number)).read_text(), "server listens")
        self.start(self.spaces[0], "client%d.log" % number, *common, "--client", "--nobind",
                   "--proto", kind.proto.replace("tcp", "tcp-client"),
                   "--remote", SERVER, kind.port, "--cert", "client.crt", "--key", "client.key",
                   "--peer-fingerprint", prints["server"], *kind.client)
        return ours + "1"

    def wireguard(self):
        keys = [network.sh("wg", "genkey").stdout.decode().strip() for _ in self.spaces]
        public = [subprocess.run(["wg", "pubkey"], input=key.encode(), capture_output=True,
                                 check=True).stdout.decode().strip() for key in keys]
        for end, space in enumerate(self.spaces):
            name = self.mark + "w%d" % end
            self.start(space, name + ".log", "wireguard-go", "-f", name)
            self.until(pathlib.Path("/var/run/wireguard/%s.sock" % name).exists, name)
            key = self.write("wg%d.key" % end, keys[end])
            network.sh("ip", "netns", "exec", space, "wg", "set", name, "private-key", key,
                       *(["listen-port", WIREGUARD_PORT] if end else []), "peer", public[1 - end],
                       "allowed-ips", "10.9.0.0/24",
                       *([] if end else ["endpoint", "%s:%d" % (SERVER, WIREGUARD_PORT)]))
            self.ip(space, "address", "add", "10.9.0.%d/24" % (2 - end), "dev", name)
            self.ip(space, "link", "set", name, "up")
        return "10.9.0.1"

    def ping(self, address):
        return network.sh("ip", "netns", "exec", self.spaces[0], "ping", "-c", PINGS, "-i", "0.2",
                          "-W", "1", address, check=False).returncode == 0

    def sessions(self):
        """What both ends said, as it came by on the veth."""
        wire = network.Wire(self.spaces[0], "v0", outgoing=True)
        self.addCleanup(wire.close)
        prints = self.certificates()
        self.openvpn_keys()
        inner = [self.openvpn(number, kind, prints) for number, kind in enumerate(KINDS)]
        inner.append(self.wireguard())
        for address in inner:
            self.until(lambda address=address: self.ping(address), "ping " + address)
        return wire.frames(seconds=0.5)

    def found_in(self, path):
        done = program.run("classify", path, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [row for row in rows if row["proto"] in ("tcp", "udp")]

    def check_row(self, frames, row, app, most):
        self.assertEqual((row["class"], row["by"]), (app, app.lower()), row)
        packets = flow(frames, row["client_port"])
        self.assertGreaterEqual(len(packets), row["at_packet"])
        self.assertLessEqual(messages(packets[:row["at_packet"]], row["proto"] == "tcp"), most, row)

    def test_all_are_found(self):
        frames = self.sessions()
        path = capture.write(self.folder / "tunnels.pcap", [
            capture.frame(10 ** 18 + i * 10 ** 6, data) for i, data in enumerate(frames)])
        rows = self.found_in(path)
        for kind in KINDS:
            with self.subTest(kind.name):
                mine = [row for row in rows if row["server_port"] == kind.port]
                self.assertTrue(mine)
                for row in mine:
                    self.check_row(frames, row, "OpenVPN", OPENVPN_MESSAGES)
        with self.subTest("wireguard"):
            row, = (row for row in rows if row["server_port"] == WIREGUARD_PORT)
            self.check_row(frames, row, "WireGuard", WIREGUARD_MESSAGES)
        with self.subTest("rules"):
            self.check_rules(path, len(rows))

    def check_rules(self, path, count):
        """A rule about these applications takes every session, and no sooner than it is sure."""
        rules = self.write("rules.yaml", "sluice: 1\nid: tunnels\nrules:\n  - id: tunnels\n"
                           "    when: {app: [OpenVPN, WireGuard]}\n    then: [drop]\n")
        flows = [row for row in self.replay(path, "--rules", rules).flows
                 if row["proto"] in ("tcp", "udp")]
        self.assertEqual(len(flows), count)
        for row in flows:
            self.assertEqual((row["rule"], row["reason"]), ("tunnels", "app"), row)
            self.assertGreater(row.dropped, 0)


if __name__ == "__main__":
    unittest.main()
