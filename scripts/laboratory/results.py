# SPDX-License-Identifier: BSD-3-Clause
"""What an experiment writes when it is over: results.csv, run.json, report.html, and whether what
was expected came."""
import csv
import html
import json
import os
import platform
import statistics
import subprocess

from laboratory import transit

COLUMNS = ("repetition", "box", "congestion", "path_ms", "traffic", "seconds", "bytes", "bps",
           "delivered_bps", "sent", "received", "lost", "rtt_ms", "retransmits", "http",
           *transit.METRICS)
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
table{border-collapse:collapse}td,th{padding:.2em .7em;border-bottom:1px solid #ccc;text-align:right}
.no{color:#b00020;font-weight:bold}"""


def values(rows, box, expectation):
    return [row[expectation["metric"]] for row in rows
            if row["box"] == box and row["traffic"] == expectation["traffic"]
            and row.get("path_ms") == expectation.get("rtt", row.get("path_ms"))
            and row.get(expectation["metric"]) is not None]


def judge(rows, expectation):
    """The expectation with what was measured and whether it holds."""
    least, most = expectation["between"]
    measured = values(rows, expectation["box"], expectation)
    if "against" in expectation:
        peer = values(rows, expectation["against"], expectation)
        measured = [statistics.median(measured) / statistics.median(peer)] \
            if measured and peer else []
    return {**expectation, "measured": measured,
            "holds": bool(measured) and all(least <= value <= most for value in measured)}


def first_line(*words):
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().split("\n")[0]
    except OSError:
        return None


def versions(sluice):
    return {"sluice": first_line(sluice, "--version"), "curl": first_line("curl", "--version"),
            "nginx": first_line("nginx", "-v"), "iperf3": first_line("iperf3", "--version"),
            "tcpdump": first_line("tcpdump", "--version"), "ip": first_line("ip", "-V"),
            "openvpn": first_line("openvpn", "--version"),
            "wireguard-go": first_line("wireguard-go", "--version"),
            "turnserver": first_line("turnserver", "--version"),
            "ss-server": first_line("ss-server", "-h"),
            "gtlsclient": first_line("dpkg-query", "-W", "ngtcp2-client")}


def host():
    with open("/proc/loadavg", encoding="ascii") as file:
        return {"kernel": platform.release(), "machine": platform.machine(),
                "cpus": os.cpu_count(), "load": file.read().split()[:3]}


def shown(value):
    if isinstance(value, float):
        return "%.6g" % value
    return "" if value is None else str(value)


def write_rows(folder, rows):
    with open(folder / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def cells(kind, entries):
    return "<tr>%s</tr>" % "".join("<%s>%s</%s>" % (kind, html.escape(shown(entry)), kind)
                                   for entry in entries)


def summary(rows):
    """A line for each box, congestion control and traffic: the medians."""
    groups = {}
    for row in rows:
        groups.setdefault((row["box"], row["congestion"], row.get("path_ms"), row["traffic"]), []).append(row)
    for key, group in groups.items():
        medians = []
        for metric in "seconds", "bps", "delivered_bps":
            some = [row[metric] for row in group if row.get(metric) is not None]
            medians.append(statistics.median(some) if some else None)
        yield (*key, len(group), *medians)


def page(record, rows):
    expected = "".join("<li class=%s>%s: %s %s of %s between %s and %s%s: %s" % (
        "yes" if entry["holds"] else "no", "holds" if entry["holds"] else "does not hold",
        html.escape(entry["box"]), entry["metric"], html.escape(entry["traffic"]),
        *map(shown, entry["between"]),
        " of that with " + html.escape(entry["against"]) if "against" in entry else "",
        html.escape(", ".join(map(shown, entry["measured"])) or "nothing measured"))
        for entry in record["expect"])
    used = [column for column in COLUMNS if any(row.get(column) is not None for row in rows)]
    warnings = "".join("<li>" + html.escape(line) for line in record["warnings"])
    return "".join((
        "<!doctype html><meta charset=utf-8><title>", html.escape(record["title"]), "</title><style>",
        STYLE, "</style><h1>", html.escape(record["title"]), "</h1><h2>Expected</h2><ul>", expected,
        "</ul><h2>Medians</h2><table>",
        cells("th", ("box", "congestion", "path_ms", "traffic", "runs", "seconds", "bps", "delivered_bps")),
        "".join(cells("td", line) for line in summary(rows)), "</table><h2>Every run</h2><table>",
        cells("th", used), "".join(cells("td", [row.get(column) for column in used]) for row in rows),
        "</table><h2>Warnings</h2><ul>", warnings, "</ul><p>bps is what the program measured, "
        "delivered_bps L3 bits a second that left the box after the first second; delay_ms is from end "
        "to end through it, full_bytes_min the least L3 bytes in it when it lost a packet. In each run's "
        "folder are both captures, series.csv and <i>prediction</i>, the same rules on what was "
        "offered, in virtual time.</p>"))


def write(folder, record, rows):
    write_rows(folder, rows)
    (folder / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page(record, rows), encoding="utf-8")
