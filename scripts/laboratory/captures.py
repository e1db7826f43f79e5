# SPDX-License-Identifier: BSD-3-Clause
"""Captures of both ends of the box, and what they say: what came in, what went out."""
import collections
import ipaddress
import json
import os
import signal
import struct
import subprocess
import time

from laboratory import spaces, transit
from laboratory.wrong import Refused

BIN_NS = 100_000_000
SETTLE_NS = 1_000_000_000  # by then a bucket is empty and a rate is a rate
PCAP_NS = 0xa1b23c4d
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}
HEADER = "time_ns,class,rule,offered_packets,offered_bytes,delivered_packets,delivered_bytes"



class Packet(collections.namedtuple("Packet", "time_ns up flow bytes frame")):
    def content(self):
        """What a box on a wire leaves as it is."""
        return bytes(self.frame[14:])


class Tap:
    """tcpdump on an end; frames are written as they are."""

    def __init__(self, space, interface, path):
        # To a pipe of ours: tcpdump gives up root, and the folder may be root's.
        with open(path, "wb") as file:
            self.process = space.start(
                "tcpdump", "-i", interface, "-s", "0", "-B", "32768", "--immediate-mode", "-U",
                "--time-stamp-precision", "nano", "-w", "-", stdout=file, stderr=subprocess.PIPE)
        line = self.process.stderr.readline()
        while line and "listening on" not in line:
            line = self.process.stderr.readline()
        if not line:
            raise Refused("tcpdump does not start on " + interface)

    def end(self):
        """How many packets the kernel could not give it."""
        time.sleep(0.3)
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate(timeout=20)[1]
        lost = [line.split()[0] for line in said.splitlines() if "dropped by kernel" in line]
        return int(lost[0]) if lost else 0

    def kill(self):
        spaces.end(self.process, signal.SIGKILL)


def records(path):
    """(record header and frame, time_ns, frame) of a little-endian capture with nanoseconds."""
    with open(path, "rb") as file:
        data = memoryview(file.read())
    if len(data) < 24 or struct.unpack_from("<I", data)[0] != PCAP_NS:
        raise Refused("%s is no capture of this lab" % path)
    place = 24
    while place + 16 <= len(data):
        seconds, nanos, kept, _ = struct.unpack_from("<IIII", data, place)
        if place + 16 + kept > len(data):
            break
        yield (data[place:place + 16 + kept], seconds * 10 ** 9 + nanos,
               data[place + 16:place + 16 + kept])
        place += 16 + kept


def parse(frame):
    """(source address, protocol, source port, destination port, L3 bytes), or None."""
    kind = struct.unpack_from("!H", frame, 12)[0] if len(frame) >= 14 else 0
    if kind == 0x0800 and len(frame) >= 34:
        length, protocol = struct.unpack_from("!H", frame, 16)[0], frame[23]
        source, payload = frame[26:30], 14 + 4 * (frame[14] & 15)
    elif kind == 0x86dd and len(frame) >= 54:
        length, protocol = 40 + struct.unpack_from("!H", frame, 18)[0], frame[20]
        source, payload = frame[22:38], 54
    else:
        return None
    ports = (0, 0)
    if protocol in (6, 17) and len(frame) >= payload + 4:
        ports = struct.unpack_from("!HH", frame, payload)
    return bytes(source), PROTOCOLS.get(protocol, "other"), *ports, length


def packets(path, clients, servers):
    """IP packets between the two, with the flow's (protocol, client port, server port)."""
    for _, time_ns, frame in records(path):
        found = parse(frame)
        if found and (found[0] in clients or found[0] in servers):
            source, protocol, first, second, length = found
            up = source in clients
            yield Packet(time_ns, up, (protocol, *((first, second) if up else (second, first))),
                         length, frame)


class Sides:
    """Both captures of a repetition: what was offered to the box, what it delivered."""

    def __init__(self, client, server, addresses):
        self.client, self.server = client, server
        self.clients, self.servers = (
            {ipaddress.ip_interface(addresses[role + family]).ip.packed for family in ("", "6")}
            for role in ("client", "server"))

    def offered_capture(self, path):
        """What came to the box, from both ends, in time order."""
        merged = []
        for place, up in (self.client, True), (self.server, False):
            for record, time_ns, frame in records(place):
                found = parse(frame)
                if found and (found[0] in self.clients) == up:
                    merged.append((time_ns, bytes(record)))
        merged.sort(key=lambda entry: entry[0])
        with open(self.client, "rb") as file, open(path, "wb") as out:
            out.write(file.read(24))
            out.writelines(record for _, record in merged)

    def seen(self, delivered):
        """Packets where they enter the box, or where they have left it."""
        for place, up in (self.client, not delivered), (self.server, delivered):
            for packet in packets(place, self.clients, self.servers):
                if packet.up == up:
                    yield packet

    def series(self, path, known):
        """series.csv as sluice replay writes it; `known`: flow to (class, rule)."""
        bins = collections.defaultdict(lambda: [0, 0, 0, 0])
        for delivered in False, True:
            for packet in self.seen(delivered):
                key = (packet.time_ns // BIN_NS * BIN_NS, *known.get(packet.flow, ("Unknown", "")))
                bins[key][2 * delivered] += 1
                bins[key][2 * delivered + 1] += packet.bytes
        with open(path, "w", encoding="utf-8") as out:
            print(HEADER, file=out)
            for key, sums in sorted(bins.items()):
                print(",".join(map(str, (*key, *sums))), file=out)

    def larger(self, delivered, wanted):
        """The packets of the direction with more bytes."""
        directions = collections.defaultdict(list)
        for packet in self.seen(delivered):
            if wanted(packet.flow):
                directions[packet.up].append(packet)
        return max(directions.values(), key=lambda some: sum(p.bytes for p in some), default=[])

    def transit(self, wanted):
        return transit.measure(self.larger(False, wanted), self.larger(True, wanted))

    def rate(self, wanted):
        """L3 bits a second that were delivered in the flow's larger direction, from the last
        packet of its first second to its last packet; None without two such packets."""
        chosen = self.larger(True, wanted)
        settled = [packet for packet in chosen if packet.time_ns >= chosen[0].time_ns + SETTLE_NS]
        if len(settled) < 2:
            return None
        span = settled[-1].time_ns - settled[0].time_ns
        return 8e9 * sum(packet.bytes for packet in settled[1:]) / span


def prediction(sluice, sides, rules, folder):
    """What sluice replay makes of what was offered: the box in virtual time."""
    offered = os.path.join(os.path.dirname(folder), "offered.pcap")
    sides.offered_capture(offered)
    inside = [word for address in sorted(sides.clients)
              for word in ("--inside", str(ipaddress.ip_address(address)))]
    done = subprocess.run([sluice, "replay", offered, *rules, *inside, "-o", folder],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused("replay of what was offered: " + done.stderr.strip())
    with open(os.path.join(folder, "counters.json"), encoding="utf-8") as file:
        counters = json.load(file)
    return {key: counters[key] for key in ("received", "forwarded", "held", "dropped")}
