/* SPDX-License-Identifier: BSD-3-Clause */
/* What the doctor found: one line each, with why it matters and the command that mends it. */
#ifndef SLUICE_FINDINGS_H
#define SLUICE_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum finding_status {
	FINDING_OK,
	FINDING_UNKNOWN, /* cannot be told here: no bad news */
	FINDING_WARN,    /* `run` works, but something will be slower, less exact or surprising */
	FINDING_FAIL,    /* `run` refuses */
};

struct finding {
	enum finding_status status;
	const char *check; /* "huge-pages" */
	char about[64];    /* a port, an interface, a core; "" the machine */
	char what[240];
	const char *why; /* "" when status says it all */
	char mend[320];  /* a command for a shell, "" when there is none */
};

struct findings {
	struct finding *rows;
	size_t count, size;
	const char *check; /* of the rows to come */
};

/* The row stays valid until the next one is added. */
struct finding *findings_add(struct findings *findings, enum finding_status status,
	const char *about, const char *why, const char *what, ...)
	__attribute__((format(printf, 5, 6)));
void finding_mend(struct finding *finding, const char *command, ...)
	__attribute__((format(printf, 2, 3)));

bool findings_failed(const struct findings *findings);
void findings_print(const struct findings *findings, FILE *out);

/* [{"check", "about", "status", "what", "why", "mend"}] */
json_t *findings_json(const struct findings *findings);
void findings_free(struct findings *findings);

#endif
