# SPDX-License-Identifier: BSD-3-Clause
"""A client, a box and a server, each in a network namespace of the test's own:

    client c0 ──── in0 box out0 ──── s0 server

Frames are put on and taken off c0 and s0 as they are, by packet sockets; nothing else is there to
answer unless a test gives addresses. All of it is gone when the test ends.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import time
import unittest

import program

LIBC = ctypes.CDLL(None, use_errno=True)
ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 3, 263, 8, 23
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
RECEIVE_BYTES = 64 << 20


def sh(*words, check=True):
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if check and done.returncode:
        raise AssertionError("%s: %s" % (" ".join(map(str, words)), done.stderr.decode().strip()))
    return done


def need_cores():
    """DPDK finds its processors there."""
    if not os.path.isdir("/sys/devices/system/cpu"):
        raise unittest.SkipTest("/sys is not mounted")


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("not root")
    if not os.path.isdir("/sys/class/net"):
        raise unittest.SkipTest("/sys is not mounted")
    done = sh("unshare", "--net", "true", check=False)
    if done.returncode:
        raise unittest.SkipTest("network namespaces cannot be made here")


@contextlib.contextmanager
def inside(namespace):
    """What is opened inside belongs to the namespace ever after."""
    with open("/proc/self/ns/net", "rb") as own, open("/run/netns/" + namespace, "rb") as other:
        if LIBC.setns(other.fileno(), 0):
            raise OSError(ctypes.get_errno(), "setns " + namespace)
        try:
            yield
        finally:
            LIBC.setns(own.fileno(), 0)


class Wire:
    """An interface as a packet socket sees it: frames go out and come in as they are."""

    def __init__(self, namespace, interface, outgoing=False):
        with inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            if not outgoing:
                self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, 33, RECEIVE_BYTES)  # SO_RCVBUFFORCE
            self.socket.bind((interface, ETH_P_ALL))

    def close(self):
        self.socket.close()

    def send(self, *frames):
        for frame in frames:
            self.socket.send(frame)

    def receive(self, count=None, seconds=2.0):
        """(frame, whether it went out here), until `count` came or nothing more for so long."""
        got = []
        while count is None or len(got) < count:
            if not select.select([self.socket], [], [], seconds)[0]:
                break
            data, control, _, sender = self.socket.recvmsg(65536, 256)
            got.append((with_tag(data, control), sender[2] == socket.PACKET_OUTGOING))
        return got

    def frames(self, count=None, seconds=2.0):
        return [frame for frame, _ in self.receive(count, seconds)]


def with_tag(frame, control):
    """The kernel takes the outermost VLAN tag off and says so beside the frame."""
    for level, kind, data in control:
        if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
            continue
        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
        if status & TP_STATUS_VLAN_VALID:
            tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
            return frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]
    return frame


class Box:
    """A `sluice run` that has been asked for its numbers once, so that it serves."""

    def __init__(self, *arguments, namespace=None, lab=None, ready=True, before=()):
        self.lab = lab or "test%d-%d" % (os.getpid(), time.monotonic_ns() % 10 ** 6)
        command = [*before, program.SLUICE, "run", *map(str, arguments), "--lab", self.lab, "--json"]
        if namespace:
            command = ["ip", "netns", "exec", namespace, *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.said = ""
        if ready:
            self.wait_until_ready()

    def listen(self):
        self.said += (self.process.stderr.read() or b"").decode()
        return self.said

    def wait_until_ready(self, seconds=30):
        end = time.monotonic() + seconds
        while program.run("counters", "--lab", self.lab, "--json").returncode:
            if self.process.poll() is not None:
                self.process.wait()
                raise AssertionError("the box ended: " + self.listen())
            if time.monotonic() > end:
                raise AssertionError("the box does not answer: " + self.listen())
            time.sleep(0.05)

    def counters(self):
        done = program.run("counters", "--lab", self.lab, "--json")
        if done.returncode:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def tell(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=30):
        """The summary."""
        if self.process.poll() is None:
            self.tell(number)
        out = self.process.communicate(timeout=seconds)[0]
        return json.loads(out) if out else None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Case(program.Case):
    """A test with namespaces of its own."""

    mtu = 1500

    @classmethod
    def setUpClass(cls):
        need_root()
        for tool in "ip", "ethtool":
            program.need(tool)

    def setUp(self):
        super().setUp()
        self.boxes = []
        mark = "sl%d" % (os.getpid() % 10 ** 6)
        self.client, self.box_space, self.server = (mark + role for role in ("c", "b", "s"))
        self.addCleanup(self.tear_down_network)
        for space in self.client, self.box_space, self.server:
            sh("ip", "netns", "add", space)
        self.join(self.client, "c0", self.box_space, "in0")
        self.join(self.server, "s0", self.box_space, "out0")

    def join(self, space, name, box, other):
        sh("ip", "link", "add", name, "netns", space, "type", "veth", "peer", "name", other,
           "netns", box)
        for where, what in ((space, name), (box, other)):
            sh("ip", "netns", "exec", where, "sh", "-c",
               "echo 1 > /proc/sys/net/ipv6/conf/%s/disable_ipv6; "
               "ethtool -K %s tx off rx off tso off gso off gro on" % (what, what), check=False)
            sh("ip", "-n", where, "link", "set", what, "mtu", self.mtu, "up")

    def tear_down_network(self):
        for box in self.boxes:
            box.kill()
        for space in self.client, self.box_space, self.server:
            sh("ip", "netns", "del", space, check=False)

    def start(self, kind, *arguments, **more):
        if kind == "packet":  # the kernel would join segments before the box sees them
            for name in "in0", "out0":
                sh("ip", "netns", "exec", self.box_space, "ethtool", "-K", name, "gro", "off")
        box = Box("-p", kind + ":in0", "-p", kind + ":out0", "-l", "0", *arguments,
                  namespace=self.box_space, **more)
        self.boxes.append(box)
        return box

    def wire(self, space, name, **more):
        wire = Wire(space, name, **more)
        self.addCleanup(wire.close)
        return wire

    def wires(self):
        return self.wire(self.client, "c0"), self.wire(self.server, "s0")

    def rules(self, then, when="{proto: [tcp, udp]}", more=""):
        return self.write("rules.yaml", "sluice: 1\nid: test\nrules:\n  - id: one\n    when: %s\n"
                          "    then: [%s]\n%s" % (when, then, more))

    def closes(self, counters):
        """Received = forwarded + held + dropped, in all and for each port and rule."""
        parts = [counters, *counters["ports"].values(), *counters["rules"].values()]
        for part in parts:
            self.assertEqual(part["received"], part["forwarded"] + part["held"] +
                             sum(part["dropped"].values()))


def leftovers(space):
    """What a box could leave: XDP programs in the namespace."""
    out = sh("ip", "-n", space, "-details", "link").stdout.decode()
    return [line.strip() for line in out.splitlines() if "xdp" in line]


def huge_files():
    folder = pathlib.Path("/dev/hugepages")
    return sorted(folder.iterdir()) if folder.is_dir() else []


def runtime_folders(lab):
    return [path for path in pathlib.Path("/var/run/dpdk").glob("*") if path.name.endswith(lab)]
