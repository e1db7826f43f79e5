# SPDX-License-Identifier: BSD-3-Clause
"""scripts/lab: client, box and server on one machine."""
import argparse
import pathlib
import re
import signal
import sys
import time

from laboratory import conduct, keep
from laboratory.wrong import Wrong

EXPERIMENTS = pathlib.Path(__file__).resolve().parents[1] / "experiments"
ROLES = "client", "box", "server"


def lab_name(text):
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", text):
        raise argparse.ArgumentTypeError("a name has letters, digits and - only: " + text)
    return text


def run(options):
    path = pathlib.Path(options.experiment)
    out = options.output or "%s-%s" % (path.stem, time.strftime("%Y%m%d-%H%M%S"))
    return conduct.run(path, out, options, lambda line: print(line, flush=True))


def up(options):
    keep.up(options.name, options.experiment)


def down(options):
    chosen = keep.names() if options.all else [options.name]
    for name in chosen:
        print("%s is down" % name if keep.down(name) else "there was no lab " + name)


def names(_):
    for name in keep.names():
        record = keep.read(name)
        print("%s\t%d\t%s" % (name, record["pid"], record["title"]))


def execute(options):
    if not options.command:
        raise Wrong("no command")
    keep.execute(options.name, options.role, options.command)


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/lab", description="Client, box and server in network namespaces of their own.",
        epilog="Ready experiments: " + ", ".join(sorted(
            path.name for path in EXPERIMENTS.glob("*.yaml"))) + " in scripts/experiments. "
        "Exit codes: 0 done, 1 something expected did not come, 2 wrong use, 3 the system refused.")
    commands = parser.add_subparsers(dest="verb", required=True)
    verb = commands.add_parser("run", help="an experiment into a folder")
    verb.add_argument("experiment")
    verb.add_argument("-o", "--output", metavar="DIR")
    verb.add_argument("--repetitions", type=int, metavar="N", help="instead of the file's")
    verb.add_argument("--seconds", type=float, metavar="N", help="at most so long each")
    verb.set_defaults(call=run)
    verb = commands.add_parser("up", help="the first box of an experiment and its servers, to stay")
    verb.add_argument("name", nargs="?", default="lab", type=lab_name)
    verb.add_argument("--experiment", default=str(EXPERIMENTS / "twitter.yaml"), metavar="FILE")
    verb.set_defaults(call=up)
    verb = commands.add_parser("exec", help="a command inside a lab that is up")
    verb.add_argument("name", type=lab_name)
    verb.add_argument("role", choices=ROLES)
    verb.add_argument("command", nargs=argparse.REMAINDER)
    verb.set_defaults(call=execute)
    verb = commands.add_parser("down", help="ends a lab that is up")
    verb.add_argument("name", nargs="?", default="lab", type=lab_name)
    verb.add_argument("--all", action="store_true")
    verb.set_defaults(call=down)
    commands.add_parser("list", help="the labs that are up").set_defaults(call=names)
    return parser.parse_args()


def stopped(number, _):
    sys.exit(128 + number)


def main():
    options = arguments()
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, stopped)
    try:
        return options.call(options) or 0
    except Wrong as error:
        print("scripts/lab: %s" % error, file=sys.stderr)
        return error.code
    except OSError as error:
        print("scripts/lab: %s" % error, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
