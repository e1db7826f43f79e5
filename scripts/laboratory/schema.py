# SPDX-License-Identifier: BSD-3-Clause
"""Checks of YAML by tables. A check takes a node and gives the value, or raises Wrong with
FILE:LINE:COLUMN, what is wrong and what is allowed."""
import difflib
import re

import yaml

from laboratory.wrong import Wrong

RATES = {"bit/s": 1, "kbit/s": 10 ** 3, "Mbit/s": 10 ** 6, "Gbit/s": 10 ** 9}
SIZES = {"B": 1, "kB": 10 ** 3, "MB": 10 ** 6, "GB": 10 ** 9, "KiB": 1 << 10, "MiB": 1 << 20}
TIMES = {"ms": 0.001, "s": 1, "min": 60}


def fail(node, text):
    mark = node.start_mark
    raise Wrong("%s:%d:%d: %s" % (mark.name, mark.line + 1, mark.column + 1, text))


def nearest(word, words):
    found = difflib.get_close_matches(word, words, 1)
    return "did you mean %s?" % found[0] if found else "allowed: " + ", ".join(sorted(words))


def scalar(node):
    if not isinstance(node, yaml.ScalarNode):
        fail(node, "one value is wanted here, not a list or a table")
    return node.value


def text(node):
    return scalar(node)


def matching(pattern, what):
    def check(node):
        value = scalar(node)
        if not re.fullmatch(pattern, value):
            fail(node, "%r is not %s" % (value, what))
        return value
    return check


def one_of(*words):
    def check(node):
        value = scalar(node)
        if value not in words:
            fail(node, "unknown word %s; %s" % (value, nearest(value, words)))
        return value
    return check


def whole(least, most):
    def check(node):
        value = scalar(node)
        if not re.fullmatch(r"\d{1,9}", value) or not least <= int(value) <= most:
            fail(node, "%s is not a whole number from %d to %d" % (value, least, most))
        return int(value)
    return check


def number(node):
    try:
        return float(scalar(node))
    except ValueError:
        fail(node, "%s is not a number" % node.value)


def quantity(units, example):
    def check(node):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(\D\S*)?", scalar(node))
        if not found or found[2] not in units or float(found[1]) <= 0:
            fail(node, "%s: wanted is a number with its unit, as in %s; units: %s" %
                 (node.value, example, ", ".join(units)))
        return float(found[1]) * units[found[2]]
    return check


def sequence(check, least=1):
    def check_all(node):
        if not isinstance(node, yaml.SequenceNode):
            fail(node, "a list is wanted here")
        if len(node.value) < least:
            fail(node, "the list has %d, not at least %d" % (len(node.value), least))
        return [check(entry) for entry in node.value]
    return check_all


def table(keys, needed=()):
    """Gives a dict; a key that is not there is not in it."""
    def check(node):
        if not isinstance(node, yaml.MappingNode):
            fail(node, "a table of %s is wanted here" % ", ".join(keys))
        found = {}
        for key, value in node.value:
            name = scalar(key)
            if name not in keys:
                fail(key, "unknown key %s; %s" % (name, nearest(name, keys)))
            if name in found:
                fail(key, "%s is there twice" % name)
            found[name] = keys[name](value)
        for name in needed:
            if name not in found:
                fail(node, "%s is missing" % name)
        return found
    return check


def chosen_by(key, kinds):
    """A table whose `key` says which of `kinds` it is."""
    def check(node):
        if not isinstance(node, yaml.MappingNode):
            fail(node, "a table with %s is wanted here" % key)
        for name, value in node.value:
            if name.value == key:
                return kinds[one_of(*kinds)(value)](node)
        fail(node, "%s is missing; allowed: %s" % (key, ", ".join(kinds)))
    return check
