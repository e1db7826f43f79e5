/* SPDX-License-Identifier: BSD-3-Clause */
/* What the doctor found: one line each, with why it matters and the command that mends it. */
#ifndef SLUICE_CHECK_RESULTS_H
#define SLUICE_CHECK_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum check_status {
	CHECK_OK,
	CHECK_UNKNOWN, /* cannot be told here: no bad news */
	CHECK_WARN,    /* `run` works, but something will be slower, less exact or surprising */
	CHECK_FAIL,    /* `run` refuses */
};

struct check_result {
	enum check_status status;
	const char *check; /* "huge-pages" */
	char about[64];    /* a port, an interface, a core; "" the machine */
	char what[240];
	const char *why; /* "" when status says it all */
	char mend[320];  /* a command for a shell, "" when there is none */
};

struct check_results {
	struct check_result *rows;
	size_t count, size;
	const char *check; /* of the rows to come */
};

/* The row stays valid until the next one is added. */
struct check_result *results_add(struct check_results *results, enum check_status status,
	const char *about, const char *why, const char *what, ...)
	__attribute__((format(printf, 5, 6)));
void result_mend(struct check_result *result, const char *command, ...)
	__attribute__((format(printf, 2, 3)));

bool results_failed(const struct check_results *results);
void results_print(const struct check_results *results, FILE *out);

/* [{"check", "about", "status", "what", "why", "mend"}] */
json_t *results_json(const struct check_results *results);
void results_free(struct check_results *results);

#endif
