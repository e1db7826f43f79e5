# SPDX-License-Identifier: BSD-3-Clause
"""What ends a run of the lab with a line of text; `code` is the exit code, as sluice's are."""


class Wrong(Exception):
    code = 2


class Refused(Wrong):
    """The system or a program of the lab did not do what was asked."""

    code = 3
