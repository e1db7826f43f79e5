# SPDX-License-Identifier: BSD-3-Clause
"""What clients do, all of it at the same time. A row a kind: the command, and how its output is
read into a result: seconds, bytes, bps (what the program itself measured)."""
import json
import re
import subprocess
import time

from laboratory import programs, servers, spaces, tunnels
from laboratory.wrong import Refused

GRACE_SECONDS = 60
TIMED = 'rm -f "$0/$1"; date +%s%N; size=$1; shift; "$@" >&2; date +%s%N; wc -c <"$0/$size"'
WRITE_OUT = ('{"code": %{http_code}, "seconds": %{time_total}, "down": %{size_download}, '
             '"up": %{size_upload}, "http": "%{http_version}", "client_port": %{local_port}}')


def curl(entry, network, _):
    plain = entry.get("tls") == "none"
    port = servers.HTTP if plain else servers.TLS_PORTS[entry.get("tls", "1.3")]
    size = int(entry["size"])
    place = size if entry["do"] == "download" else "up"
    proxy = entry.get("through") == "shadowsocks"
    words = ["curl", "-q", "-sS", "-k", "--noproxy", "" if proxy else "*",
             "--http" + entry.get("http", "1.1"), "--tlsv1.2", "-o", "/dev/null", "-w", WRITE_OUT, "--max-time", 600,
             "--resolve", "%s:%d:%s" % (entry["name"], port,
                                        tunnels.server_address(entry, network)),
             "%s://%s:%d/%s" % ("http" if plain else "https", entry["name"], port, place)]
    if proxy:
        words[2:2] = ["--proxy", "socks5://127.0.0.1:%d" % tunnels.SOCKS]
    if entry["do"] == "upload":
        words[2:2] = ["--data-binary", "@%s" % (spaces.WORK / "www" / str(size)), "-H", "Expect:"]
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
    words = ["iperf3", "-J", "-c", tunnels.server_address(entry, network), "-p", ports[entry["id"]],
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
    return ["ping", "-n", "-q", "-i", "0.05", "-W", "2", "-c", entry["count"],
            tunnels.server_address(entry, network)]


def read_ping(entry, out):
    found = re.search(r"(\d+) packets transmitted, (\d+) received", out)
    times = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)", out)
    if not found:
        raise Refused("%s: ping says %r" % (entry["id"], out))
    return {"sent": int(found[1]), "received": int(found[2]),
            "rtt_ms": float(times[2]) if times else None}


def quic(entry, _, ports):
    """The file comes into a folder of its own; its time is between the two numbers."""
    folder = spaces.WORK / ("quic-" + entry["id"])
    folder.mkdir(exist_ok=True)
    port = ports[entry["id"]]
    return ["sh", "-c", TIMED, folder, int(entry["size"]), "gtlsclient", "-q",
            "--exit-on-all-streams-close", "--download", folder, entry["name"], port,
            "https://%s:%d/%d" % (entry["name"], port, int(entry["size"]))]


def read_quic(entry, out):
    began, ended, size = map(int, out.split())
    if size != int(entry["size"]):
        raise Refused("%s: %d bytes of %d" % (entry["id"], size, entry["size"]))
    seconds = (ended - began) / 1e9
    return {"seconds": seconds, "bytes": size, "bps": 8 * size / seconds}


def turn(entry, network, _):
    return ["turnutils_uclient", "-e", network.host("server"), "-r", servers.ECHO, "-c",
            "-n", entry["count"], "-l", entry.get("payload", 160), "-z", 20,
            "-u", servers.TURN_USER, "-w", servers.TURN_PASSWORD, network.host("server")]


def read_turn(entry, out):
    counts = re.search(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)\n(?!.*tot_send_msgs)", out, re.S)
    trips = re.search(r"Average round trip delay ([\d.]+) ms", out)
    if not counts or not trips:
        raise Refused("%s: turnutils_uclient says %r" % (entry["id"], out[-300:]))
    sent, received = map(int, counts.groups())
    return {"sent": sent, "received": received, "lost": sent - received, "rtt_ms": float(trips[1])}


KINDS = {"download": (curl, read_curl), "upload": (curl, read_curl), "tcp": (iperf, read_iperf),
         "udp": (iperf, read_iperf), "ping": (ping, read_ping),
         "quic": (quic, read_quic), "turn": (turn, read_turn)}
PROGRAMS = {"quic": "gtlsclient", "turn": "turnutils_uclient"}


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
    longest = max([entry.get("time", 600 if entry["do"] in servers.FILES else 0.1 *
                             entry.get("count", 0)) for entry in traffic])
    processes = []
    try:
        for entry in traffic:
            programs.need(*filter(None, [PROGRAMS.get(entry["do"])]))
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
