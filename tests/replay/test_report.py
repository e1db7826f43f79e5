# SPDX-License-Identifier: BSD-3-Clause
"""report.html: what a researcher sees, in a real browser, against the files it was made from."""
import collections
import json
import pathlib
import re
import unittest

import report_fixture as fixture
from report_case import InBrowser, OKABE_ITO_BLUE, OKABE_ITO_VERMILLION, plain
from report_page import rows, sums


class Page(InBrowser):
    def test_sentence_says_what_happened(self):
        counters = json.loads((pathlib.Path(self.folder) / "counters.json").read_text())
        series = sums(rows(self.folder, "series.csv"), "offered_bytes", "delivered_bytes")
        worst = max(rows(self.folder, "flows.csv"), key=lambda row: int(row["down_dropped"]))
        seconds = (int(worst["last_ns"]) - int(worst["first_ns"])) / 1e9
        offered = int(worst["down_bytes"]) * 8 / seconds
        lost = int(worst["down_dropped"]) * 1500 * 8 / seconds  # every dropped packet is full
        expected = ("ru-twitter-2021 throttled 3 of 120 flows: %d of %d packets (%.1f MB of %.1f MB) "
                    "were dropped; the most affected flow, abs.twimg.com, got about %.1f kbit/s of "
                    "%.1f Mbit/s offered.") % (
                        counters["dropped"]["police"], counters["received"],
                        (series["offered_bytes"] - series["delivered_bytes"]) / 1e6,
                        series["offered_bytes"] / 1e6, (offered - lost) / 1e3, offered / 1e6)
        self.assertEqual(self.text("#sentence"), expected)

    def test_thousands_are_grouped_by_thin_spaces(self):
        self.assertRegex(self.browser.run("return document.getElementById('sentence').textContent"),
                         r"\d\u202f\d{3} of \d{2}\u202f\d{3}\u202fpackets")

    def test_parts_stand_in_order(self):
        order = self.browser.run(
            "return [...document.querySelectorAll('#sentence, main > section')].map((e) => e.id)")
        self.assertEqual(order, ["sentence", "throughput", "affected", "flow-table", "closure",
                                 "manifest"])

    def test_throughput_is_drawn(self):
        self.assertGreater(self.pixels("#throughput-plot canvas", OKABE_ITO_BLUE), 500)
        self.assertGreater(self.pixels("#throughput-plot canvas", OKABE_ITO_VERMILLION), 200)

    def test_throughput_of_one_class_alone(self):
        boxes = "#pairs tbody tr input"
        self.browser.run(
            "document.querySelectorAll(arguments[0]).forEach((box, i) => {"
            " if (box.checked !== (i === 0)) box.click(); })", boxes)
        self.assertEqual(self.browser.run(
            "return [...document.querySelectorAll(arguments[0])].map((box) => box.checked)",
            boxes).count(True), 1)
        self.assertIn("All traffic, offered", self.text("#throughput-legend"))
        self.assertNotIn("twitter", self.text("#throughput-legend"))
        self.assertGreater(self.pixels("#throughput-plot canvas", None), 500)

    def test_throughput_zooms_and_returns(self):
        before = self.text("#throughput-plot")
        for key, changed in (("+", True), ("0", False)):
            self.browser.run(
                "document.getElementById('throughput-plot').dispatchEvent("
                "new KeyboardEvent('keydown', {key: arguments[0]}))", key)
            self.assertEqual(self.text("#throughput-plot") != before, changed, key)
        self.click('#throughput-zoom [aria-label="zoom in"]')
        self.assertNotEqual(self.text("#throughput-plot"), before)

    def test_pairs_have_the_sums_of_the_series(self):
        expected = collections.defaultdict(lambda: [0, 0])
        for row in rows(self.folder, "series.csv"):
            for pair in ((row["class"] or "unclassified", row["rule"] or "\u2013"), ("All traffic",)):
                expected[pair][0] += int(row["offered_packets"])
                expected[pair][1] += int(row["delivered_packets"])
        shown = self.browser.run(
            "return [...document.querySelectorAll('#pairs tbody tr')].map((row) =>"
            " [...row.cells].slice(1).map((cell) => cell.textContent))")
        found = {}
        for cells in shown:
            title = 1 if cells[0] == "All traffic" else 2
            found[tuple(cells[:title])] = [int(plain(cell)) for cell in cells[title:title + 2]]
        self.assertEqual(found, dict(expected))

    def test_sequence_marks_drops_by_shape_and_colour(self):
        self.assertGreater(self.pixels("#sequence-plot canvas", OKABE_ITO_BLUE), 100)
        self.assertGreater(self.pixels("#sequence-plot canvas", OKABE_ITO_VERMILLION), 500)
        dropped = int(rows(self.folder, "flows.csv")[0]["down_dropped"])
        self.assertRegex(self.text("#sequence-legend"), "\u2715dropped%d" % dropped)
        self.assertIn("\u25cfforwarded", self.text("#sequence-legend"))

    def test_table_has_every_row_of_flows_csv(self):
        expected = rows(self.folder, "flows.csv")
        for key, value in (
                ("flow", lambda row: row["flow"]),
                ("server", lambda row: "%(server)s:%(server_port)s" % row),
                ("rule", lambda row: row["rule"]),
                ("up_packets", lambda row: row["up_packets"]),
                ("down_dropped", lambda row: row["down_dropped"]),
                ("start", lambda row: "%.3f s" % ((int(row["first_ns"]) - fixture.START) / 1e9))):
            self.setUp()
            self.assertEqual(sorted(self.all_pages(key)), sorted(map(value, expected)), key)

    def test_most_affected_flows_come_first(self):
        self.assertEqual(self.column("flow")[:3], ["1", "7", "11"])

    def test_headers_sort(self):
        table = rows(self.folder, "flows.csv")
        state = "return document.querySelector(arguments[0]).closest('th').getAttribute('aria-sort')"
        for clicks, order, word in ((1, -1, "descending"), (2, 1, "ascending")):
            self.setUp()
            for _ in range(clicks):
                self.click('[data-key="down_packets"]')
            shown = list(map(int, self.all_pages("down_packets")))
            self.assertEqual(shown, sorted((int(row["down_packets"]) for row in table),
                                           key=lambda value: order * value))
            self.assertEqual(self.browser.run(state, '[data-key="down_packets"]'), word)
            self.assertEqual(self.browser.run(state, '[data-key="dropped"]'), "none")
            self.assertEqual(self.browser.run("return document.activeElement.dataset.key"),
                             "down_packets")
        self.assertEqual(self.browser.run(
            "return document.querySelectorAll('#flows-table thead button.sort').length"),
                         self.browser.run("return FLOW_COLUMNS.length"))

    def test_text_sorts_as_text(self):
        self.click('[data-key="name"]')
        shown = self.all_pages("name")
        self.assertEqual(shown, sorted(shown))

    def test_filter_by_words_rule_and_drops(self):
        table = rows(self.folder, "flows.csv")
        self.fill("#flows-filter", "HOST1 tls")
        self.assertEqual(sorted(self.all_pages("name")), sorted(
            row["name"] for row in table if "host1" in row["name"] and row["class"] == "tls"))
        self.fill("#flows-filter", "no such name")
        self.assertEqual(self.column("flow"), [])
        self.assertEqual(self.text("#flows-status"), "No flow matches.")
        self.fill("#flows-filter", "")
        self.fill("#flows-rule", "twitter")
        self.assertEqual(sorted(self.column("flow"), key=int), ["1", "7", "11"])
        self.fill("#flows-rule", "*")
        self.click("#flows-dropped")
        self.assertEqual(sorted(self.column("flow"), key=int), ["1", "7", "11"])

    def test_row_leads_to_its_plot(self):
        self.click('#flows-table tr[data-flow="7"]')
        self.browser.run("return new Promise((done) => setTimeout(done, 100))")
        self.assertIn("t.co, 10.0.0.9:40007", self.text("#sequence-caption"))
        self.assertEqual(self.browser.run("return document.activeElement.id"), "sequence-plot")
        self.assertEqual(self.browser.run("return location.hash"), "#flow-7")

    def test_address_of_a_flow_opens_its_plot(self):
        self.browser.leave()
        self.browser.open(str(self.page) + "#flow-7")
        self.assertIn("t.co, 10.0.0.9:40007", self.text("#sequence-caption"))

    def test_every_row_with_a_plot_is_a_link(self):
        self.assertEqual(self.browser.run(
            "return [...document.querySelectorAll('#flows-table tr.plotted a')].map("
            "(link) => link.getAttribute('href'))")[:2], ["#flow-1", "#flow-7"])

    def test_counters_close(self):
        counters = json.loads((pathlib.Path(self.folder) / "counters.json").read_text())
        self.assertEqual(
            re.sub(r"\s", "", self.text("#equation")),
            "%dreceived=%dforwarded+0held+%ddropped:police\u2713closes" % (
                counters["received"], counters["forwarded"], counters["dropped"]["police"]))
        marks = self.browser.run("return [...document.querySelectorAll('#counters-table tbody tr')]"
                                 ".map((row) => [row.cells[0].textContent, row.lastChild.textContent])")
        self.assertEqual(marks, [["Total", "\u2713 closes"], ["Port 0", "\u2713 closes"],
                                 ["Rule twitter", "\u2713 closes"]])
        self.assertRegex(self.text("#counters-more"), "^Bytes \\(L3\\)received%d= forwarded%d\\+ held0.*closes" % (
            counters["received_bytes"], counters["forwarded_bytes"]))
        self.assertIn("All 4 rows close", self.text("#counters-caption"))
        self.assertIn("1 port or rule without packets not shown", self.text("#counters-caption"))

    def test_manifest_has_every_warning(self):
        shown = self.browser.run(
            "return [...document.querySelectorAll('#warnings li')].map((e) => e.textContent)")
        self.assertEqual(shown, list(self.WARNINGS))
        self.assertIn("2 warnings", self.text("#facts"))

    def test_manifest_is_whole_and_exact(self):
        text = self.text("#manifest")
        for part in ("9007199254740993", "sluice replay 'trace one.pcap' --model ru-twitter-2021 -o out",
                     "ab" * 32, "cd" * 32, "140kbit/s", "imc21", "ndpi 4.2.0", "8123456",
                     "2021-03-15 10:00:00.000000000 UTC", "0.412 s", "capture"):
            self.assertIn(part, text)

    def test_hostile_name_is_inert(self):
        with self.assertRaisesRegex(RuntimeError, "no such alert"):
            self.browser.call("GET", "/alert/text")
        self.assertEqual(self.browser.run("return document.images.length"), 0)
        kinds = self.browser.run("return [...document.scripts].map((script) => script.type)")
        self.assertEqual(sorted(kinds), [""] * 6 + ["application/json"] * 5)
        self.fill("#flows-filter", "alert(1)")
        spelled = fixture.HOSTILE.replace("\u202e", "\\u202e")
        self.assertEqual(self.column("name"), [spelled])
        self.click('#flows-table tr[data-flow="11"]')
        self.browser.run("return new Promise((done) => setTimeout(done, 100))")
        self.assertIn(spelled, self.text("#sequence-caption"))
        self.assertEqual(self.errors(), [])

    def test_no_script_of_others_could_run(self):
        ran = self.browser.run(
            "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
            "document.body.append(script); return Boolean(window.ran)")
        self.assertFalse(ran)
        self.errors()  # the refusal is one, and not of the page's making

    def test_no_error_and_no_request(self):
        self.assertEqual(self.errors(), [])
        requests = set()
        for entry in self.browser.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                requests.add(message["params"]["request"]["url"].split("#")[0])
        # Of the browser's own pages, such as its first tab, the report knows nothing.
        requests = {url for url in requests
                    if not url.startswith(("chrome:", "chrome-untrusted:", "data:"))}
        self.assertEqual(requests, {self.page.as_uri()})

    def test_dark_and_light_are_both_readable(self):
        seen = {}
        for scheme in ("light", "dark"):
            self.browser.scheme(scheme)
            self.browser.run("return new Promise((done) => setTimeout(done, 200))")
            seen[scheme] = self.browser.run(CONTRASTS)
            for what, ratio in seen[scheme]["ratios"].items():
                self.assertGreaterEqual(ratio, 4.5, "%s in %s" % (what, scheme))  # WCAG 2.2, 1.4.3
        self.assertNotEqual(seen["light"]["paper"], seen["dark"]["paper"])
        # Blue has too little contrast on black; the plot was drawn again in sky blue.
        self.assertGreater(self.pixels("#throughput-plot canvas", (0x56, 0xB4, 0xE9)), 500)
        self.assertEqual(self.pixels("#throughput-plot canvas", OKABE_ITO_BLUE), 0)

    def test_narrow_screen_scrolls_only_the_tables(self):
        self.browser.size(360, 740)
        self.browser.leave()
        self.browser.open(str(self.page))
        self.assertEqual(self.browser.run("return document.documentElement.scrollWidth"), 360)
        self.assertGreater(self.pixels("#throughput-plot canvas", OKABE_ITO_BLUE), 100)

    def test_print_is_light_and_shows_all(self):
        self.browser.scheme("dark")
        pdf = self.browser.print_pdf()
        self.assertTrue(pdf.startswith(b"%PDF-"))
        self.assertGreaterEqual(len(re.findall(rb"/Type\s*/Page\b", pdf)), 3)
        self.browser.scheme("dark", media="print")
        self.browser.size(1047, 740)  # A4 landscape within its margins, 277 mm at 96 dpi
        self.browser.run("window.dispatchEvent(new Event('beforeprint'))")
        for selector in ("#throughput-plot", "#sequence-plot"):
            self.assertGreater(self.pixels(selector + " canvas", OKABE_ITO_BLUE), 100)
            self.assertLessEqual(self.browser.run(
                "return document.querySelector(arguments[0]).clientWidth", selector), 680)
        self.assertLessEqual(self.browser.run(
            "return Math.max(...[...document.querySelectorAll('table')].map("
            "(table) => table.getBoundingClientRect().right))"), 1047)
        hidden = self.browser.run(
            "return [...document.querySelectorAll('.controls, nav, .plot canvas + canvas')].every("
            "(e) => getComputedStyle(e).display === 'none')")
        self.assertTrue(hidden)
        self.assertEqual(self.browser.run(
            "return getComputedStyle(document.querySelector('.scroll')).overflowX"), "visible")
        self.assertGreaterEqual(min(self.browser.run(CONTRASTS)["ratios"].values()), 4.5)

    def test_everything_is_reached_by_keyboard(self):
        lost = self.browser.run(
            "return [...document.querySelectorAll('button, a[href], select, input, summary,"
            " .plot, .scroll')].filter((e) => e.tabIndex < 0).length")
        self.assertEqual(lost, 0)
        unnamed = self.browser.run(
            "return [...document.querySelectorAll('select, input, .plot, .scroll')].filter((e) =>"
            " e.offsetParent &&"
            " !(e.labels && e.labels.length) && !e.getAttribute('aria-label') &&"
            " !document.getElementById(e.getAttribute('aria-labelledby'))).map((e) => e.id)")
        self.assertEqual(unnamed, [])


# WCAG 2.2's contrast ratio of the kinds of text to the paper they stand on.
CONTRASTS = """
const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((value) => value / 255)
  .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
const paper = getComputedStyle(document.body).backgroundColor;
const ratios = {};
for (const selector of ['h1', '#kicker', 'figcaption', 'td', '#flows-table a', '.closes', '#facts .open',
  '.dygraph-axis-label', '.zero', '#flows-table tr.lossy td:nth-child(8)']) {
  const both = [light(getComputedStyle(document.querySelector(selector)).color), light(paper)];
  ratios[selector] = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}
return {paper, ratios};
"""


class OpenCounters(InBrowser):
    """Counters that do not close, and a sum that no double holds."""

    @classmethod
    def prepare(cls):
        path = pathlib.Path(cls.folder) / "counters.json"
        counters = json.loads(path.read_text())
        counters["rules"]["twitter"]["forwarded"] -= 3
        counters["ports"]["0"] = {"received": 2 ** 62 + 1, "forwarded": 2 ** 62, "held": 1,
                                  "dropped": {"police": 0}}
        path.write_text(json.dumps(counters))

    def test_cross_and_difference(self):
        marks = dict(self.browser.run(
            "return [...document.querySelectorAll('#counters-table tbody tr')]"
            ".map((row) => [row.cells[0].textContent, row.lastChild.textContent])"))
        self.assertEqual(marks, {"Total": "\u2713 closes", "Rule twitter": "\u2717 off by 3",
                                 "Port 0": "\u2713 closes"})
        self.assertIn("counters do not close", self.text("#facts"))


class Nothing(InBrowser):
    """An empty capture."""

    FLOWS = staticmethod(lambda: [])
    WARNINGS = ()

    @classmethod
    def prepare(cls):
        path = pathlib.Path(cls.folder) / "run.json"
        path.write_text(json.dumps({"sluice": "0.1.0", "command": "replay"}))

    def test_page_says_so(self):
        self.assertIn("throttled none of 0 flows: no packet of 0 was dropped.", self.text("#sentence"))
        self.assertEqual(self.text("#flows-status"), "No flow matches.")
        self.assertIn("No warnings", self.text("#warnings"))
        self.assertEqual(self.errors(), [])


class OnlyFlowOfItsRule(InBrowser):
    """Where all drops of a rule are one flow's, its rate is exact: no "about"."""

    FLOWS = staticmethod(lambda: [fixture.Flow(1, "t.co", "twitter", packets=1000),
                                  fixture.Flow(2, "example.org", packets=50)])

    def test_sentence(self):
        flow = self.flows[0]
        kept = sum(e[2] for e in flow.events if not e[4] and e[1] == 1)
        rate = 8 * kept / (flow.events[-1][0] / 1e9)
        self.assertIn(", t.co, got %.1f kbit/s of" % (rate / 1e3), self.text("#sentence"))


class ExactBytes(InBrowser):
    """With the dropped bytes in flows.csv every rate is exact."""

    @classmethod
    def prepare(cls):
        lost = [[sum(e[2] for e in flow.events if e[4] and e[1] == way) for way in (0, 1)]
                for flow in cls.flows]
        fixture.write_csv(cls.folder, "flows.csv",
                          fixture.FLOW_COLUMNS + ["up_dropped_bytes", "down_dropped_bytes"],
                          [flow.row() + more for flow, more in zip(cls.flows, lost)])

    def test_sentence(self):
        flow = self.flows[0]
        kept = sum(e[2] for e in flow.events if not e[4] and e[1] == 1)
        rate = 8 * kept / (flow.events[-1][0] / 1e9)
        self.assertIn(", abs.twimg.com, got %.1f kbit/s of" % (rate / 1e3), self.text("#sentence"))


if __name__ == "__main__":
    unittest.main()
