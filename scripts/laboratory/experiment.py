# SPDX-License-Identifier: BSD-3-Clause
"""An experiment is a YAML file: boxes that take turns, and traffic that is there at the same time.

    lab: 1
    title: TEXT
    addresses: {client: 198.18.0.2/24, server: 198.18.0.1/24}     (the defaults; also client6, server6)
    boxes:     [{id, kind: sluice, model | rules, set: [P=V]}, {id, kind: testpmd},
                {id, kind: tbf, rate, burst, limit}]
    traffic:   [{id, do: download | upload, size, name, tls, http}, {id, do: tcp, time, rate, reverse},
                {id, do: udp, rate, time, payload}, {id, do: ping, count, family},
                {id, do: quic, size, name}, {id, do: turn, count, payload}]
                `through: openvpn | openvpn-tcp | wireguard` on any of the first five, and
                `through: shadowsocks` on a download or an upload, puts it into that tunnel.
    congestion: [cubic, bbr]    rtt: [20ms, 100ms]    repetitions: 5    captures: no
    expect:    [{box, traffic, metric, between: [A, B], against: OTHER-BOX, rtt: 20ms}]

Each repetition runs all traffic once with every box, congestion control and RTT, so what is
compared is interleaved. Without `rtt` it is that of the machine; with it a second sluice, behind the
box, holds everything for half of it each way. `against` compares medians and makes the bounds a ratio.
"""
import ipaddress
import pathlib

import yaml

from laboratory import schema, transit, tunnels
from laboratory.wrong import Wrong

ALLOWED = [ipaddress.ip_network(prefix) for prefix in (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "192.0.2.0/24",
    "198.51.100.0/24", "203.0.113.0/24", "fd00::/8", "2001:db8::/32", "2001:2::/48")]
ADDRESSES = {"client": "198.18.0.2/24", "server": "198.18.0.1/24",
             "client6": "2001:db8::2/64", "server6": "2001:db8::1/64"}
METRICS = "seconds", "bps", "delivered_bps", "received", "lost", "rtt_ms", *transit.METRICS
RATE = schema.quantity(schema.RATES, "1.5Mbit/s")
SIZE = schema.quantity(schema.SIZES, "383kB")
TIME = schema.quantity(schema.TIMES, "30s")
MILLISECONDS = schema.quantity({"ms": 1, "s": 1000}, "20ms")
ID = schema.matching(r"[a-z0-9][a-z0-9-]{0,30}", "an id: letters, digits and - only")
NAME = schema.matching(r"[A-Za-z0-9.-]{1,253}", "a host name")
YES = {"yes": True, "true": True, "no": False, "false": False}


def flag(node):
    return YES[schema.one_of(*YES)(node)]


def address(node):
    value = schema.scalar(node)
    try:
        interface = ipaddress.ip_interface(value)
    except ValueError:
        schema.fail(node, "%s is not an address with its length, as in 198.18.0.2/24" % value)
    if not any(interface.version == net.version and interface.ip in net for net in ALLOWED):
        schema.fail(node, "%s is neither private nor for documentation or benchmarks; allowed: %s" %
                    (value, ", ".join(map(str, ALLOWED))))
    return value


def rtt(node):
    seconds = TIME(node)
    if not 0.001 <= seconds <= 2:
        schema.fail(node, "%s: an RTT is from 1ms to 2s" % node.value)
    return seconds


def kind(word, needed=(), **keys):
    common = {"id": ID, word: schema.text}
    return schema.table({**common, **keys}, ("id", *needed))


def through(*kinds):
    return schema.one_of(*(word for word in tunnels.KINDS if word not in kinds))


def web(**more):
    return kind("do", ("size", "name"), size=SIZE, name=NAME, through=through(),
                tls=schema.one_of("1.2", "1.3", "none"), http=schema.one_of("1.1", "2"), **more)


BOXES = schema.chosen_by("kind", {
    "sluice": kind("kind", model=schema.text, rules=schema.text, set=schema.sequence(schema.text)),
    "testpmd": kind("kind"),
    "tbf": kind("kind", ("rate", "burst", "limit"), rate=RATE, burst=SIZE, limit=SIZE)})
PACKETS = through("shadowsocks")
TRAFFIC = schema.chosen_by("do", {
    "download": web(), "upload": web(),
    "tcp": kind("do", ("time",), time=TIME, rate=RATE, reverse=flag, through=PACKETS),
    "udp": kind("do", ("time", "rate"), time=TIME, rate=RATE, payload=schema.whole(16, 1472),
                through=PACKETS),
    "ping": kind("do", ("count",), count=schema.whole(1, 10000), family=schema.one_of("4", "6"),
                 through=PACKETS),
    "quic": kind("do", ("size", "name"), size=SIZE, name=NAME),
    "turn": kind("do", ("count",), count=schema.whole(1, 10000), payload=schema.whole(32, 1024))})
EXPECT = schema.table({
    "box": ID, "traffic": ID, "metric": schema.one_of(*METRICS), "against": ID,
    "between": schema.sequence(schema.number, 2), "source": schema.text, "rtt": MILLISECONDS},
    ("box", "traffic", "metric", "between"))
DOCUMENT = schema.table({
    "lab": schema.one_of("1"), "title": schema.text, "captures": flag,
    "addresses": schema.table(dict.fromkeys(ADDRESSES, address)),
    "boxes": schema.sequence(BOXES), "traffic": schema.sequence(TRAFFIC),
    "congestion": schema.sequence(schema.one_of("cubic", "bbr", "reno")),
    "rtt": schema.sequence(rtt),
    "repetitions": schema.whole(1, 1000), "expect": schema.sequence(EXPECT)},
    ("lab", "title", "boxes", "traffic"))


def entries(root, key):
    """The nodes of a list of the document."""
    return next((value.value for name, value in root.value if name.value == key), [])


def check_ids(root, document):
    for key in "boxes", "traffic":
        seen = set()
        for node, entry in zip(entries(root, key), document[key]):
            if entry["id"] in seen:
                schema.fail(node, "the id %s is there twice" % entry["id"])
            seen.add(entry["id"])
    ids = {key: [entry["id"] for entry in document[key]] for key in ("boxes", "traffic")}
    for node, entry in zip(entries(root, "expect"), document.get("expect", [])):
        for word, key in ("box", "boxes"), ("against", "boxes"), ("traffic", "traffic"):
            if word in entry and entry[word] not in ids[key]:
                schema.fail(node, "no %s has the id %s; %s" %
                            (word, entry[word], schema.nearest(entry[word], ids[key])))


def check_boxes(root, document, folder):
    for node, box in zip(entries(root, "boxes"), document["boxes"]):
        if "model" in box and "rules" in box:
            schema.fail(node, "model or rules, not both")
        if "rules" in box:
            box["rules"] = str(folder / box["rules"])
            if not pathlib.Path(box["rules"]).is_file():
                schema.fail(node, "there is no file %s" % box["rules"])


def check_rtts(root, document):
    for node, entry in zip(entries(root, "expect"), document.get("expect", [])):
        if "rtt" in entry and entry["rtt"] / 1e3 not in document.get("rtt", []):
            schema.fail(node, "rtt: none of the experiment's is %g ms" % entry["rtt"])


def check_traffic(root, document):
    for node, entry in zip(entries(root, "traffic"), document["traffic"]):
        if entry.get("family") == "6" and "through" in entry:
            schema.fail(node, "family 6 or through, not both: tunnels carry IPv4")


def load(path):
    """A checked experiment, defaults filled in."""
    try:
        with open(path, encoding="utf-8") as file:
            root = yaml.compose(file, yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong("%s: %s" % (path, getattr(error, "strerror", None) or "not UTF-8")) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise Wrong("%s:%d:%d: %s" %
                    (path, mark.line + 1, mark.column + 1, error.problem)) from error
    if root is None:
        raise Wrong("%s:1:1: nothing is there" % path)
    document = DOCUMENT(root)
    check_ids(root, document)
    check_rtts(root, document)
    check_traffic(root, document)
    check_boxes(root, document, pathlib.Path(path).resolve().parent)
    document["addresses"] = {**ADDRESSES, **document.get("addresses", {})}
    for key, default in ("congestion", ["cubic"]), ("rtt", [0]), ("repetitions", 1), ("captures", True), \
            ("expect", []):
        document.setdefault(key, default)
    return document
