# SPDX-License-Identifier: BSD-3-Clause
"""A Redis of the test's own: on a socket in its folder, on no network, nothing kept on disk. With
SLUICE_CLUSTER=1 it is the one of a cluster of three that has the lab's keys, and the program is told
of another one, which sends it there."""
import json
import os
import subprocess
import time

import cluster
import program

CLUSTERED = bool(os.environ.get("SLUICE_CLUSTER"))


class Case(program.Case):
    """A test with a Redis, and the program told where it is."""

    LAB = "lab"
    environment = {}  # more of it, for the server

    clustered = CLUSTERED

    def setUp(self):
        super().setUp()
        program.need("redis-server")
        self.socket = self.folder / "redis.sock"
        self.server = self.cluster = None
        self.start_redis()

    def start_redis(self, *more):
        """Again, too: with what is on its disk, but in a cluster without the two others."""
        if not self.clustered:
            self.server = self.start_one(self.folder, ["--port", "0", *more])
        elif self.cluster:
            self.server = self.start_one(self.folder, [*self.cluster.arguments(0), *more])
            self.cluster.wait_until_together()
        else:
            servers = []
            self.cluster = cluster.Cluster(
                self.folder, "{%s}" % self.LAB,
                lambda folder, words: servers.append(self.start_one(folder, [*words, *more])))
            self.server = servers[0]

    def start_one(self, folder, words):
        path = folder / "redis.sock"
        path.unlink(missing_ok=True)
        started = subprocess.Popen(
            ["redis-server", "--unixsocket", str(path), "--save", "", "--appendonly", "no",
             "--dir", str(folder), *words],
            env={**os.environ, **self.environment}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop_redis, started)
        for _ in range(600):
            if path.exists() and self.cli("ping", check=False, path=path) != "":
                return started
            time.sleep(0.05)
        return self.fail("redis-server did not start")

    @property
    def url(self):
        """For the program."""
        return "unix://%s/redis.sock" % (self.cluster.folders[1] if self.cluster else self.folder)

    def not_in_a_cluster(self, why):
        if self.clustered:
            self.skipTest("in a cluster " + why)

    @staticmethod
    def stop_redis(server):
        server.kill()
        server.wait()

    def cli(self, *words, check=True, path=None):
        """A command of redis-cli: an independent look at what is there."""
        done = subprocess.run(["redis-cli", "-s", str(path or self.socket), *map(str, words)],
                              capture_output=True, timeout=30, check=False)
        if check and done.returncode != 0:
            self.fail(done.stderr.decode())
        return done.stdout.decode().rstrip("\n")

    def everywhere(self, *words):
        """On each server of a cluster."""
        for folder in self.cluster.folders if self.cluster else [self.folder]:
            self.cli(*words, path=folder / "redis.sock")

    def sluice(self, *arguments, code=0, url=None, stdin=None):
        """Runs a command about rules; its output, which is one line on stderr when it refuses."""
        command, *rest = arguments
        done = program.run("rules", command, *rest, "--redis", url or self.url, stdin=stdin,
                           cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        if code not in (0, 1):
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertTrue(done.stderr.startswith("sluice: "), done.stderr)
        return done

    def json(self, *arguments, code=0):
        return json.loads(self.sluice(*arguments, "--json", code=code).stdout)
