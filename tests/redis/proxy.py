# SPDX-License-Identifier: BSD-3-Clause
"""Between a node and its Redis: passes bytes on, late or not at all."""
import socket
import threading
import time


class Proxy:
    """Listens at `path`. Answers come `latency` seconds late; after `answer_bytes` more bytes of
    answers nothing comes any more, until it is None again."""

    def __init__(self, path, server):
        self.path, self.server = str(path), str(server)
        self.latency, self.answer_bytes = 0.0, None
        self.stalled = threading.Event()
        self.connections = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.server)
            except OSError:
                client.close()
                continue
            self.connections += [client, server]
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.pump, args=(source, sink, answers),
                                 daemon=True).start()

    def pump(self, source, sink, answers):
        try:
            while data := source.recv(65536):
                if answers:
                    time.sleep(self.latency)
                    data = self.allowed(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in source, sink:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def allowed(self, data):
        """What may pass; the rest is never sent."""
        if self.answer_bytes is None:
            return data
        passed = data[:self.answer_bytes]
        self.answer_bytes -= len(passed)
        if len(passed) < len(data):
            self.stalled.set()
        return passed

    def close(self):
        for end in [self.listener, *self.connections]:
            end.close()
