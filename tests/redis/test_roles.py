# SPDX-License-Identifier: BSD-3-Clause
"""Two roles by scripts/roles: each can do all that it is for, and nothing of the other's."""
import subprocess
import unittest

import nodes
import program
import server

ROLES = program.ROOT / "scripts" / "roles"
PASSWORDS = {"operator": "open sesame", "node": "a,b\\c'd"}


class Roles(nodes.Case):
    def setUp(self):
        super().setUp()
        self.stop_redis(self.server)
        for role, password in PASSWORDS.items():
            self.write(role, password + "\n")
        done = subprocess.run([ROLES, self.LAB, self.folder / "operator", self.folder / "node"],
                              capture_output=True, check=True)
        self.write("users.acl", done.stdout.decode())
        for password in PASSWORDS.values():
            self.assertNotIn(password.encode(), done.stdout)
        if int(self.version()) < 7:
            self.skipTest("redis-server is older than 7")
        self.start_redis("--aclfile", str(self.folder / "users.acl"))

    @staticmethod
    def version():
        done = subprocess.run(["redis-server", "--version"], capture_output=True, check=True)
        return done.stdout.decode().split("v=")[1].split(".")[0]

    def as_role(self, role):
        return "unix://%s@%s" % (role, self.socket)

    def ask(self, role, *words):
        """What redis-cli says when it asks in this role."""
        return self.cli("--no-auth-warning", "--user", role, "--pass", PASSWORDS[role], *words,
                        check=False)

    def rules(self, *arguments, role="operator", **more):
        return self.sluice(*arguments, "--lab", self.LAB, "--redis-password-file",
                           self.folder / role, url=self.as_role(role), **more)

    def begin(self):
        node = self.start(url=self.as_role("node"),
                          more=["--publish", "100ms", "--redis-password-file",
                                str(self.folder / "node")])
        self.apply(1, "--wait", "20s")
        return node

    def test_each_does_its_own(self):
        node = self.begin()
        self.rules("disable", "kept", "--wait", "20s")
        self.rules("rollback", "1", "--wait", "20s")
        self.rules("diff", "1", "2", code=1)
        self.assertIn("disable kept", self.rules("log").stdout)
        self.assertEqual(self.rules("show").stdout, (self.folder / "1.yaml").read_text())
        self.flows(node)
        summary = node.end()
        done = program.run("counters", "--lab", self.LAB, "--json", "--redis",
                           self.as_role("operator"), "--redis-password-file",
                           self.folder / "operator")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(nodes.parsed(done)["received"], summary["received"])
        self.assertNotIn("may not", node.said)

    def test_a_node_writes_no_rules(self):
        self.begin()
        for words in (("hset", self.key("ruleset"), "version", "9"),
                      ("set", self.key("ruleset:v:1"), "x"), ("del", self.key("ruleset:log")),
                      ("xadd", self.key("ruleset:log"), "*", "version", "9"),
                      ("eval", "return 1", "0"), ("flushall",), ("config", "get", "*")):
            self.assertIn("NOPERM", self.ask("node", *words), words)
        done = self.apply(2, role="node", code=3)
        self.assertIn("may not", done.stderr)
        self.assertEqual(self.ask("operator", "hget", self.key("ruleset"), "version"), "1")

    def test_an_operator_writes_no_counters(self):
        self.begin()
        for words in (("hset", self.key("counters:one:drops"), "received", "9"),
                      ("del", self.key("counters:one:rule:kept")),
                      ("hset", self.key("node:one"), "status", "applied"),
                      ("eval", "return redis.call('DEL', KEYS[1])", "1",
                       self.key("counters:one:drops")), ("flushall",), ("monitor",)):
            self.assertIn("NOPERM", self.ask("operator", *words), words)

    def test_another_lab_is_another_world(self):
        for role in PASSWORDS:
            self.assertIn("NOPERM", self.ask(role, "hgetall", "sluice:{other}:ruleset"))

    def test_a_wrong_password(self):
        """The node goes on without Redis, and says why, but not what it tried."""
        self.write("wrong", "hunter2\n")
        node = self.start(url=self.as_role("node"),
                          more=["--redis-password-file", str(self.folder / "wrong")])
        self.wait_for(lambda: "the password is wrong" in node.listen())
        self.flows(node)
        node.end()
        self.assertNotIn("hunter2", node.said)


class Script(server.Case):
    def test_refused(self):
        self.write("password", "x\n")
        self.write("empty", "\n")
        for words in ((), ("lab", "password"), ("a}b", "password", "password"),
                      ("lab", "empty", "password"), ("lab", "password", "none")):
            done = subprocess.run([ROLES, *words], capture_output=True, cwd=self.folder,
                                  check=False)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertNotIn(b"user ", done.stdout.replace(b"usage", b""), words)


if __name__ == "__main__":
    unittest.main()
