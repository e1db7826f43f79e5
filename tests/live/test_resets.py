# SPDX-License-Identifier: BSD-3-Clause
"""Resets that a live box makes, as kernels' TCP takes them: a connection ends at the end that got one
and at no other, and what is made is counted apart."""
import errno
import socket
import threading
import unittest

import network
import wire
from test_transparent import CLIENT, SCOPE, SERVER, ipv4

HELLO = wire.client_hello("blocked.example.org")
NAMED = "{tls.sni: [blocked.example.org]}"


class Resets(network.Case):
    def setUp(self):
        super().setUp()
        for space, name, address in ((self.client, "c0", CLIENT), (self.server, "s0", SERVER)):
            network.sh("ip", "-n", space, "addr", "add", address + "/15", "dev", name)

    def talk(self):
        """What the client and what the server met: bytes they got, or the error's number."""
        met = {}
        with network.inside(self.server):
            listener = socket.create_server((SERVER, 443))
        listener.settimeout(2)
        self.addCleanup(listener.close)

        def serve():
            try:
                with listener.accept()[0] as connection:
                    connection.settimeout(2)
                    connection.recv(4096)
                    connection.sendall(b"welcome")
                    met["server"] = connection.recv(100)
            except OSError as error:
                met["server"] = error.errno

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        try:
            with network.inside(self.client):
                connection = socket.create_connection((SERVER, 443), timeout=5)
            with connection:
                connection.sendall(HELLO)
                met["client"] = connection.recv(100)
        except OSError as error:
            met["client"] = error.errno
            listener.close()
        server.join(20)
        return met

    def run_box(self, then, when=NAMED):
        box = self.start("xdp", "--rules", self.rules(then, when), *SCOPE)
        met = self.talk()
        counters = box.end()
        self.closes(counters)
        return met, counters

    def test_a_syn_is_answered(self):
        met, counters = self.run_box("rst: {to: client, count: 3}, drop", "{server_port: 443}")
        self.assertEqual(met["client"], errno.ECONNREFUSED)
        self.assertEqual(counters["made"], {"packets": 3, "unsent": 0})
        self.assertEqual(counters["rules"]["one"]["dropped"]["drop"], 1)

    def test_both_ends(self):
        met, counters = self.run_box("rst: {answers: 1 packets, count: 2}, drop")
        self.assertEqual(met, {"client": errno.ECONNRESET, "server": errno.ECONNRESET})
        self.assertEqual(counters["made"]["packets"], 4)

    def test_later(self):
        # The server's word comes first.
        met, counters = self.run_box("rst: {to: server, answers: 1 packets, delay: 300ms}")
        self.assertEqual(met["client"], b"welcome")
        self.assertEqual(counters["made"]["packets"], 1)

    def test_replies_become_resets(self):
        met, counters = self.run_box("rewrite: {to: rst-ack, direction: down}")
        self.assertEqual(met["client"], errno.ECONNRESET)
        self.assertEqual(counters["made"]["packets"],
                         counters["rules"]["one"]["dropped"]["rewrite"])
        self.assertGreater(counters["made"]["packets"], 0)

    def test_never_out_of_scope(self):
        self.start("xdp", "--rules", self.rules("rst", "{server_port: 443}"), *SCOPE)
        client, server = self.wires()
        other = ipv4(wire.tcp("203.0.113.5", SERVER, (4000, 443), wire.SYN, 1))
        client.send(other)
        self.assertEqual(server.frames(1), [other])
        self.assertEqual(client.frames(seconds=0.5), [])
        self.assertEqual(self.boxes[0].end()["made"]["packets"], 0)


if __name__ == "__main__":
    unittest.main()
