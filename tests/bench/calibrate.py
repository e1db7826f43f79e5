#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How often `sluice measure compare` is wrong: the same path twice, and paths that differ by 20 %,
30 s each, in virtual time (tests/replay/transfer.py). Prints a table and writes a plot.

    tests/bench/calibrate.py BUILD [RUNS [PLOT.svg]]
"""
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "replay"))
import capture
import transfer

SECONDS = 30
ALPHAS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9]


def cross(device, seed, share=0.3, rate=2e6):
    """The same device, with packets of others in it that come and go."""
    chance = random.Random(seed)
    state = [0]

    def pass_at(now, payload):
        while state[0] < now:
            device(state[0], 1400)
            state[0] += int(chance.expovariate(1) * 1400 * 8e9 / (rate * share))
        return device(now, payload)
    return pass_at


def path(kind, factor, seed):
    """A device whose throughput is that of 2 Mbit/s times `factor`."""
    if kind == "policer":
        return transfer.policer(2e6 * factor, 40000)
    if kind == "shaper":
        return transfer.shaper(2e6 * factor, 60000)
    if kind == "shared policer":
        return cross(transfer.policer(2.8e6 * factor, 40000), seed, rate=2e6 * factor)
    return transfer.lossy(0.01 / factor ** 2, seed)


KINDS = ["policer", "shaper", "shared policer", "random loss"]


def record(folder, kind, factor, seed):
    flow = transfer.Transfer(path(kind, factor, seed), 1 << 30, 0.06, seed=seed)
    flow.fill()
    while flow.events and flow.events[0][0] < SECONDS * transfer.SECOND:
        flow.step()
    return capture.write(folder / ("%s-%d.pcap" % (kind.replace(" ", "-"), seed)), flow.frames())


def pair(program, kind, factor, seed):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = record(folder, kind, 1, 2 * seed), record(folder, kind, factor, 2 * seed + 1)
        done = subprocess.run([program, "measure", "compare", "--json", "--seed", str(seed),
                               *map(str, files)], capture_output=True, text=True, check=False)
        return json.loads(done.stdout)


def plot(rows, target):
    """Share of runs of one path with a p below alpha, over alpha."""
    colours = ["#1b6ca8", "#c0392b", "#2d8a4e", "#8e44ad"]
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="420" height="430" font-family='
             '"sans-serif" font-size="12"><rect width="420" height="430" fill="#fff"/>'
             '<path d="M50 370H370M50 370V50" stroke="#333" fill="none"/>'
             '<path d="M50 370L370 50" stroke="#999" stroke-dasharray="4"/>'
             '<text x="210" y="405" text-anchor="middle">alpha</text>'
             '<text x="16" y="210" transform="rotate(-90 16 210)" text-anchor="middle">'
             'same path twice: share of runs with p below alpha</text>']
    for value in (0, 0.5, 1):
        parts.append('<text x="%d" y="385" text-anchor="middle">%g</text>'
                     '<text x="44" y="%d" text-anchor="end">%g</text>' %
                     (50 + 320 * value, value, 374 - 320 * value, value))
    for number, (kind, values) in enumerate(rows.items()):
        values = sorted(values)
        points = " ".join("%.1f,%.1f" % (50 + 320 * value, 370 - 320 * (i + 1) / len(values))
                          for i, value in enumerate(values))
        parts.append('<polyline points="50,370 %s" fill="none" stroke="%s"/>'
                     '<text x="60" y="%d" fill="%s">%s (%d runs)</text>' %
                     (points, colours[number], 66 + 16 * number, colours[number], kind,
                      len(values)))
    pathlib.Path(target).write_text("\n".join(parts) + "</svg>\n", encoding="utf-8")


def run(pool, program, factor, runs):
    return {kind: list(pool.map(lambda seed, kind=kind: pair(program, kind, factor, seed),
                                range(1, runs + 1))) for kind in KINDS}


def share(rows, verdict):
    return sum(row["verdict"] == verdict for row in rows) / len(rows)


def main():
    program = os.path.join(sys.argv[1], "control", "sluice")
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        same, lower = run(pool, program, 1, runs), run(pool, program, 0.8, runs)
    print("%-16s %6s %10s %14s %10s  %s" % ("path", "runs", "different", "inconclusive", "20 % less",
                                            "p below " + " ".join("%g" % a for a in ALPHAS)))
    for kind in KINDS:
        below = [sum(row["p"] < alpha for row in same[kind]) / runs for alpha in ALPHAS]
        print("%-16s %6d %10.3f %14.3f %10.3f  %s" % (
            kind, runs, share(same[kind], "different"), share(same[kind], "inconclusive"),
            share(lower[kind], "different"), " ".join("%.3f" % one for one in below)))
    if len(sys.argv) > 3:
        plot({kind: [row["p"] for row in same[kind]] for kind in KINDS}, sys.argv[3])


if __name__ == "__main__":
    main()
