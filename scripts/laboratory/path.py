# SPDX-License-Identifier: BSD-3-Clause
"""The long way between the box and the server: half of the RTT each way, by a second sluice in a
namespace of its own. Frames to and from the server are captured before it, where they leave and
reach the box.

    client c0 ──── in0 box out0 ──── p0 path p1 ──── s0 server
"""
import os
import signal

from laboratory import boxes, spaces

RULES = """sluice: 1
id: path
rules:
  - id: path
    then:
      - delay: {distribution: constant, time: %dus}
"""
HOLD = 65536  # packets: 100 ms of 1500 B at 7.8 Gbit/s


class Path:
    """A context; without `rtt` nothing is there."""

    def __init__(self, network, name, rtt):
        self.network, self.name, self.rtt, self.process = network, name + "-path", rtt, None
        self.log = spaces.WORK / "path.log"

    def command(self):
        rules = spaces.WORK / "path.yaml"
        rules.write_text(RULES % round(self.rtt * 1e6 / 2), encoding="ascii")
        words = [boxes.SLUICE, "run", "--lab", self.name, "--rules", rules, "--hold", HOLD,
                 "-l", max(os.sched_getaffinity(0)), "-p", "packet:p0", "-p", "packet:p1"]
        scope, inside = boxes.prefixes(self.network)
        for option, values in ("--scope", scope), ("--inside", inside):
            for value in values:
                words += [option, value]
        return words

    def answers(self):
        return bool(self.network.path.run(boxes.SLUICE, "counters", "--lab", self.name, "--json",
                                          check=False))

    def __enter__(self):
        if self.rtt:
            with open(self.log, "wb") as log:
                self.process = self.network.path.start(*self.command(), stdout=log, stderr=log)
            try:
                boxes.until(self.answers, self.process, self.log, "sluice run for the path")
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_):
        if self.process:
            spaces.end(self.process, signal.SIGTERM)
