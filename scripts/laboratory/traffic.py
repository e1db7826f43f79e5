# SPDX-License-Identifier: BSD-3-Clause
"""What clients do, all of it at the same time. A row a kind: the command, and how its output is
read into a result: seconds, bytes, bps (what the program itself measured)."""
import json
import re
import subprocess
import time

from laboratory import servers, spaces
from laboratory.wrong import Refused

GRACE_SECONDS = 60
WRITE_OUT = ('{"code": %{http_code}, "seconds": %{time_total}, "down": %{size_download}, '
             '"up": %{size_upload}, "http": "%{http_version}", "client_port": %{local_port}}')


def curl(entry, network, _):
    plain = entry.get("tls") == "none"
    port = servers.HTTP if plain else servers.TLS_PORTS[entry.get("tls", "1.3")]
    size = int(entry["size"])
    place = size if entry["do"] == "download" else "up"
    words = ["curl", "-q", "-sS", "-k", "--noproxy", "*", "--http" + entry.get("http", "1.1"),
             "--tlsv1.2", "-o", "/dev/null", "-w", WRITE_OUT, "--max-time", 600,
             "--resolve", "%s:%d:%s" % (entry["name"], port, network.host("server")),
             "%s://%s:%d/%s" % ("http" if plain else "https", entry["name"], port, place)]
    if entry["do"] == "upload":
        words[1:1] = ["--data-binary", "@%s" % (spaces.WORK / "www" / str(size)), "-H", "Expect:"]
    return words


def read_curl(entry, out):
    said = json.loads(out)
    size = said["down" if entry["do"] == "download" else "up"]
    if said["code"] not in (200, 204) or size != int(entry["size"]):
        raise Refused("%s: HTTP %s, %d bytes of %d" %
                      (entry["id"], said["code"], size, entry["size"]))
    return {"seconds": said["seconds"], "bytes": size, "bps": 8 * size / said["seconds"],
            "client_port": said["client_port"], "http": said["http"]}


def iperf(entry, network, ports):
    words = ["iperf3", "-J", "-c", network.host("server"), "-p", ports[entry["id"]],
             "-t", "%d" % max(1, entry["time"]), "--connect-timeout", 5000]
    if "rate" in entry:
        words += ["-b", "%d" % entry["rate"]]
    if entry["do"] == "udp":
        words += ["-u", "-l", entry.get("payload", 1400),
                  "--get-server-output"]
    return words + (["-R"] if entry.get("reverse") else [])


def read_iperf(entry, out):
    said = json.loads(out)
    if "error" in said:
        raise Refused("%s: iperf3: %s" % (entry["id"], said["error"]))
    last = said["end"]
    if entry["do"] == "tcp":
        got = last["sum_received"]
        return {"seconds": got["seconds"], "bytes": got["bytes"], "bps": got["bits_per_second"],
                "retransmits": last["sum_sent"].get("retransmits")}
    got = said.get("server_output_json", {}).get("end", last)["sum"]
    size = (got["packets"] - got["lost_packets"]) * entry.get("payload", 1400)
    return {"seconds": got["seconds"], "bytes": size, "bps": 8 * size / got["seconds"],
            "sent": got["packets"], "lost": got["lost_packets"]}


def ping(entry, network, _):
    six = entry.get("family") == "6"
    return ["ping", "-6" if six else "-4", "-n", "-q", "-i", "0.05", "-W", "2", "-c",
            entry["count"], network.host("server6" if six else "server")]


def read_ping(entry, out):
    found = re.search(r"(\d+) packets transmitted, (\d+) received", out)
    times = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)", out)
    if not found:
        raise Refused("%s: ping says %r" % (entry["id"], out))
    return {"sent": int(found[1]), "received": int(found[2]),
            "rtt_ms": float(times[2]) if times else None}


KINDS = {"download": (curl, read_curl), "upload": (curl, read_curl), "tcp": (iperf, read_iperf),
         "udp": (iperf, read_iperf), "ping": (ping, read_ping)}


def output_of(entry, process, deadline, watch):
    """`watch` is called now and then and raises when waiting makes no sense any more."""
    while True:
        try:
            out, err = process.communicate(timeout=0.5)
            break
        except subprocess.TimeoutExpired as error:
            watch()
            if time.monotonic() > deadline:
                raise Refused("%s: no end in sight" % entry["id"]) from error
    if process.returncode and not (entry["do"] == "ping" and process.returncode == 1):
        watch()
        raise Refused("%s: %s" % (entry["id"], err.strip() or out.strip()))
    return out


def together(traffic, network, ports, watch):
    """Runs all of it at once; a result an entry, in order."""
    longest = max([entry.get("time", 600 if entry["do"] in servers.WEB else 0.1 *
                             entry.get("count", 0)) for entry in traffic])
    processes = []
    try:
        for entry in traffic:
            processes.append(network.client.start(*KINDS[entry["do"]][0](entry, network, ports)))
        deadline = time.monotonic() + longest + GRACE_SECONDS
        results = []
        for entry, process in zip(traffic, processes):
            out = output_of(entry, process, deadline, watch)
            results.append({"traffic": entry["id"], **KINDS[entry["do"]][1](entry, out)})
        return results
    finally:
        for process in processes:
            spaces.end(process)
