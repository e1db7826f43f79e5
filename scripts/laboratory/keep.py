# SPDX-License-Identifier: BSD-3-Clause
"""Labs that stay up: a keeper holds the namespaces, and its file in /run/sluice-lab says who it is.
When the keeper ends, also by kill -9, all of its lab ends; a file without its keeper is taken away
by whoever sees it."""
import json
import os
import signal
import sys
import time

from laboratory import boxes, experiment, servers, spaces, tunnels
from laboratory.path import Path
from laboratory.wrong import Refused, Wrong

START_SECONDS, STOP_SECONDS = 60, 40


def began(pid):
    """When a process began, in ticks since boot, or None: numbers are used again."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def place(name):
    return spaces.ROOT / (name + ".json")


def read(name):
    """The record of a lab that lives, or None."""
    try:
        record = json.loads(place(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = None
    if record and began(record["pid"]) == record["began"]:
        return record
    place(name).unlink(missing_ok=True)
    return None


def names():
    found = sorted(path.stem for path in spaces.ROOT.glob("*.json"))
    return [name for name in found if read(name)]


def record_keeper(name, network, document):
    record = {"name": name, "pid": os.getpid(), "began": began(os.getpid()),
              "title": document["title"], "addresses": document["addresses"],
              "spaces": {"client": network.client.descriptor, "box": network.box.descriptor,
                         "server": network.server.descriptor}}
    fresh = spaces.ROOT / (".%s.%d" % (name, os.getpid()))
    fresh.write_text(json.dumps(record), encoding="utf-8")
    os.rename(fresh, place(name))


def stay(name, document, ready):
    """The keeper's life."""
    spaces.hide()
    network = spaces.Network(document["addresses"], far=any(document["rtt"]))
    served = servers.Servers(network, document["traffic"])
    try:
        served.begin(document["traffic"])
        with Path(network, name, document["rtt"][0]), \
                boxes.make(network, document["boxes"][0], name) as box, \
                tunnels.Tunnels(network, document["traffic"]):
            record_keeper(name, network, document)
            os.write(ready, b"ready")
            os.close(ready)
            while box.process is None or box.process.poll() is None:
                time.sleep(0.5)
    finally:
        served.end()
        place(name).unlink(missing_ok=True)


def keeper(name, document, ready):
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for number in 0, 1, 2:
        os.dup2(null, number)
    try:
        stay(name, document, ready)
    except Wrong as error:
        os.write(ready, str(error).encode())
    except SystemExit:
        pass
    os._exit(0)


def up(name, path):
    document = experiment.load(path)
    if read(name):
        raise Wrong("there is a lab %s already; scripts/lab down %s" % (name, name))
    spaces.ROOT.mkdir(parents=True, exist_ok=True)
    here, there = os.pipe()
    if os.fork() == 0:
        os.close(here)
        keeper(name, document, there)
    os.close(there)
    with os.fdopen(here) as pipe:
        said = pipe.read()
    if said != "ready":
        raise Refused(said or "the lab did not come up")
    print("%s is up: scripts/lab exec %s client|box|server COMMAND..." % (name, name))


def down(name):
    record = read(name)
    if not record:
        return False
    os.kill(record["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while began(record["pid"]) == record["began"]:
        if time.monotonic() > deadline:
            os.kill(record["pid"], signal.SIGKILL)
        time.sleep(0.05)
    place(name).unlink(missing_ok=True)
    return True


def execute(name, role, words):
    """Becomes the command, inside a lab."""
    record = read(name)
    if not record:
        raise Wrong("there is no lab %s; up: %s" % (name, ", ".join(names()) or "none"))
    with open("/proc/%d/fd/%d" % (record["pid"], record["spaces"][role]), "rb") as net, \
            open("/proc/%d/ns/mnt" % record["pid"], "rb") as mounts:
        spaces.call("setns", net.fileno(), spaces.CLONE_NEWNET)
        here = os.getcwd()
        spaces.call("setns", mounts.fileno(), spaces.CLONE_NEWNS)
        os.chdir(here)
    sys.stdout.flush()
    try:
        os.execvp(words[0], words)
    except OSError as error:
        raise Refused("%s: %s" % (words[0], error.strerror)) from error
