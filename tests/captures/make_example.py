# SPDX-License-Identifier: BSD-3-Clause
"""Writes example.pcap: made-up traffic of one household in March 2021, a few seconds of it.

    python3 tests/captures/make_example.py tests/captures/example.pcap

10.0.0.2 fetches 400 kB from abs.twimg.com, as much from www.example.org (the control) and a page
over HTTP; there are DNS answers before it and a UDP stream beside it. Servers and clients have
addresses of RFC 1918 and RFC 5737. Bulk data is cut after 96 bytes, lengths are those of the wire.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "replay"))

import capture  # noqa: E402
import conversation  # noqa: E402
import wire  # noqa: E402

DOWNLOAD = 400000
RATE = 1e6  # bit/s
RESOLVER = "10.0.0.1"


def lookup(name, ip_address, start, port, client=conversation.INSIDE):
    flow = conversation.Udp(client, RESOLVER, port, 53, start, 12 * conversation.MS)
    return flow.up(wire.dns_query(name, port)).down(wire.dns_answer(name, ip_address, port))


def download(flow, size, rate=RATE):
    """Segments as a sender at `rate` makes them, an ACK for each second one."""
    left = size
    while left:
        part = min(left, 2 * conversation.MSS)
        flow.bulk(1, part, rate).acknowledge(0)
        left -= part
    return flow


def https(name, server, start, port, size, client=conversation.INSIDE):
    flow = conversation.Tcp(client, server, port, 443, start, 20 * conversation.MS)
    flow.handshake().up(wire.client_hello(name, size=517, seed=port)).acknowledge(1)
    flow.down(wire.server_hello(port) + wire.change_cipher_spec() + wire.application_data(1100))
    flow.up(wire.change_cipher_spec() + wire.application_data(300))
    flow.gap = 100000
    return download(flow, size).fin(0).fin(1).acknowledge(0)


def http(name, server, start, port, size):
    flow = conversation.Tcp(server=server, client_port=port, server_port=80, start=start,
                            gap=20 * conversation.MS).handshake()
    flow.up(wire.http_get(name, "/news")).acknowledge(1)
    flow.down(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % size)
    flow.gap = 100000
    return download(flow, size).fin(1).fin(0).acknowledge(1)


def stream(server, start, port, packets):
    """A call: 160 bytes each 20 ms, each way."""
    flow = conversation.Udp(client="10.0.0.3", server=server, client_port=port, server_port=16384,
                            start=start, gap=10 * conversation.MS)
    for i in range(packets):
        flow.send(i % 2, b"\x80\x08" + i.to_bytes(2, "big") + wire.noise(168, i % 50))
    return flow


def frames():
    begin, second = conversation.START + 43200 * conversation.SECOND, conversation.SECOND
    return conversation.merged(
        lookup("abs.twimg.com", "198.51.100.20", begin, 50001),
        https("abs.twimg.com", "198.51.100.20", begin + 40 * conversation.MS, 50010, DOWNLOAD),
        lookup("www.example.org", "203.0.113.80", begin + second, 50002),
        https("www.example.org", "203.0.113.80", begin + second + 40 * conversation.MS, 50011,
              DOWNLOAD),
        lookup("news.example.net", "192.0.2.15", begin + 2 * second, 50003, "10.0.0.3"),
        http("news.example.net", "192.0.2.15", begin + 2 * second + 40 * conversation.MS, 50012,
             120000),
        stream("192.0.2.40", begin + second // 2, 50020, 300))


if __name__ == "__main__":
    capture.write(sys.argv[1], frames(), nanoseconds=False)
