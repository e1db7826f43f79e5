# SPDX-License-Identifier: BSD-3-Clause
"""A Redis of the test's own: on a socket in its folder, on no network, nothing kept on disk."""
import json
import os
import subprocess
import time

import program


class Case(program.Case):
    """A test with a Redis, and the program told where it is."""

    LAB = "lab"
    environment = {}  # more of it, for the server

    def setUp(self):
        super().setUp()
        program.need("redis-server")
        self.socket = self.folder / "redis.sock"
        self.server = None
        self.start_redis()

    def start_redis(self, *more):
        self.server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "",
             "--appendonly", "no", "--dir", str(self.folder), *more],
            env={**os.environ, **self.environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop_redis, self.server)
        for _ in range(200):
            if self.socket.exists() and self.cli("ping", check=False) != "":
                return
            time.sleep(0.05)
        self.fail("redis-server did not start")

    @staticmethod
    def stop_redis(server):
        server.kill()
        server.wait()

    def cli(self, *words, check=True):
        """A command of redis-cli: an independent look at what is there."""
        done = subprocess.run(["redis-cli", "-s", str(self.socket), *map(str, words)],
                              capture_output=True, timeout=30, check=False)
        if check and done.returncode != 0:
            self.fail(done.stderr.decode())
        return done.stdout.decode().rstrip("\n")

    def sluice(self, *arguments, code=0, url=None, stdin=None):
        """Runs a command about rules; its output, which is one line on stderr when it refuses."""
        command, *rest = arguments
        done = program.run("rules", command, *rest, "--redis",
                           url or "unix://%s" % self.socket, stdin=stdin, cwd=self.folder,
                           timeout=60)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        if code not in (0, 1):
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertTrue(done.stderr.startswith("sluice: "), done.stderr)
        return done

    def json(self, *arguments, code=0):
        return json.loads(self.sluice(*arguments, "--json", code=code).stdout)
