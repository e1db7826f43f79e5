# SPDX-License-Identifier: BSD-3-Clause
"""How long packets took through the box, and how much was in it when one was lost: by the captures
of both ends, which one clock stamped."""
import collections
import statistics

METRICS = "delay_ms_p50", "delay_ms_p99", "delay_ms_max", "full_bytes_min"


def pairs(entering, leaving):
    """(packet, when it left or None) of each that entered; equal ones leave in their order."""
    left = collections.defaultdict(collections.deque)
    for packet in leaving:
        left[packet.content()].append(packet.time_ns)
    for packet in entering:
        times = left[packet.content()]
        yield packet, times.popleft() if times else None


def fills(crossings):
    """L3 bytes in the box when a packet was lost, with it; what came after the last that left may
    be in it still."""
    last = max(out for _, out in crossings if out)
    events = []
    for packet, out in crossings:
        if out:
            events += [(packet.time_ns, 1, packet.bytes), (out, 0, -packet.bytes)]
        elif packet.time_ns < last:
            events.append((packet.time_ns, 2, packet.bytes))
    inside = 0
    for _, kind, size in sorted(events):
        if kind == 2:
            yield inside + size
        else:
            inside += size


def measure(entering, leaving):
    """The metrics, as far as there are any: percentiles of the time from end to end, and the least
    that was in the box when it lost a packet."""
    crossings = list(pairs(entering, leaving))
    delays = [(out - packet.time_ns) / 1e6 for packet, out in crossings if out]
    if len(delays) < 2:
        return {}
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    found = {"delay_ms_p50": cuts[49], "delay_ms_p99": cuts[98], "delay_ms_max": max(delays)}
    full = list(fills(crossings))
    return {**found, "full_bytes_min": min(full)} if full else found
