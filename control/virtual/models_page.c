/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/models_page.h"

#include "control/virtual/proof_rows.h"
#include "verified_page.h" /* made by embed.py: report_page_head, report_page_tail */

enum { TEXT_ROOM = 160, PLOT_WIDTH = 340, PLOT_HEIGHT = 160, MARGIN_LEFT = 52, MARGIN = 18 };

static void put_text(FILE *page, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", page);
		else if (*text == '>')
			fputs("&gt;", page);
		else if (*text == '&')
			fputs("&amp;", page);
		else if (*text == '"')
			fputs("&quot;", page);
		else
			fputc(*text, page);
	}
}

void models_page_begin(FILE *page)
{
	fwrite(report_page_head, 1, sizeof(report_page_head), page);
	fputs("<header><h1>Models: what was published, and what was measured</h1>\n"
	      "<p>Hosts that react to loss act out each script through the model, in virtual "
	      "time.</p></header>\n<main>\n",
		page);
}

void models_page_model(FILE *page, const char *id, const char *title)
{
	fputs("<h2 id=\"", page);
	put_text(page, id);
	fputs("\">", page);
	put_text(page, id);
	fputs("</h2>\n<p>", page);
	put_text(page, title);
	fputs("</p>\n", page);
}

static void put_wanted(FILE *page, const struct proof *proof, size_t i)
{
	const struct expected *expected = &proof->expectation->wanted[i];
	char published[TEXT_ROOM], measured[TEXT_ROOM];

	proof_published(expected, published, sizeof(published));
	proof_measured(expected, &proof->measured[i], measured, sizeof(measured));
	fprintf(page, "<p>%s: published ", observables[expected->observable].word);
	put_text(page, published);
	if (proof->expectation->tolerance[0])
		fputs(" \302\261 ", page);
	put_text(page, proof->expectation->tolerance);
	if (proof->state != PROOF_NOT_RUN) {
		fputs("; measured <b>", page);
		put_text(page, measured);
		fprintf(page, "</b>%s", proof->measured[i].good ? "" : " (not as published)");
	}
	fputs("</p>\n", page);
}

/* Labelled; empty texts are left out. */
static void put_line(FILE *page, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(page, "<p>%s", label);
	put_text(page, text);
	fputs("</p>\n", page);
}

static void put_axes(FILE *page, double s, double bytes)
{
	char end[TEXT_ROOM];

	fprintf(page, "<path d=\"M%d %dV%dH%d\"/>", MARGIN_LEFT, MARGIN, PLOT_HEIGHT - MARGIN,
		PLOT_WIDTH - MARGIN);
	fprintf(page, "<text x=\"2\" y=\"%d\">%s</text>", MARGIN + 4,
		proof_value(OBSERVABLE_BYTES, bytes, end, sizeof(end)));
	fprintf(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", PLOT_WIDTH - MARGIN,
		PLOT_HEIGHT - 4, proof_value(OBSERVABLE_TIME, s, end, sizeof(end)));
}

static void put_plot(FILE *page, const struct trial *trial)
{
	const struct trial_point *last = &trial->points[trial->point_count - 1];
	double width = PLOT_WIDTH - MARGIN_LEFT - MARGIN, height = PLOT_HEIGHT - 2 * MARGIN;

	if (trial->point_count < 2 || last->s <= 0)
		return;
	fprintf(page,
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Bytes of the last transfer "
		"over time\">",
		PLOT_WIDTH, PLOT_HEIGHT);
	put_axes(page, last->s, last->bytes);
	fputs("<polyline points=\"", page);
	for (unsigned i = 0; i < trial->point_count; i++)
		fprintf(page, "%.1f,%.1f ", MARGIN_LEFT + trial->points[i].s / last->s * width,
			PLOT_HEIGHT - MARGIN - trial->points[i].bytes / last->bytes * height);
	fputs("\"/></svg>", page);
}

void models_page_proof(FILE *page, const struct proof *proof)
{
	const struct expectation *expectation = proof->expectation;

	fprintf(page, "<div class=\"proof%s\"><div>\n<h3><span class=\"state\">%s</span> ",
		proof->state == PROOF_FAIL ? " fail" : "", proof_words[proof->state]);
	put_text(page, expectation->id);
	fputs("</h3>\n<p><code>", page);
	put_text(page, yaml_get(expectation->node, "do")->text);
	fputs("</code></p>\n", page);
	for (size_t i = 0; i < expectation->wanted_count; i++)
		put_wanted(page, proof, i);
	put_line(page, "Source: ", expectation->source);
	put_line(page, "Section: ", expectation->section);
	put_line(page, "Certainty: ", expectation->certainty);
	put_line(page, "Note: ", expectation->note);
	put_line(page, "Cannot be met: ", expectation->unmet);
	if (proof->state == PROOF_NOT_RUN)
		put_line(page, "", "Wants real hosts.");
	fputs("</div><div>", page);
	if (proof->state != PROOF_NOT_RUN && proof->first.point_count)
		put_plot(page, &proof->first);
	fputs("</div></div>\n", page);
}

void models_page_end(FILE *page, const char *summary)
{
	fputs("</main>\n<footer><p>", page);
	put_text(page, summary);
	fputs("</p></footer>\n", page);
	fwrite(report_page_tail, 1, sizeof(report_page_tail), page);
}
