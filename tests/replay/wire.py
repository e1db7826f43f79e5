# SPDX-License-Identifier: BSD-3-Clause
"""What packets look like on the wire, from the RFCs and independent of the program under test.

A frame is bytes; addresses are text ("10.0.0.2", "2001:db8::2"); whatever is not said is what an
ordinary host would send.
"""
import functools
import ipaddress
import struct
import zlib

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, UDP, ICMP = 6, 17, 1
ETHERNET, NULL, RAW, LOOP, SLL, SLL2 = 1, 0, 101, 108, 113, 276  # pcap-linktype(7)

MAC_CLIENT = bytes.fromhex("02000000000a")
MAC_SERVER = bytes.fromhex("02000000000b")


# Internet layer: RFC 791, 8200, 1071

def checksum(data):
    """RFC 1071: the ones' complement of the ones' complement sum of 16-bit words."""
    if len(data) % 2:
        data += b"\0"
    # 2^16 is 1 modulo 2^16 - 1, so the sum with end-around carry is a remainder.
    total = int.from_bytes(data, "big")
    return ~(total % 0xffff or (0xffff if total else 0)) & 0xffff


@functools.lru_cache(256)
def address(text):
    return ipaddress.ip_address(text).packed


def ip(source, destination, protocol, segment, ttl=64, ident=0, fragment=0):
    """An IPv4 or IPv6 packet. `fragment`: the 16 bits of flags and offset (IPv4 only)."""
    src, dst = address(source), address(destination)
    if len(src) == 16:
        return struct.pack("!IHBB", 6 << 28, len(segment), protocol, ttl) + src + dst + segment
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), ident, fragment, ttl, protocol, 0)
    sum_ = checksum(head + src + dst)
    return head[:10] + struct.pack("!H", sum_) + src + dst + segment


def with_pseudo_header(source, destination, protocol, segment, at):
    """Puts the checksum over pseudo-header and segment at offset `at` (RFC 9293, 768, 8200)."""
    src, dst = address(source), address(destination)
    pseudo = src + dst + struct.pack("!IxxxB" if len(src) == 16 else "!xBH",
                                     *((len(segment), protocol) if len(src) == 16
                                       else (protocol, len(segment))))
    sum_ = checksum(pseudo + segment)
    if protocol == UDP and sum_ == 0:
        sum_ = 0xffff
    return segment[:at] + struct.pack("!H", sum_) + segment[at + 2:]


# Transport layer: RFC 9293, 768

def mss_option(mss=1460):
    return struct.pack("!BBH", 2, 4, mss)


def timestamps_option(value, echo):
    """With two NOPs before it, as hosts send it."""
    return b"\x01\x01" + struct.pack("!BBII", 8, 10, value, echo)


def tcp(source, destination, ports, flags, seq=0, ack=0, payload=b"", options=b"", window=65535,
        **ip_fields):
    options += b"\0" * (-len(options) % 4)
    head = struct.pack("!HHIIBBHHH", *ports, seq & 0xffffffff, ack & 0xffffffff,
                       (20 + len(options)) // 4 << 4, flags, window, 0, 0)
    segment = with_pseudo_header(source, destination, TCP, head + options + payload, 16)
    return ip(source, destination, TCP, segment, **ip_fields)


def udp(source, destination, ports, payload=b"", **ip_fields):
    head = struct.pack("!HHHH", *ports, 8 + len(payload), 0)
    segment = with_pseudo_header(source, destination, UDP, head + payload, 6)
    return ip(source, destination, UDP, segment, **ip_fields)


# Link layer

def ethertype(packet):
    return 0x86dd if packet[0] >> 4 == 6 else 0x0800


def ethernet(packet, tags=(), up=True):
    """`tags`: (TPID, VLAN) from the outside in, 0x8100 for 802.1Q, 0x88a8 for 802.1ad."""
    macs = MAC_SERVER + MAC_CLIENT if up else MAC_CLIENT + MAC_SERVER
    head = b"".join(struct.pack("!HH", tpid, vlan) for tpid, vlan in tags)
    return macs + head + struct.pack("!H", ethertype(packet)) + packet


def framed(packet, link, up=True, order="<"):
    """The packet as a capture of link type `link` shows it; `order` is the capturing host's."""
    if link == ETHERNET:
        return ethernet(packet, up=up)
    if link == RAW:
        return packet
    family = 24 if packet[0] >> 4 == 6 else 2  # AF_INET6 and AF_INET of NetBSD and friends
    if link == NULL:
        return struct.pack(order + "I", family) + packet
    if link == LOOP:
        return struct.pack("!I", family) + packet
    kind = 4 if up else 0  # sent by us; sent to us
    mac = MAC_CLIENT + b"\0\0"
    if link == SLL:
        return struct.pack("!HHH", kind, 1, 6) + mac + struct.pack("!H", ethertype(packet)) + packet
    if link == SLL2:
        return struct.pack("!HHIHBB", ethertype(packet), 0, 2, 1, kind, 6) + mac + packet
    raise ValueError("link type %d" % link)


# TLS: RFC 8446; server_name RFC 6066; padding RFC 7685; encrypted_client_hello draft-ietf-tls-esni

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23


def tls_record(content_type, fragment, version=0x0303):
    return struct.pack("!BHH", content_type, version, len(fragment)) + fragment


def change_cipher_spec():
    return tls_record(CHANGE_CIPHER_SPEC, b"\x01")


@functools.lru_cache(256)
def application_data(size, seed=0):
    """A record whose fragment has `size` bytes that look encrypted."""
    return tls_record(APPLICATION_DATA, noise(size, seed))


def extension(kind, body):
    return struct.pack("!HH", kind, len(body)) + body


def server_name(name):
    name = name if isinstance(name, bytes) else name.encode()
    entry = struct.pack("!BH", 0, len(name)) + name
    return extension(0, struct.pack("!H", len(entry)) + entry)


def client_hello(name=None, size=None, ech=False, seed=0, shares=((29, 32),)):
    """One record with a ClientHello. `size`: bytes of the whole record, reached by padding;
    `shares`: groups and the bytes of their keys."""
    extensions = server_name(name) if name is not None else b""
    extensions += extension(43, b"\x04\x03\x04\x03\x03")          # supported_versions
    extensions += extension(10, b"\0\x04\0\x1d\0\x17")              # supported_groups
    extensions += extension(13, b"\0\x04\x04\x03\x08\x04")          # signature_algorithms
    keys = b"".join(struct.pack("!HH", group, length) + noise(length, seed + 1)
                    for group, length in shares)
    extensions += extension(51, struct.pack("!H", len(keys)) + keys)
    if ech:
        # outer, HKDF-SHA256 with AES-128-GCM, config 7, an encapsulated key and a payload
        extensions += extension(0xfe0d, b"\0\0\1\0\1\7" + struct.pack("!H", 32) +
                                noise(32, seed + 2) + struct.pack("!H", 144) + noise(144, seed + 3))
    suites = struct.pack("!4H", 0x1301, 0x1302, 0x1303, 0xc02f)
    head = struct.pack("!H", 0x0303) + noise(32, seed) + b"\x20" + noise(32, seed + 4)
    head += struct.pack("!H", len(suites)) + suites + b"\x01\0"

    def record(extensions):
        body = head + struct.pack("!H", len(extensions)) + extensions
        return tls_record(HANDSHAKE, b"\x01" + len(body).to_bytes(3, "big") + body, 0x0301)

    if size is not None:
        missing = size - len(record(extensions)) - 4
        if missing < 0:
            raise ValueError("a hello of %d bytes is too small for this" % size)
        extensions += extension(21, b"\0" * missing)
    return record(extensions)


def server_hello(seed=0):
    body = struct.pack("!H", 0x0303) + noise(32, seed) + b"\x20" + noise(32, seed + 1)
    body += struct.pack("!HB", 0x1301, 0)
    extensions = extension(43, b"\x03\x04") + extension(51, struct.pack("!HH", 29, 32) +
                                                         noise(32, seed + 2))
    body += struct.pack("!H", len(extensions)) + extensions
    return tls_record(HANDSHAKE, b"\x02" + len(body).to_bytes(3, "big") + body)


# Other first bytes

def http_get(host, path="/"):
    return ("GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n" % (path, host)).encode()


def http_connect(target):
    return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: curl/7.88.1\r\n"
            "Proxy-Connection: Keep-Alive\r\n\r\n" % (target, target)).encode()


def socks5_greeting(methods=1):
    """RFC 1928: version 5 and a list of methods."""
    return bytes([5, methods, *range(methods)])


def dns_query(name, ident=1):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)


def dns_answer(name, ip_address, ident=1):
    query = dns_query(name, ident)
    record = struct.pack("!HHHIH", 0xc00c, 1, 1, 300, 4) + address(ip_address)
    return struct.pack("!HHHHHH", ident, 0x8180, 1, 1, 0, 0) + query[12:] + record


def noise(size, seed=0):
    """Bytes that no protocol begins with (the first is 0xf5, which also no UTF-8 text has)."""
    out, word = bytearray(b"\xf5"), zlib.crc32(struct.pack("!Q", seed))
    while len(out) < size:
        word = (word * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        out += struct.pack("!Q", word)[:4]
    return bytes(out[:size])
