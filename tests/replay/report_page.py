# SPDX-License-Identifier: BSD-3-Clause
"""A written report.html, taken apart without a browser."""
import csv
import json
import pathlib

import program


def write(folder):
    done = program.run("report", folder)
    if done.returncode != 0:
        raise AssertionError("exit code %d: %s" % (done.returncode, done.stderr))
    return pathlib.Path(folder) / "report.html"


def block(page, name):
    """The JSON of a data block, found as an HTML parser finds it: up to the first </script."""
    text = page.read_text(encoding="utf-8")
    begin = text.index('<script type="application/json" id="%s">' % name)
    begin = text.index(">", begin) + 1
    return json.loads(text[begin:text.index("</script", begin)])


def rows(folder, name):
    with open(pathlib.Path(folder) / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sums(table, *fields):
    return {field: sum(int(row[field]) for row in table) for field in fields}
