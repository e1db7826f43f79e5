# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that a packet or a flow costs, counted by callgrind, beside the committed numbers.

    python3 tests/perf/instructions.py PROGRAM [--write]

Counts do not depend on how busy a machine is, so that a change of 2 % shows. Each case replays a
smaller and a larger capture made here and divides the difference: what is paid once does not count.
Inside pipeline_burst() only: reading files is not the box's work. The numbers in instructions.json
belong to a compiler and its options; with another one there is nothing to compare with, which is
said. --write replaces them. Exit code 1: a case costs more than 2 % more; less is told, too.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "replay")]
import capture
import conversation
import initials
import wire

BASELINE = HERE / "instructions.json"
MORE = 0.02

# A tenth of the flows is policed: as benchmark B2 has it.
RULES = """sluice: 1
id: tenth
rules:
  - id: tenth
    when: {server: [198.19.0.0/16]}
    then:
      - police: {rate: 10Mbit/s, burst: 100kB, count: l3, per: flow}
  - {id: rest, when: {proto: udp}}
"""
NAMES = """sluice: 1
id: names
rules:
  - id: named
    when: {%s: "**.example.org"}
    then:
      - police: {rate: 10Mbit/s, burst: 100kB, count: l3, per: flow}
"""


def ends(flow):
    return ("10.0.%d.%d" % (flow >> 8, flow & 255),
            "198.%d.%d.7" % (18 + (flow % 10 == 0), flow >> 8))


def datagrams(flows, packets):
    """In turn, up and down."""
    frames, time = [], conversation.START
    for packet in range(packets):
        for flow in range(flows):
            client, server = ends(flow)
            time += 1000
            down = packet % 2
            one = (wire.udp(server, client, (5000, 40000), bytes(100)) if down else
                   wire.udp(client, server, (40000, 5000), bytes(100)))
            frames.append(capture.frame(time, wire.ethernet(one, up=not down)))
    return frames


def hellos(flows):
    frames = []
    for flow in range(flows):
        client, server = ends(flow)
        frames += conversation.tls("www%d.example.org" % flow, client=client, server=server,
                                   start=conversation.START + flow * 100 * conversation.MS).frames
    return frames


def quic(flows):
    frames, hello = [], wire.client_hello("www.example.org")[5:]
    datagram = initials.initial(initials.crypto_frame(hello, 0, len(hello)))
    for flow in range(flows):
        client, server = ends(flow)
        one = wire.udp(client, server, (40000, 443), datagram)
        frames.append(capture.frame(conversation.START + flow * 1000, wire.ethernet(one)))
    return frames


# case: (rules, smaller capture, larger one, by how many units they differ)
CASES = {
    "packet of an established flow": (RULES, lambda: datagrams(1000, 20),
                                      lambda: datagrams(1000, 40), 20000),
    "flow of one datagram": (RULES, lambda: datagrams(1000, 1), lambda: datagrams(3000, 1), 2000),
    "flow with a TLS ClientHello": (NAMES % "tls.sni", lambda: hellos(200), lambda: hellos(600),
                                    400),
    "flow with a QUIC Initial": (NAMES % "quic.sni", lambda: quic(200), lambda: quic(600), 400),
}


def count(program, folder, rules, frames):
    (folder / "rules.yaml").write_text(rules)
    capture.write(folder / "in.pcap", frames)
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--toggle-collect=pipeline_burst",
         "--callgrind-out-file=" + str(folder / "callgrind.out"), program, "replay",
         folder / "in.pcap", "--rules", folder / "rules.yaml", "--no-packets", "--workers", "1",
         "-o", folder / "out", "--force"], capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit("instructions.py: " + done.stderr.strip()[-400:])
    return int(found[1])


def measure(program):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for case, (rules, smaller, larger, units) in CASES.items():
            less = count(program, folder, rules, smaller())
            yield case, (count(program, folder, rules, larger()) - less) / units


def compiler():
    """What the numbers depend on beside the source."""
    def said(*words):
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    return "cc %s, nDPI %s" % (said("cc", "-dumpfullversion"),
                               said("pkg-config", "--modversion", "libndpi"))


def main():
    if len(sys.argv) not in (2, 3) or not shutil.which("valgrind"):
        sys.exit("instructions.py: needs the program as its argument, and valgrind")
    program, *rest = sys.argv[1:]
    known, here = json.loads(BASELINE.read_text()), compiler()
    usual, worse = known.get(here, {}), 0
    numbers = {}
    for case, value in measure(program):
        numbers[case] = round(value, 1)
        change = value / usual[case] - 1 if case in usual else 0
        worse += change > MORE
        print("%-32s %9.1f  %s" % (case, value, "%+.1f %% of %.1f" % (100 * change, usual[case])
                                   if case in usual else "nothing to compare with"), flush=True)
    if rest == ["--write"]:
        known[here] = numbers
        BASELINE.write_text(json.dumps(known, indent=1) + "\n")
        return 0
    if not usual:
        print("no numbers for %s; there are some for: %s" % (here, "; ".join(known) or "none"))
    if worse:
        print("%d cost more than %g %% more; mend it, or say why and --write" % (worse, 100 * MORE))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
