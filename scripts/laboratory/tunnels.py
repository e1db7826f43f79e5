# SPDX-License-Identifier: BSD-3-Clause
"""Tunnels between client and server, through which traffic may go: `through: wireguard`. They are
opened when the box forwards and closed before the next one does, so each box sees the handshake.

A row a kind: the flow that the box sees, the server's address inside (None: as outside), and what
opens it."""
import signal
import time

from laboratory import programs, spaces
from laboratory.wrong import Refused

OPENVPN, WIREGUARD, SHADOWSOCKS, SOCKS = 1194, 51820, 8388, 1080
CIPHER = "chacha20-ietf-poly1305"
START_SECONDS = 30


class Tunnel:
    """Both ends of one."""

    def __init__(self, network, kind):
        self.network, self.kind, self.processes = network, kind, []

    def start(self, space, end, *words):
        log = spaces.WORK / ("%s-%s.log" % (self.kind, end))
        with open(log, "wb") as file:
            process = space.start(*words, stdout=file, stderr=file)
        self.processes.append((process, log))
        return process, log

    def until(self, answered, what):
        deadline = time.monotonic() + START_SECONDS
        while not answered():
            for process, log in self.processes:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Refused("%s does not start: %s" %
                                  (what, log.read_text(errors="replace").strip()[-2000:]))
            time.sleep(0.02)

    def end(self):
        for process, _ in self.processes:
            spaces.end(process, signal.SIGKILL)
        self.processes = []


def give_address(space, name, address, other):
    space.run("ip", "addr", "add", address, "peer", other, "dev", name)
    space.run("ip", "link", "set", name, "up")


def openvpn(tunnel):
    """TLS between two peers, each with the lab's certificate as its own and as the authority."""
    network, proto = tunnel.network, tunnel.kind[len("openvpn"):].lstrip("-") or "udp"
    server, client = KINDS[tunnel.kind][1], KINDS[tunnel.kind][2]
    common = ["openvpn", "--dev-type", "tun", "--tun-mtu", 1400, "--mssfix", 0, "--verb", 3,
              "--ca", spaces.WORK / "lab.crt", "--cert", spaces.WORK / "lab.crt",
              "--key", spaces.WORK / "lab.key", "--disable-dco"]
    _, there = tunnel.start(network.server, "server", *common, "--dev", "tun-" + proto,
                            "--tls-server", "--dh", "none", "--ifconfig", server, client,
                            "--proto", proto + ("-server" if proto == "tcp" else ""),
                            "--local", network.host("server"), "--lport", OPENVPN)
    tunnel.until(lambda: network.server.listens(OPENVPN, proto), "openvpn")
    _, here = tunnel.start(network.client, "client", *common, "--dev", "tun-" + proto,
                           "--tls-client", "--ifconfig", client, server, "--nobind",
                           "--proto", proto + ("-client" if proto == "tcp" else ""),
                           "--remote", network.host("server"), OPENVPN)
    tunnel.until(lambda: all("Initialization Sequence Completed" in log.read_text(errors="replace")
                             for log in (there, here)), "openvpn")


def wireguard(tunnel):
    keys = {}
    for end in "client", "server":
        path = spaces.WORK / ("wireguard-%s.key" % end)
        path.write_text(tunnel.network.box.run("wg", "genkey"), encoding="ascii")
        path.chmod(0o600)
        keys[end] = path, tunnel.network.box.run("sh", "-c", 'wg pubkey <"$0"', path).strip()
    _, server, client = KINDS["wireguard"]
    for space, end, other, own, peer in (
            (tunnel.network.server, "server", "client", server, client),
            (tunnel.network.client, "client", "server", client, server)):
        name = "wg-" + end
        tunnel.start(space, end, "wireguard-go", "-f", name)
        tunnel.until(lambda s=space, n=name: s.run("wg", "show", n, check=False), "wireguard-go")
        words = ["wg", "set", name, "private-key", keys[end][0], "peer", keys[other][1],
                 "allowed-ips", peer + "/32"]
        if end == "server":
            words[3:3] = ["listen-port", WIREGUARD]
        else:
            words += ["endpoint", "%s:%d" % (tunnel.network.host("server"), WIREGUARD)]
        space.run(*words)
        give_address(space, name, own, peer)


def shadowsocks(tunnel):
    network = tunnel.network
    common = ["-s", network.host("server"), "-p", SHADOWSOCKS, "-k", "lab", "-m", CIPHER]
    tunnel.start(network.server, "server", "ss-server", *common)
    tunnel.until(lambda: network.server.listens(SHADOWSOCKS), "ss-server")
    tunnel.start(network.client, "client", "ss-local", *common, "-b", "127.0.0.1", "-l", SOCKS)
    tunnel.until(lambda: network.client.listens(SOCKS), "ss-local")


KINDS = {"openvpn": (("udp", OPENVPN), "192.168.127.1", "192.168.127.2"),
         "openvpn-tcp": (("tcp", OPENVPN), "192.168.127.5", "192.168.127.6"),
         "wireguard": (("udp", WIREGUARD), "192.168.127.9", "192.168.127.10"),
         "shadowsocks": (("tcp", SHADOWSOCKS), None, None)}
OPENERS = {"openvpn": (openvpn, ("openvpn",)), "openvpn-tcp": (openvpn, ("openvpn",)),
           "wireguard": (wireguard, ("wireguard-go", "wg")),
           "shadowsocks": (shadowsocks, ("ss-server", "ss-local"))}


def flow(entry):
    """(protocol, server port) of what the box sees of it."""
    return KINDS[entry["through"]][0]


def server_address(entry, network):
    """Where a client finds the server of this entry."""
    inside = KINDS[entry["through"]][1] if "through" in entry else None
    return inside or network.host("server6" if entry.get("family") == "6" else "server")


class Tunnels:
    """Those that the traffic goes through; a context."""

    def __init__(self, network, traffic):
        self.network, self.open = network, []
        self.kinds = sorted({entry["through"] for entry in traffic if "through" in entry})

    def __enter__(self):
        try:
            for kind in self.kinds:
                opener, names = OPENERS[kind]
                programs.need(*names)
                self.open.append(Tunnel(self.network, kind))
                opener(self.open[-1])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for tunnel in self.open:
            tunnel.end()
        self.open = []
