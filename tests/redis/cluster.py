# SPDX-License-Identifier: BSD-3-Clause
"""A Redis Cluster of three. The owner has a lab's keys; whoever asks another one is sent to it."""
import socket
import subprocess
import time

OTHERS = 2
LAST_SLOT = 16383
PATIENCE = 60  # seconds


def slot(key):
    """CRC16 of what is in the braces, as the specification of Redis Cluster has it."""
    crc = 0
    for byte in key[key.index("{") + 1:key.index("}")].encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return crc % (LAST_SLOT + 1)


def free_ports(count):
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


class Cluster:
    """`start(folder, arguments)` starts a server with a socket redis.sock in the folder."""

    def __init__(self, folder, key, start):
        self.folders = [folder] + [folder / ("other%d" % number) for number in range(OTHERS)]
        ports = free_ports(2 * len(self.folders))
        self.ports = list(zip(ports[::2], ports[1::2]))
        for number, where in enumerate(self.folders):
            where.mkdir(exist_ok=True)
            start(where, self.arguments(number))
        self.share_slots(slot(key))
        self.meet()
        self.wait_until_together()

    def arguments(self, number):
        port, bus = self.ports[number]
        return ["--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes",
                "--cluster-port", str(bus), "--cluster-node-timeout", "60000"]

    def ask(self, number, *words):
        done = subprocess.run(["redis-cli", "-s", self.folders[number] / "redis.sock", *words],
                              capture_output=True, timeout=30, check=True)
        return done.stdout.decode().strip()

    def share_slots(self, owned):
        """A third each; the owner's is that which has the key."""
        count = len(self.folders)
        bounds = [(LAST_SLOT + 1) * third // count for third in range(count + 1)]
        thirds = list(zip(bounds, (bound - 1 for bound in bounds[1:])))
        thirds.sort(key=lambda third: not third[0] <= owned <= third[1])
        for number, third in enumerate(thirds):
            self.ask(number, "cluster", "addslotsrange", *map(str, third))

    def meet(self):
        for number in range(1, len(self.folders)):
            self.ask(number, "cluster", "set-config-epoch", str(number))
            self.ask(number, "cluster", "meet", "127.0.0.1", *map(str, self.ports[0]))

    def wait_until_together(self):
        """Of servers that have met or that begin again."""
        end = time.monotonic() + PATIENCE
        while not all("cluster_state:ok" in self.ask(number, "cluster", "info")
                      for number in range(len(self.folders))):
            if time.monotonic() > end:
                raise AssertionError("the cluster does not come together")
            time.sleep(0.02)
