/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/doctor/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const status_words[] = {"ok", "unknown", "warn", "fail"};

/* Names of ports are what the user typed: they may not redraw a terminal, nor break JSON. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text >= 0x7f)
			*text = '?';
	}
}

struct finding *findings_add(struct findings *findings, enum finding_status status,
	const char *about, const char *why, const char *what, ...)
{
	struct finding *row;
	va_list args;

	if (findings->count == findings->size) {
		findings->size = findings->size ? findings->size * 2 : 64;
		findings->rows =
			reallocarray(findings->rows, findings->size, sizeof(*findings->rows));
		if (!findings->rows)
			abort();
	}
	row = &findings->rows[findings->count++];
	memset(row, 0, sizeof(*row));
	row->status = status;
	row->check = findings->check;
	row->why = why;
	snprintf(row->about, sizeof(row->about), "%s", about);
	va_start(args, what);
	vsnprintf(row->what, sizeof(row->what), what, args);
	va_end(args);
	make_printable(row->about);
	make_printable(row->what);
	return row;
}

void finding_mend(struct finding *finding, const char *command, ...)
{
	va_list args;

	va_start(args, command);
	vsnprintf(finding->mend, sizeof(finding->mend), command, args);
	va_end(args);
	make_printable(finding->mend);
}

bool findings_failed(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->rows[i].status == FINDING_FAIL)
			return true;
	}
	return false;
}

void findings_print(const struct findings *findings, FILE *out)
{
	size_t counts[4] = {0};

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *row = &findings->rows[i];

		counts[row->status]++;
		fprintf(out, "%-8s %-12s %s%s%s\n", status_words[row->status], row->check,
			row->about, *row->about ? ": " : "", row->what);
		if (row->status >= FINDING_WARN && *row->why)
			fprintf(out, "%22s%s\n", "", row->why);
		if (row->status >= FINDING_UNKNOWN && *row->mend)
			fprintf(out, "%22s$ %s\n", "", row->mend);
	}
	fprintf(out, "%zu ok, %zu unknown, %zu warnings, %zu failures\n", counts[FINDING_OK],
		counts[FINDING_UNKNOWN], counts[FINDING_WARN], counts[FINDING_FAIL]);
}

json_t *findings_json(const struct findings *findings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *row = &findings->rows[i];

		json_array_append_new(
			array, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "check", row->check,
				       "about", row->about, "status", status_words[row->status],
				       "what", row->what, "why", row->why, "mend", row->mend));
	}
	return array;
}

void findings_free(struct findings *findings)
{
	free(findings->rows);
	memset(findings, 0, sizeof(*findings));
}
