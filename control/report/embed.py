#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts the parts of the report's page together and writes them as C arrays.

embed.py OUTPUT PAGE.HTML NAME=FILE...

{{NAME}} in the page becomes the file's text, {{hash NAME}} the script's hash for the page's
content security policy, and {{data}} is where the program writes: what stands before it becomes
report_page_head, what follows report_page_tail.
"""
import base64
import hashlib
import re
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # A map beside the file would be a second file to load.
    return re.sub(r"(?m)^(//|/\*)# sourceMappingURL=.*$", "", text).strip() + '\n'


def script_hash(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def fill(page, parts):
    def value(match):
        wanted, name = match.groups()
        return script_hash(parts[name]) if wanted else parts[name]
    return re.sub(r"\{\{(hash )?(?!data\}\})([a-z.]+)\}\}", value, page)


def array(name, text):
    data = text.encode()
    lines = [",".join(str(byte) for byte in data[i:i + 24]) for i in range(0, len(data), 24)]
    return 'static const unsigned char %s[] = {\n%s};\n' % (name, ',\n'.join(lines))


def main():
    output, page, *rest = sys.argv[1:]
    parts = {name: read(path) for name, path in (item.split("=", 1) for item in rest)}
    for name, text in parts.items():
        if re.search("</(script|style)", text, re.I):
            sys.exit("embed.py: %s would end its own element" % name)
    head, tail = fill(read(page), parts).split("{{data}}")
    with open(output, "w", encoding="ascii") as file:
        file.write(array("report_page_head", head) + array("report_page_tail", tail))


main()
