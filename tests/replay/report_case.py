# SPDX-License-Identifier: BSD-3-Clause
"""Tests that share one browser with one report in it."""
import re
import shutil
import tempfile
import unittest

import browser
import report_fixture as fixture
from report_page import write

THIN = "\u202f"
OKABE_ITO_BLUE, OKABE_ITO_VERMILLION = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)


def plain(text):
    """Thin spaces group thousands: without them the digits can be compared."""
    return re.sub(r"(?<=\d)%s(?=\d)" % THIN, "", text).replace(THIN, " ")


class InBrowser(unittest.TestCase):
    """One browser and one report for all tests of a class."""

    FLOWS = staticmethod(fixture.ordinary_flows)
    WARNINGS = ("trace one.pcap ends in the middle of a packet", "a <b>second</b> warning")

    @classmethod
    def setUpClass(cls):
        if browser.missing():
            raise unittest.SkipTest(browser.missing())
        cls.folder = tempfile.mkdtemp(prefix="sluice-report-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.flows = cls.FLOWS()
        fixture.write_folder(cls.folder, cls.flows, cls.WARNINGS)
        cls.prepare()
        cls.page = write(cls.folder)
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def prepare(cls):
        """What a class changes in the folder before the report is written."""

    def setUp(self):
        self.browser.size(1200, 900)
        self.browser.scheme("light")
        self.browser.leave()
        self.browser.open(str(self.page))

    def text(self, selector):
        return plain(self.browser.run(
            "return document.querySelector(arguments[0]).textContent", selector))

    def click(self, selector):
        self.browser.run("document.querySelector(arguments[0]).click()", selector)

    def fill(self, selector, value):
        self.browser.run(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'))",
            selector, value)

    def column(self, key):
        """A column of the flow table, as it is shown on this page of it."""
        number = self.browser.run(
            "return FLOW_COLUMNS.findIndex((column) => column.key === arguments[0])", key)
        cells = self.browser.run(
            "return [...document.querySelectorAll('#flows-table tbody tr')]"
            ".map((row) => row.cells[arguments[0]].textContent)", number)
        return [plain(cell) for cell in cells]

    def all_pages(self, key):
        found = []
        while True:
            found += self.column(key)
            if not self.browser.run(
                    "const next = document.querySelector('[aria-label=\"next page\"]:enabled');"
                    "if (next) next.click(); return Boolean(next)"):
                return found

    def pixels(self, selector, colour):
        """How many pixels of a canvas have about this colour (None: any) and are opaque."""
        return self.browser.run(
            "const [selector, colour] = arguments;"
            "const canvas = document.querySelector(selector);"
            "const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
            "let found = 0;"
            "for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && (!colour ||"
            " colour.every((part, at) => Math.abs(part - data[i + at]) < 24))) found++;"
            "return found", selector, colour)

    def errors(self):
        return [entry["message"] for entry in self.browser.log("browser")
                if entry["level"] in ("SEVERE", "WARNING") and entry["source"] != "rendering"]
