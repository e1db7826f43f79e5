# SPDX-License-Identifier: BSD-3-Clause
"""Capture files: written in every form that hosts write, and read back without our own C code.

pcap: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
pcapng: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
"""
import collections
import gzip
import struct

# `wire` is the length on the wire, `data` what was captured of it; time in ns since the epoch.
Frame = collections.namedtuple("Frame", "time data wire comment link", defaults=(None, "", 1))


def frame(time, data, wire=None, link=1):
    return Frame(time, data, len(data) if wire is None else wire, "", link)


def cut(frames, snap):
    """The same frames captured with a snap length."""
    return [one._replace(data=one.data[:snap]) for one in frames]


# Writing

def pcap_bytes(frames, link=1, order="<", nanoseconds=True, snap=262144):
    magic, unit = (0xa1b23c4d, 1) if nanoseconds else (0xa1b2c3d4, 1000)
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    head = struct.Struct(order + "IIII").pack
    for time, data, wire, _, _ in frames:
        second, rest = divmod(time, 10 ** 9)
        parts.append(head(second, rest // unit, len(data), wire))
        parts.append(data)
    return b"".join(parts)


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng_bytes(frames, link=1, order="<", resolution=9, offset=0, snap=0):
    """One section, one interface; `resolution`: if_tsresol as a power of ten; `offset`: seconds
    of if_tsoffset."""
    section = struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1)
    options = struct.pack(order + "HHBxxx", 9, 1, resolution)
    if offset:
        options += struct.pack(order + "HHq", 14, 8, offset)
    options += struct.pack(order + "HH", 0, 0)
    parts = [block(0x0a0d0d0a, section, order),
             block(1, struct.pack(order + "HHI", link, 0, snap) + options, order)]
    for time, data, wire, _, _ in frames:
        ticks = (time - offset * 10 ** 9) * 10 ** resolution // 10 ** 9
        body = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xffffffff, len(data), wire)
        parts.append(block(6, body + data, order))
    return b"".join(parts)


def write(path, frames, **form):
    with open(path, "wb") as file:
        file.write(pcap_bytes(frames, **form))
    return path


# Reading

def read(path):
    """All frames of a pcap or pcapng file (gzip or not), in file order."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == b"\n\r\r\n":
        return list(read_pcapng(data))
    return list(read_pcap(data))


def read_pcap(data):
    for order in "<>":
        magic, = struct.unpack_from(order + "I", data)
        if magic in (0xa1b2c3d4, 0xa1b23c4d):
            break
    else:
        raise ValueError("not a pcap file")
    unit = 1 if magic == 0xa1b23c4d else 1000
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xffff
    at = 24
    while at + 16 <= len(data):
        second, rest, captured, wire = struct.unpack_from(order + "IIII", data, at)
        if at + 16 + captured > len(data):
            return
        yield Frame(second * 10 ** 9 + rest * unit, data[at + 16:at + 16 + captured], wire, "", link)
        at += 16 + captured


def options(body, order):
    at = 0
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            return
        yield code, body[at + 4:at + 4 + size]
        at += 4 + size + -size % 4


def read_pcapng(data):
    at, order, interfaces = 0, "<", []
    while at + 12 <= len(data):
        kind, = struct.unpack_from(order + "I", data, at)
        if kind == 0x0a0d0d0a:
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        size, = struct.unpack_from(order + "I", data, at + 4)
        if size < 12 or size % 4 or at + size > len(data):
            raise ValueError("a block of %d bytes at %d" % (size, at))
        if struct.unpack_from(order + "I", data, at + size - 4)[0] != size:
            raise ValueError("the two lengths of the block at %d differ" % at)
        body = data[at + 8:at + size - 4]
        if kind == 1:
            interfaces.append(interface(body, order))
        elif kind == 6:
            yield enhanced_packet(body, order, interfaces)
        at += size
    if at != len(data):
        raise ValueError("bytes after the last block")


def interface(body, order):
    link, = struct.unpack_from(order + "H", body)
    ticks_per_second, offset = 10 ** 6, 0
    for code, value in options(body[8:], order):
        if code == 9:
            ticks_per_second = 2 ** (value[0] & 0x7f) if value[0] & 0x80 else 10 ** value[0]
        elif code == 14:
            offset, = struct.unpack(order + "q", value)
    return link, ticks_per_second, offset


def enhanced_packet(body, order, interfaces):
    number, high, low, captured, wire = struct.unpack_from(order + "IIIII", body)
    link, ticks_per_second, offset = interfaces[number]
    time = (high << 32 | low) * 10 ** 9 // ticks_per_second + offset * 10 ** 9
    rest = body[20 + captured + -captured % 4:]
    comment = "\n".join(value.decode() for code, value in options(rest, order) if code == 1)
    return Frame(time, body[20:20 + captured], wire, comment, link)
