# SPDX-License-Identifier: BSD-3-Clause
"""The same packets in every form in which captures come: the flows are the same."""
import unittest

import capture
import conversation
import program
import wire

MODEL = "--model", "ru-twitter-2021"
PIECE = 100000


def traffic():
    """A throttled flow, a free one, IPv6, UDP. Times are whole microseconds and no two are equal."""
    begin = conversation.START
    return conversation.merged(
        conversation.tls("abs.twimg.com", start=begin, snap=None).download(PIECE, 8e6),
        conversation.tls("www.example.org", start=begin + 1000, client_port=40001,
                         snap=None).download(PIECE, 8e6),
        conversation.tls("abs.twimg.com", start=begin + 2000, client="fd00::2",
                         server="2001:db8::7", snap=None).download(PIECE, 8e6),
        conversation.Udp(start=begin + 3000).up(wire.dns_query("www.example.org"))
        .down(b"x" * 300))


def reframed(frames, link, order="<"):
    """Ethernet frames in another framing."""
    return [capture.frame(one.time, wire.framed(one.data[14:], link, up(one), order))
            for one in frames]


def up(one):
    return one.data[:6] == wire.MAC_SERVER


def tagged(frames, *tags):
    return [capture.frame(one.time, wire.ethernet(one.data[14:], tags, up(one)))
            for one in frames]


def family(frames, v6):
    """BSD loopback with another system's number for AF_INET6."""
    return [one._replace(data=(bytes([v6]) + one.data[1:]) if one.data[0] == 24 else one.data)
            for one in reframed(frames, wire.NULL)]


FORMS = [
    ("pcap us", lambda frames: capture.pcap_bytes(frames, nanoseconds=False)),
    ("pcap us swapped", lambda frames: capture.pcap_bytes(frames, nanoseconds=False, order=">")),
    ("pcap ns swapped", lambda frames: capture.pcap_bytes(frames, order=">")),
    ("pcapng ns", lambda frames: capture.pcapng_bytes(frames)),
    ("pcapng us", lambda frames: capture.pcapng_bytes(frames, resolution=6)),
    ("pcapng swapped", lambda frames: capture.pcapng_bytes(frames, order=">")),
    ("pcapng with a time offset", lambda frames: capture.pcapng_bytes(frames, offset=1600000000)),
    ("one vlan tag", lambda frames: capture.pcap_bytes(tagged(frames, (0x8100, 7)))),
    ("qinq", lambda frames: capture.pcap_bytes(tagged(frames, (0x88a8, 5), (0x8100, 7)))),
    ("three tags", lambda frames: capture.pcap_bytes(
        tagged(frames, (0x8100, 1), (0x8100, 2), (0x8100, 3)))),
    ("raw ip", lambda frames: capture.pcap_bytes(reframed(frames, wire.RAW), link=wire.RAW)),
    ("linux cooked 1", lambda frames: capture.pcap_bytes(reframed(frames, wire.SLL),
                                                          link=wire.SLL)),
    ("linux cooked 2", lambda frames: capture.pcap_bytes(reframed(frames, wire.SLL2),
                                                          link=wire.SLL2)),
    ("bsd loopback", lambda frames: capture.pcap_bytes(reframed(frames, wire.NULL),
                                                        link=wire.NULL)),
    ("bsd loopback swapped", lambda frames: capture.pcap_bytes(
        reframed(frames, wire.NULL, ">"), link=wire.NULL, order=">")),
    ("bsd loopback of freebsd", lambda frames: capture.pcap_bytes(family(frames, 28),
                                                                   link=wire.NULL)),
    ("bsd loopback of macos", lambda frames: capture.pcap_bytes(family(frames, 30),
                                                                 link=wire.NULL)),
    ("openbsd loopback", lambda frames: capture.pcap_bytes(reframed(frames, wire.LOOP),
                                                            link=wire.LOOP)),
    ("raw ip in pcapng", lambda frames: capture.pcapng_bytes(reframed(frames, wire.RAW),
                                                              link=wire.RAW)),
    ("snap length 300", lambda frames: capture.pcap_bytes(capture.cut(frames, 300), snap=300)),
]


class SnapLength(program.Case):
    """A hello that the capture cuts is not seen, and that is said."""

    def test_hello_is_cut(self):
        frames = conversation.tls("abs.twimg.com", snap=None).download(PIECE, 8e6).frames
        path = self.write("cut.pcap", capture.pcap_bytes(capture.cut(frames, 96), snap=96))
        result = self.replay(path, *MODEL)
        self.assertEqual([row["name"] for row in result.flows], [""])
        self.assertEqual(len(result.manifest["warnings"]), 1)
        self.assertIn("snap length", result.manifest["warnings"][0])
        self.assertIn("snap length", result.done.stderr)


@program.table(FORMS)
class Form(program.Case):
    """Each form against nanosecond pcap with Ethernet."""

    def check(self, form):
        frames = traffic()
        plain = self.replay(frames, *MODEL)
        path = self.write("form", form(frames))
        other = self.replay(path, *MODEL)
        self.assertEqual(len(plain.flows), 4)
        self.assertGreater(sum(row.dropped for row in plain.flows), 0)
        self.assertEqual(other.flows, plain.flows)
        self.assertEqual(other.counters["dropped"], plain.counters["dropped"])
        warnings = [line for line in other.manifest["warnings"] if "snap length" not in line]
        self.assertEqual(warnings, plain.manifest["warnings"])
        # What goes out is what came in, in its own framing.
        inputs = {(one.time, one.data, one.wire) for one in capture.read(path)}
        for one in other.out:
            self.assertIn((one.time, one.data, one.wire), inputs)


class Standard(program.Case):
    """Standard input."""

    def check(self, content):
        plain = self.replay(traffic(), *MODEL)
        out = self.folder / "out"
        done = program.run("replay", "-", *MODEL, "-o", out, stdin=content)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(program.Result(out, done).flows, plain.flows)

    def test_pcap(self):
        self.check(capture.pcap_bytes(traffic()))

    def test_pcapng(self):
        self.check(capture.pcapng_bytes(traffic()))


class Several(program.Case):
    """More than one file."""

    def test_interleaved_files_are_merged_by_time(self):
        frames = traffic()
        plain = self.replay(frames, *MODEL)
        paths = [self.write("part%d" % i, capture.pcap_bytes(frames[i::3])) for i in range(3)]
        self.assertEqual(self.replay(paths[::-1], *MODEL).flows, plain.flows)

    def test_consecutive_files_in_any_order(self):
        frames = traffic()
        plain = self.replay(frames, *MODEL)
        middle = len(frames) // 2
        paths = [self.write("a", capture.pcap_bytes(frames[:middle])),
                 self.write("b", capture.pcapng_bytes(frames[middle:]))]
        self.assertEqual(self.replay(paths[::-1], *MODEL).flows, plain.flows)

    def test_of_different_framings(self):
        frames = traffic()
        plain = self.replay(frames, *MODEL)
        paths = [self.write("a", capture.pcap_bytes(frames[::2])),
                 self.write("b", capture.pcap_bytes(reframed(frames[1::2], wire.RAW),
                                                    link=wire.RAW))]
        result = self.replay(paths, *MODEL)
        self.assertEqual(result.flows, plain.flows)
        # Each packet goes out in the framing it came in.
        links = {one.link for one in result.out}
        self.assertEqual(links, {wire.ETHERNET, wire.RAW})

    def test_all_are_in_the_manifest(self):
        frames = traffic()
        paths = [self.write("part%d" % i, capture.pcap_bytes(frames[i::3])) for i in range(3)]
        inputs = self.replay(paths, *MODEL).manifest["inputs"]
        self.assertEqual([entry["path"] for entry in inputs], [str(path) for path in paths])
        self.assertEqual([entry["bytes"] for entry in inputs],
                         [path.stat().st_size for path in paths])


class Imperfect(program.Case):
    """What is not quite a whole capture."""

    def cut_off(self, content, whole):
        """The last packet is not there whole: a warning, and everything before it counts."""
        result = self.replay(self.write("cut", content), *MODEL)
        self.assertEqual(result.counters["received"], whole)
        self.assertEqual(len(result.manifest["warnings"]), 1)
        self.assertEqual(result.done.stderr,
                         "sluice: warning: %s\n" % result.manifest["warnings"][0])

    def test_cut_in_a_packet(self):
        self.cut_off(capture.pcap_bytes(traffic())[:-10], len(traffic()) - 1)

    def test_cut_in_a_packet_header(self):
        frames = traffic()
        content = capture.pcap_bytes(frames)
        self.cut_off(content[:len(content) - len(frames[-1].data) - 8], len(frames) - 1)

    def test_cut_in_a_pcapng_block(self):
        self.cut_off(capture.pcapng_bytes(traffic())[:-10], len(traffic()) - 1)

    def test_cut_on_standard_input(self):
        out = self.folder / "out"
        content = capture.pcap_bytes(traffic())[:-10]
        done = program.run("replay", "-", *MODEL, "-o", out, stdin=content)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(program.Result(out, done).counters["received"], len(traffic()) - 1)

    def test_no_packets(self):
        result = self.replay(self.write("empty", capture.pcap_bytes([])), *MODEL)
        self.assertEqual(result.flows, [])
        self.assertEqual(result.counters["received"], 0)
        self.assertEqual(result.out, [])

    def test_time_backwards(self):
        frames = traffic()
        for i in range(50, len(frames), 50):
            frames[i] = frames[i]._replace(time=frames[i].time - 5 * 10 ** 9)
        result = self.replay(frames, *MODEL)
        self.assertEqual(result.counters["received"], len(frames))
        # Bytes and packets do not depend on time; what is dropped may.
        plain = self.replay(traffic(), *MODEL)
        for row, other in zip(result.flows, plain.flows):
            for key in "up_packets", "up_bytes", "down_packets", "down_bytes":
                self.assertEqual(row[key], other[key])
        self.assertEqual([one.data for one in result.verdicts], [one.data for one in frames])

    def test_snap_length_inside_the_headers(self):
        frames = capture.cut(traffic(), 30)
        result = self.replay(frames, *MODEL)
        self.assertEqual(result.counters["forwarded"], len(frames))
        self.assertEqual(result.flows, [])

    def test_packets_without_flows(self):
        arp = capture.frame(conversation.START, b"\xff" * 6 + wire.MAC_CLIENT + b"\x08\x06" +
                            bytes(28))
        fragment = capture.frame(conversation.START + 1, wire.ethernet(wire.ip(
            "10.0.0.2", conversation.OUTSIDE, wire.UDP, bytes(64), fragment=0x2000)))
        runt = capture.frame(conversation.START + 2, b"\0" * 5)
        result = self.replay([arp, fragment, runt], *MODEL)
        self.assertEqual(result.counters["received"], 3)
        self.assertEqual(result.counters["forwarded"], 3)
        self.assertEqual(len(result.out), 3)


class Inside(program.Case):
    """Who is inside."""

    def initiators(self, *arguments):
        frames = conversation.merged(
            conversation.tls("www.example.org"),
            conversation.tls("www.example.org", start=conversation.START + 1000,
                             client="203.0.113.9", server="10.0.0.3"),
            conversation.tls("www.example.org", start=conversation.START + 2000,
                             client="192.0.2.1", server="192.0.2.2"))
        return [row["initiator"] for row in self.replay(frames, *MODEL, *arguments).flows]

    def test_private_addresses_when_nothing_is_said(self):
        self.assertEqual(self.initiators(), ["inside", "outside", "unknown"])

    def test_as_said(self):
        self.assertEqual(self.initiators("--inside", "203.0.113.0/24"),
                         ["unknown", "inside", "unknown"])

    def test_more_than_one(self):
        self.assertEqual(self.initiators("--inside", "192.0.2.2", "--inside", "10.0.0.2"),
                         ["inside", "unknown", "outside"])


if __name__ == "__main__":
    unittest.main()
