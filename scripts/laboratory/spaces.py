# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces without names, held open by this process alone, and processes in them.

    client c0 ──── in0 box out0 ──── s0 server

When this process ends, however it ends, the kernel kills its processes and then takes the
namespaces away with their links and XDP programs. What is written meanwhile (sockets of DPDK,
files of servers) is on a file system that only these processes see.
"""
import contextlib
import ctypes
import ipaddress
import os
import pathlib
import signal
import subprocess

from laboratory.wrong import Refused

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18
PR_SET_PDEATHSIG = 1
ROOT = pathlib.Path("/run/sluice-lab")
WORK = ROOT / "work"  # empty for everybody else
PRIVATE = WORK, pathlib.Path("/run/dpdk"), pathlib.Path("/run/wireguard")
OFFLOADS = "tx off rx off tso off gso off gro on"


def call(name, *arguments):
    if getattr(LIBC, name)(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, "%s: %s" % (name, os.strerror(error)))


def mount(kind, where):
    call("mount", kind.encode(), str(where).encode(), kind.encode(), 0, None)


def hide():
    """A mount namespace of our own: once, before anything else, with no thread."""
    for folder in PRIVATE:
        folder.mkdir(parents=True, exist_ok=True)
    call("unshare", CLONE_NEWNS)
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    for folder in PRIVATE:
        mount("tmpfs", folder)


def name_hosts(address, names):
    """Programs of this lab find `names` at `address`, where only /etc/hosts tells them."""
    path = WORK / "hosts"
    path.write_text("127.0.0.1 localhost\n" + "".join(
        "%s %s\n" % (address, name) for name in names), encoding="ascii")
    call("mount", str(path).encode(), b"/etc/hosts", None, MS_BIND, None)


class Space:
    def __init__(self):
        with open("/proc/self/ns/net", "rb") as own:
            call("unshare", CLONE_NEWNET)
            self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)
            call("setns", own.fileno(), CLONE_NEWNET)
        self.path = "/proc/%d/fd/%d" % (os.getpid(), self.descriptor)
        self.run("ip", "link", "set", "lo", "up")

    def enter(self):
        """In a child before it becomes a program: it dies with its parent."""
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        call("setns", self.descriptor, CLONE_NEWNET)
        call("unshare", CLONE_NEWNS)
        with contextlib.suppress(OSError):  # /sys as this namespace has it
            mount("sysfs", "/sys")

    def start(self, *words, **more):
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        more.setdefault("stdin", subprocess.DEVNULL)
        # pylint: disable=subprocess-popen-preexec-fn
        return subprocess.Popen([str(word) for word in words], text=True, preexec_fn=self.enter,
                                start_new_session=True, **more)

    def run(self, *words, check=True, timeout=60):
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            end(process, signal.SIGKILL)
        if check and process.returncode:
            raise Refused("%s: %s" % (" ".join(map(str, words)), err.strip() or out.strip()))
        return out

    def listens(self, port, proto="tcp"):
        return self.run("ss", "-Hln" + proto[0], "sport = :%d" % port).strip()

    def write(self, name, value):
        """A setting under /proc/sys, which belongs to the namespace that looks."""
        self.run("sh", "-c", 'echo "$1" >"/proc/sys/$0"', name, value)

    def close(self):
        os.close(self.descriptor)


def end(process, number=signal.SIGTERM, seconds=10):
    """Ends a process that start() made; the number of its exit."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def join(space, name, other_space, other):
    """A veth pair; the other end has no address of its own."""
    space.run("ip", "link", "add", name, "type", "veth", "peer", "name", other,
              "netns", other_space.path)
    other_space.write("net/ipv6/conf/%s/disable_ipv6" % other, "1")
    for where, what in (space, name), (other_space, other):
        where.run("ethtool", "-K", what, *OFFLOADS.split(), check=False)
        where.run("ip", "link", "set", what, "up")


class Network:
    """The three namespaces with their links up and addresses given; with `far` a fourth between
    box and server. `taps` are where both ends of the box are captured."""

    def __init__(self, addresses, far=False):
        self.addresses, self.path = addresses, Space() if far else None
        self.client, self.box, self.server = Space(), Space(), Space()
        self.spaces = [self.client, self.box, self.server, *filter(None, [self.path])]
        self.taps = (self.client, "c0"), (self.path, "p0") if far else (self.server, "s0")
        join(self.client, "c0", self.box, "in0")
        if far:
            join(self.path, "p0", self.box, "out0")
            join(self.server, "s0", self.path, "p1")
            self.path.write("net/ipv6/conf/p0/disable_ipv6", "1")
            for name in "p0", "p1":  # AF_PACKET would see segments joined
                self.path.run("ethtool", "-K", name, "gro", "off")
        else:
            join(self.server, "s0", self.box, "out0")
        self.give_addresses(self.client, "c0", "client")
        self.give_addresses(self.server, "s0", "server")

    def give_addresses(self, space, name, role):
        space.run("ip", "addr", "add", self.addresses[role], "dev", name)
        space.run("ip", "addr", "add", self.addresses[role + "6"], "dev", name, "nodad")

    def host(self, key):
        return self.addresses[key].split("/")[0]

    def congestion(self, word):
        """By route: what /proc/sys allows to a namespace is the whole machine's setting."""
        for space, name, key in (self.client, "c0", "client"), (self.server, "s0", "server"):
            route = ipaddress.ip_interface(self.addresses[key])
            space.run("ip", "route", "replace", route.network, "dev", name, "proto", "kernel",
                      "scope", "link", "src", route.ip, "congctl", word)

    def close(self):
        for space in self.spaces:
            space.close()
