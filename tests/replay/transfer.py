# SPDX-License-Identifier: BSD-3-Clause
"""A bulk transfer over TCP with SACK, in virtual time, as a capture at its sender shows it.

The sender does slow start, congestion avoidance, fast recovery by SACK (RFC 6675, simplified) and
time-outs. Between it and the receiver is one device: a function of (time, bytes) that gives the
time at which a packet leaves it, or None for a loss. Nothing here knows the program under test.
"""
import heapq
import random
import struct

import capture
import wire

MSS, SECOND = 1448, 10 ** 9
OVERHEAD = {"l2": 52 + 18, "l3": 52, "payload": 0}  # TCP with time stamps: 32 + 20; Ethernet, FCS


def policer(rate, burst, layer="l3"):
    """A token bucket: RFC 2697's arithmetic, one rate."""
    state = [float(burst), 0]

    def pass_at(now, payload):
        size, now = payload + OVERHEAD[layer], max(now, state[1])
        state[0] = min(burst, state[0] + (now - state[1]) * rate / 8 / SECOND)
        state[1] = now
        if state[0] < size:
            return None
        state[0] -= size
        return now
    return pass_at


def shaper(rate, limit, layer="l3"):
    """A queue of `limit` bytes that is drained at `rate`."""
    free_at = [0]

    def pass_at(now, payload):
        size = payload + OVERHEAD[layer]
        waiting = max(0, free_at[0] - now) * rate / 8 / SECOND
        if waiting + size > limit:
            return None
        free_at[0] = max(now, free_at[0]) + int(size * 8 * SECOND / rate)
        return free_at[0]
    return pass_at


def lossy(share, seed=1):
    chance = random.Random(seed)
    return lambda now, payload: None if chance.random() < share else now


def frozen(after):
    """Lets `after` packets of data through, then none."""
    left = [after]

    def pass_at(now, payload):
        left[0] -= 1
        return now if left[0] >= 0 else None
    return pass_at


class Transfer:
    """`size` bytes through `device`. `trip`: round trip without it; `line`: bit/s of the sender's
    own link; `seed`: for jitter of up to 200 us on the way."""

    def __init__(self, device, size, trip=0.1, line=100e6, seed=1, client_port=40000, start=0,
                 give_up=8):
        self.device, self.size, self.line = device, size, line
        self.trip = int(trip * SECOND)
        self.port, self.now = client_port, start
        self.chance = random.Random(seed)
        self.packets, self.events, self.order = [], [], 0
        self.give_up = give_up
        self.una = self.nxt = 0
        self.cwnd, self.ssthresh = 10 * MSS, 1 << 40
        self.sacked, self.again, self.received = set(), set(), set()
        self.recover, self.line_free, self.backoff, self.timer = None, 0, 1, None

    # Events: ("data", sequence), ("ack", acknowledged, blocks), ("timer", una, when set)
    def push(self, time, *event):
        self.order += 1
        heapq.heappush(self.events, (time, self.order, event))

    def note(self, time, up, seq, ack, length, blocks=()):
        self.packets.append((time, up, seq, ack, length, blocks))

    def send(self, seq):
        length = min(MSS, self.size - seq)
        at = self.line_free = max(self.now, self.line_free) + int((length + 90) * 8e9 / self.line)
        self.note(at, False, seq, 0, length)
        out = self.device(at, length)
        if out is not None:
            self.push(out + self.trip // 2 + self.chance.randrange(200000), "data", seq, length)
        self.arm()

    def arm(self):
        self.timer = self.now
        self.push(self.now + (self.trip * 2 + SECOND // 5) * self.backoff, "timer", self.now)

    def flight(self):
        return self.nxt - self.una - sum(min(MSS, self.size - seq) for seq in self.sacked) - \
            sum(MSS for seq in self.lost() if seq not in self.again)

    def lost(self):
        """Holes below three SACKed segments."""
        if not self.sacked:
            return []
        high = sorted(self.sacked)[-3:][0] if len(self.sacked) >= 3 else self.una
        return [seq for seq in range(self.una, high, MSS) if seq not in self.sacked]

    def fill(self):
        budget = self.cwnd - self.flight()
        for seq in self.lost():
            if budget < MSS:
                return
            if seq not in self.again:
                self.again.add(seq)
                self.send(seq)
                budget -= MSS
        while budget >= MSS and self.nxt < self.size:
            self.send(self.nxt)
            self.nxt = min(self.nxt + MSS, self.size)
            budget -= MSS

    def on_data(self, seq, length):
        self.received.add(seq)
        self.next_expected = getattr(self, "next_expected", 0)
        while self.next_expected in self.received:
            self.received.discard(self.next_expected)
            self.next_expected = min(self.next_expected + MSS, self.size)
        blocks = []
        if seq in self.received:
            low = high = seq
            while low - MSS in self.received:
                low -= MSS
            while high + MSS in self.received:
                high += MSS
            blocks = [(low, min(high + MSS, self.size))]
        self.push(self.now + self.trip // 2, "ack", self.next_expected, tuple(blocks))

    def on_ack(self, acked, blocks):
        self.note(self.now, True, 0, acked, 0, blocks)
        advance = acked - self.una
        if advance > 0:
            self.una, self.backoff = acked, 1
            self.sacked = {seq for seq in self.sacked if seq >= acked}
            self.again = {seq for seq in self.again if seq >= acked}
            if self.recover is None:
                self.cwnd += min(advance, MSS) if self.cwnd < self.ssthresh else \
                    MSS * MSS // self.cwnd + 1
            elif acked >= self.recover:
                self.recover = None
            self.arm()
        for low, high in blocks:
            self.sacked.update(range(low, high, MSS))
        if self.recover is None and self.lost():
            self.recover = self.nxt
            self.ssthresh = self.cwnd = max(self.cwnd * 7 // 10, 2 * MSS)
        self.fill()

    def on_timer(self, since):
        if since != self.timer or self.una >= self.size:
            return
        self.give_up -= self.backoff > 1
        if self.give_up <= 0:
            return
        self.backoff = min(self.backoff * 2, 16)
        self.ssthresh, self.cwnd = max(self.cwnd // 2, 2 * MSS), MSS
        self.recover, self.again = self.nxt, set()
        self.again.add(self.una)
        self.send(self.una)

    def run(self):
        self.fill()
        while self.events and self.una < self.size:
            self.step()
        return self

    def step(self):
        self.now, _, event = heapq.heappop(self.events)
        getattr(self, "on_" + event[0])(*event[1:])

    def frames(self, begin=1790000000 * SECOND, client="10.0.0.2", server="198.51.100.7"):
        """With a handshake, as the sender (the server) sees it; data is cut to headers."""
        rows = [(-self.trip, True, -1, 0, -1, ()), (-self.trip + 1000, False, -1, 0, -1, ()),
                (-1000, True, 0, 0, 0, ())]
        frames = []
        for time, up, seq, ack, length, blocks in rows + sorted(self.packets,
                                                               key=lambda row: row[0]):
            stamp = max(0, time + 2 * self.trip) // 1000000 + 1
            options = wire.timestamps_option(stamp, max(1, stamp - self.trip // 10 ** 6))
            if blocks:
                options += b"\1\1" + struct.pack("!BB", 5, 2 + 8 * len(blocks)) + b"".join(
                    struct.pack("!II", 5001 + low, 5001 + high) for low, high in blocks)
            flags, payload = wire.ACK, b"\0" * max(length, 0)
            if length < 0:
                flags = wire.SYN | (0 if up else wire.ACK)
                options = wire.mss_option(1460) + b"\1\3\3\7"
            ends = (client, server) if up else (server, client)
            ports = (self.port, 443) if up else (443, self.port)
            packet = wire.tcp(*ends, ports, flags, 1001 + seq if up else 5001 + seq,
                              0 if length < 0 and up else (5001 + ack if up else 1001), payload,
                              options)
            data = wire.ethernet(packet, up=up)
            frames.append(capture.frame(begin + time, data[:98], len(data)))
        return frames
