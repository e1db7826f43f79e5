/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/doctor/results.h"

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

struct check_result *results_add(struct check_results *results, enum check_status status,
	const char *about, const char *why, const char *what, ...)
{
	struct check_result *row;
	va_list args;

	if (results->count == results->size) {
		results->size = results->size ? results->size * 2 : 64;
		results->rows = reallocarray(results->rows, results->size, sizeof(*results->rows));
		if (!results->rows)
			abort();
	}
	row = &results->rows[results->count++];
	memset(row, 0, sizeof(*row));
	row->status = status;
	row->check = results->check;
	row->why = why;
	snprintf(row->about, sizeof(row->about), "%s", about);
	va_start(args, what);
	vsnprintf(row->what, sizeof(row->what), what, args);
	va_end(args);
	make_printable(row->about);
	make_printable(row->what);
	return row;
}

void result_mend(struct check_result *result, const char *command, ...)
{
	va_list args;

	va_start(args, command);
	vsnprintf(result->mend, sizeof(result->mend), command, args);
	va_end(args);
	make_printable(result->mend);
}

bool results_failed(const struct check_results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		if (results->rows[i].status == CHECK_FAIL)
			return true;
	}
	return false;
}

void results_print(const struct check_results *results, FILE *out)
{
	size_t counts[4] = {0};

	for (size_t i = 0; i < results->count; i++) {
		const struct check_result *row = &results->rows[i];

		counts[row->status]++;
		fprintf(out, "%-8s %-12s %s%s%s\n", status_words[row->status], row->check,
			row->about, *row->about ? ": " : "", row->what);
		if (row->status >= CHECK_WARN && *row->why)
			fprintf(out, "%22s%s\n", "", row->why);
		if (row->status >= CHECK_UNKNOWN && *row->mend)
			fprintf(out, "%22s$ %s\n", "", row->mend);
	}
	fprintf(out, "%zu ok, %zu unknown, %zu warnings, %zu failures\n", counts[CHECK_OK],
		counts[CHECK_UNKNOWN], counts[CHECK_WARN], counts[CHECK_FAIL]);
}

json_t *results_json(const struct check_results *results)
{
	json_t *array = json_array();

	for (size_t i = 0; i < results->count; i++) {
		const struct check_result *row = &results->rows[i];

		json_array_append_new(
			array, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "check", row->check,
				       "about", row->about, "status", status_words[row->status],
				       "what", row->what, "why", row->why, "mend", row->mend));
	}
	return array;
}

void results_free(struct check_results *results)
{
	free(results->rows);
	memset(results, 0, sizeof(*results));
}
