# SPDX-License-Identifier: BSD-3-Clause
"""Hellos that do not fit into a packet: in pieces, in every order, with overlaps; by TCP and in the
CRYPTO frames of QUIC."""
import itertools

import conversation
import initials
import program
import wire

NAME = "www.example.org"
RULE = """sluice: 1
rules:
  - {id: box, when: {name: [%s]}, inspect: {reassembly: {%s}}, then: [drop: {probability: 1}]}
"""
# X25519MLKEM768 sends 1184 bytes of ML-KEM beside 32 of X25519 (draft-ietf-tls-ecdhe-mlkem).
HYBRID = (0x11ec, 1184 + 32), (29, 32)
TCP_WAYS = "none", "in-order", "full"
QUIC_WAYS = "closed", "one-frame", "one-packet", "in-order", "full"
ORDERS = list(itertools.permutations(range(4)))


def bounds(size, overlap):
    """Four pieces of equal size, each going on `overlap` bytes into the next."""
    cuts = [size * i // 4 for i in range(5)]
    return [(begin, min(end + overlap, size)) for begin, end in zip(cuts, cuts[1:])]


def segments(payload, pieces, port=40000):
    """A connection that sends [begin, end) of the payload in this order."""
    flow = conversation.Tcp(client_port=port).handshake()
    first = flow.seq[0]
    for begin, end in pieces:
        flow.seq[0] = first + begin
        flow.up(payload[begin:end])
    flow.seq[0] = first + len(payload)
    return flow.down(wire.server_hello())


def joined_in_order(pieces):
    """Whether a box that begins where the hello begins, and stops at a gap, sees all of it."""
    there = 0
    for begin, end in pieces:
        if begin > there:
            there = 0
        elif there or not begin:
            there = max(there, end)
    return there == max(end for _, end in pieces)


class Pieces(program.Case):
    def rows(self, flows, ways, name=NAME):
        rules = self.write("rules.yaml", RULE % (name, ways))
        return self.replay(conversation.merged(*flows), "--rules", rules).flows

    def found(self, flows, ways):
        """Which of the flows the box has found by their name."""
        rows = self.rows(flows, ways)
        self.assertEqual(len(rows), len(flows))
        # What is in the record is joined in full, whatever the box can.
        self.assertEqual({row["name"] for row in rows}, {NAME})
        return [row["rule"] == "box" for row in rows]


class Tcp(Pieces):
    def test_a_hybrid_share_makes_two_segments(self):
        hello = wire.client_hello(NAME, ech=True, shares=HYBRID)
        self.assertLess(len(wire.client_hello(NAME, ech=True)), conversation.MSS)
        self.assertGreater(len(hello), conversation.MSS)
        pieces = [(0, conversation.MSS), (conversation.MSS, len(hello))]
        for way, expected in zip(TCP_WAYS, (False, True, True)):
            self.assertEqual(self.found([segments(hello, pieces)], "tcp: " + way), [expected])

    def test_every_order_of_four(self):
        hello = wire.client_hello(NAME, ech=True, shares=HYBRID)
        for overlap in 0, 1, 100, 500:  # the last: over more than one piece
            pieces = bounds(len(hello), overlap)
            flows = [segments(hello, [pieces[i] for i in order], 20000 + n)
                     for n, order in enumerate(ORDERS)]
            self.assertEqual(self.found(flows, "tcp: none"), [False] * 24)
            in_order = [joined_in_order([pieces[i] for i in order]) for order in ORDERS]
            self.assertEqual(self.found(flows, "tcp: in-order"), in_order)
            self.assertEqual(self.found(flows, "tcp: full"), [True] * 24)

    def test_bytes_that_came_first_stay(self):
        hello = wire.client_hello(NAME)
        at = hello.index(NAME.encode())
        other = hello[:at] + b"www.example.net" + hello[at + len(NAME):]
        for first, second, name in (hello, other, NAME), (other, hello, "www.example.net"):
            flow = conversation.Tcp().handshake()
            begin = flow.seq[0]
            for at, payload in ((60, first[60:]), (0, second)):
                flow.seq[0] = begin + at
                flow.up(payload)
            row, = self.rows([flow], "tcp: full", name)
            self.assertEqual((row["rule"], row["name"]), ("box", name))


class Quic(Pieces):
    def flow(self, datagrams, port=40000):
        flow = conversation.Udp(client_port=port, server_port=443)
        for datagram in datagrams:
            flow.up(datagram)
        return flow.down(b"\x40" + bytes(100))

    def test_a_hybrid_share_makes_two_datagrams(self):
        hello = wire.client_hello(NAME, shares=HYBRID)[5:]
        sent = [initials.initial(initials.crypto_frame(hello, *piece), number=i)
                for i, piece in enumerate([(0, 1100), (1100, len(hello))])]
        for way, expected in zip(QUIC_WAYS, (False, False, False, True, True)):
            self.assertEqual(self.found([self.flow(sent)], "quic: " + way), [expected])

    def check_orders(self, hello, overlap, version, together):
        """Four frames, in a packet together or each in one of its own."""
        frames = [initials.crypto_frame(hello, *piece) for piece in bounds(len(hello), overlap)]
        flows = []
        for n, order in enumerate(ORDERS):
            sent = [frames[i] for i in order]
            if together:
                sent = [b"".join(sent)]
            flows.append(self.flow([initials.initial(each, version, number)
                                    for number, each in enumerate(sent)], 20000 + n))
        joins = [True] * 24
        in_order = joins if together else [order == (0, 1, 2, 3) for order in ORDERS]
        one_packet = joins if together else [False] * 24
        expected = [False] * 24, [False] * 24, one_packet, in_order, joins
        for way, readers in zip(QUIC_WAYS, expected):
            self.assertEqual(self.found(flows, "quic: " + way), readers, way)

    def test_every_order_of_four_frames(self):
        for overlap in 0, 30:
            self.check_orders(wire.client_hello(NAME)[5:], overlap, 1, True)

    def test_every_order_of_four_datagrams(self):
        for overlap, version in (0, 1), (30, 0x6b3343cf):
            hello = wire.client_hello(NAME, shares=HYBRID)[5:]
            self.check_orders(hello, overlap, version, False)
