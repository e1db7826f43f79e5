# SPDX-License-Identifier: BSD-3-Clause
"""What a box does when it lacks something: it says what and goes on by a policy that has a name, or
refuses in one line."""
import os
import signal
import time

import network
import program
import wire
from test_transparent import CLIENT, SCOPE, SERVER, ipv4

RULES = "sluice: 1\nid: test\nrules:\n  - id: one\n    when: {proto: udp}\n    then: [%s]\n"
FREE = "sluice: 1\nid: test\nrules:\n  - id: one\n    when: {server_port: 1}\n"


def of_udp(number, size=100):
    return ipv4(wire.udp(CLIENT, SERVER, (1024 + number % 60000, 9), b"x" * size))


class Faults(network.Case):
    def free_of_offloads(self):
        for name in "in0", "out0":
            network.sh("ip", "netns", "exec", self.box_space, "ethtool", "-K", name, "gro", "off")

    def pair(self, kind):
        return "-p", kind + ":in0", "-p", kind + ":out0", "-l", "0", *SCOPE

    def try_run(self, *words, before=()):
        return network.sh("ip", "netns", "exec", self.box_space, *before, program.SLUICE, "run",
                          *words, "--lab", "fault%d" % os.getpid(), check=False)

    def refused(self, done, code, *says):
        """One line but for warnings; nothing is attached."""
        lines = [line for line in done.stderr.decode().splitlines()
                 if not line.startswith(("sluice: warning: ", "sluice: port "))]
        lines += [line for line in done.stderr.decode().splitlines()
                  if line.startswith("sluice: port ") and ", MTU " not in line and
                  "offloads of" not in line]
        self.assertEqual((done.returncode, len(lines)), (code, 1), done.stderr.decode())
        for words in says:
            self.assertIn(words, lines[0])
        self.assertEqual(network.leftovers(self.box_space), [])

    def passed(self, frames, seconds=1.0):
        client, server = self.wires()
        client.send(*frames)
        return len(server.frames(len(frames), seconds=seconds))


class Lacking(Faults):
    def test_huge_pages(self):
        """Ordinary memory, said with both numbers; and it forwards."""
        self.free_of_offloads()
        lab = "nohuge%d" % os.getpid()
        hide = self.write("hide.sh", "mount -t tmpfs none /sys/kernel/mm/hugepages && exec \"$@\"\n")
        box = network.Box(*self.pair("packet"), namespace=self.box_space, lab=lab,
                          before=("unshare", "--mount", "sh", hide))
        self.boxes.append(box)
        self.assertRegex(box.listen(), r"\d+ MB of free huge pages are wanted and 0 are there: "
                         "ordinary memory is used")
        self.assertEqual(self.passed([of_udp(1)] * 50), 50)
        self.closes(box.end())

    def test_capabilities(self):
        """Root without one of them, and nobody: which one is missing, and what for."""
        program.need("setpriv")
        for kind, name, missing in (("packet", "net_raw", "CAP_NET_RAW"),
                                    ("xdp", "net_admin", "CAP_NET_ADMIN"),
                                    ("xdp", "net_raw", "CAP_NET_RAW"),
                                    ("xdp", "bpf,-sys_admin", "CAP_BPF")):
            with self.subTest(kind=kind, missing=missing):
                done = self.try_run(*self.pair(kind), before=(
                    "setpriv", "--bounding-set=-" + name, "--inh-caps=-" + name))
                self.refused(done, 3, kind + ":in0", missing)
        done = self.try_run(*self.pair("xdp"), before=(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"))
        self.refused(done, 3, "CAP_NET_ADMIN", "root")

    def test_queues(self):
        """More queues receive than sockets can be bound to."""
        network.sh("ip", "-n", self.box_space, "link", "del", "in0")
        network.sh("ip", "link", "add", "in0", "netns", self.box_space, "numrxqueues", "4",
                   "numtxqueues", "1", "type", "veth", "peer", "name", "c0", "netns", self.client)
        for space, name in (self.box_space, "in0"), (self.client, "c0"):
            network.sh("ip", "-n", space, "link", "set", name, "up")
        done = self.try_run(*self.pair("xdp"))
        self.refused(done, 3, "receives by 4 queues and AF_XDP can have 1", "ethtool -L in0 rx 1")

    def test_down(self):
        network.sh("ip", "-n", self.box_space, "link", "set", "out0", "down")
        self.refused(self.try_run(*self.pair("xdp")), 3, "xdp:out0", "ip link set out0 up")

    def test_busy(self):
        """Another box has the port; and another one has the name."""
        box = self.start("xdp", *SCOPE)
        for lab, says in (("other", "xdp:in0: another sluice has it"),
                          (box.lab, "--lab %s: a box of this name is running" % box.lab)):
            done = network.sh("ip", "netns", "exec", self.box_space, program.SLUICE, "run",
                              *self.pair("xdp"), "--lab", lab, check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn(says, done.stderr.decode())
        self.assertEqual(self.passed([of_udp(1)] * 20), 20)
        self.closes(box.end())


class Full(Faults):
    def rules(self, then):
        return self.write("rules.yaml", RULES % then)

    def test_hold(self):
        """Room for 64 packets: the 65th is dropped as hold-full."""
        rules = self.rules("delay: {time: 2s}")
        box = self.start("xdp", *SCOPE, "--rules", rules, "--hold", "64")
        self.assertEqual(self.passed([of_udp(1)] * 200, seconds=4), 64)
        end = box.end()
        self.closes(end)
        self.assertEqual((end["forwarded"], end["dropped"]["hold-full"]), (64, 136))

    def test_flows(self):
        """Four times as many flows as the table has room for: all packets pass, and old flows make
        room, or the new one is not tracked; each is counted."""
        path = self.write("rules.yaml", FREE)
        box = self.start("xdp", *SCOPE, "--rules", path, "--flows", "1024")
        frames = [of_udp(number) for number in range(4096)]
        client, server = self.wires()
        passed = 0
        for at in range(0, len(frames), 256):  # a packet socket keeps some only
            client.send(*frames[at:at + 256])
            passed += len(server.frames(256, seconds=2))
        counters = box.end()
        self.closes(counters)
        self.assertEqual((passed, counters["received"]), (4096, 4096))
        flows = counters["flows"]
        self.assertLessEqual(flows["most"], 1024)
        self.assertEqual(flows["created"] + flows["untracked_packets"], 4096)
        self.assertGreaterEqual(flows["evicted_embryonic"] + flows["evicted_idle"] +
                                flows["untracked_packets"], 4096 - 1024)

    def test_buffers(self):
        """All buffers are held: what comes waits in the kernel's ring, and is lost there when that is
        full. It is said, and when there are some again it goes on."""
        rules = self.rules("delay: {time: 3s}")
        self.free_of_offloads()
        box = self.start("packet", *SCOPE, "--rules", rules, "--buffers", "1024")
        client, server = self.wires()
        for _ in range(80):
            client.send(*[of_udp(1)] * 50)
            time.sleep(0.005)
        self.assertLess(box.counters()["buffers"]["free"], 64)
        came = len(server.frames(seconds=5))
        counters = box.counters()
        self.closes(counters)
        self.assertEqual((came, counters["held"]), (counters["forwarded"], 0))
        self.assertGreater(came, 900)
        self.assertIn("all 1024 packet buffers are in use", box.listen())
        client.send(*[of_udp(2)] * 20)
        self.assertEqual(len(server.frames(20, seconds=5)), 20)
        self.closes(box.end())


class Killed(Faults):
    def test_while_traffic_runs(self):
        """A box is killed and started again, five times under load: the wire carries again."""
        client, server = self.wires()
        lab = "killed%d" % os.getpid()
        for round_ in range(5):
            box = self.start("xdp", *SCOPE, lab=lab)
            client.send(*[of_udp(round_)] * 200)
            self.assertGreater(len(server.frames(50, seconds=2)), 0)
            client.send(*[of_udp(round_)] * 200)
            box.tell(signal.SIGKILL)
            box.process.communicate()
            self.assertEqual(network.leftovers(self.box_space), [])
            server.frames(seconds=0.2)
        self.assertEqual(network.huge_files(), [])
        box = self.start("xdp", *SCOPE, lab=lab)
        self.assertEqual(self.passed([of_udp(9)] * 50), 50)
        self.closes(box.end())
        self.assertEqual(network.runtime_folders(lab), [])
