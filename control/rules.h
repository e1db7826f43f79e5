/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model language: one YAML document, read whole, checked whole, compiled whole, or refused
 * with one line that says where and what is allowed.
 */
#ifndef SLUICE_RULES_H
#define SLUICE_RULES_H

#include "failure.h"
#include "warnings.h"

#include "dataplane/ruleset.h"

#include <stddef.h>
#include <stdio.h>

/* "--set rate=135kbit/s": replaces a parameter's default; must lie in its range. */
struct rules_setting {
	const char *name;
	const char *value;
};

struct rules;

/* Reads a model of the library by its id. Unknown ids name the nearest. */
struct rules *rules_load_model(const char *id, const struct rules_setting *settings,
	size_t setting_count, struct failure *failure);

/* Reads a file ("-" is standard input). */
struct rules *rules_load_file(const char *path, const struct rules_setting *settings,
	size_t setting_count, struct failure *failure);

/* The same, but bad lines of the lists that it names are left out; rules_warn() tells which. */
struct rules *rules_load_file_in_part(const char *path, const struct rules_setting *settings,
	size_t setting_count, struct failure *failure);

/* Reads a document from memory; it may not name files. `origin` stands in messages. */
struct rules *rules_load_text(const char *origin, const char *text, size_t len,
	const struct rules_setting *settings, size_t setting_count, struct failure *failure);

/* No rules at all: everything is forwarded. A document cannot say that, so that an emptied file is
 * a mistake and not an order. */
struct rules *rules_none(struct failure *failure);

void rules_free(struct rules *rules);

/* What the user should know of how it was read. */
void rules_warn(const struct rules *rules, struct warnings *warnings);

const struct ruleset *rules_compiled(const struct rules *rules);
/* Makes it the successor of what is in force, before anybody is given it (ruleset_succeed() in
 * dataplane/succession.h). False when memory is gone. */
bool rules_succeed(struct rules *rules, const struct ruleset *old);
const char *rules_id(const struct rules *rules);                /* "unnamed" when none */
const char *rules_title(const struct rules *rules);             /* "" when none */
const char *rules_origin(const struct rules *rules);            /* "model ID" or the path */
const char *rules_text(const struct rules *rules, size_t *len); /* the document as read */

/* A parameter with the value in force, as written. */
struct rules_parameter {
	const char *name, *value;
	const char *source;    /* key of sources, "" when none */
	const char *certainty; /* "A" to "D", "R", "" when none */
	bool set;              /* by --set */
};
size_t rules_parameter_count(const struct rules *rules);
struct rules_parameter rules_parameter(const struct rules *rules, size_t i);

/* The library: ids in alphabetical order; NULL beyond the last. */
const char *rules_model_id(size_t i);

/* Prints what the model says in plain words: sources, parameters with certainty, rules. */
void rules_explain(const struct rules *rules, FILE *out);

#endif
