/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parameters of a model: a default with its unit, what it may be set to, where the number
 * comes from and how certain that is; and the sources they cite.
 *
 *   params:
 *     rate: {default: 140kbit/s, range: [130kbit/s, 150kbit/s], source: imc21, certainty: A}
 *     after: {default: 25 packets, range: [[23 packets, 27 packets], [14000B, 34000B]]}
 *     mode: {default: a, choices: [a, b], help: which one}
 *     budget: {default: 15, unit: packets}
 *     names: {default: ["a.example", "**.b.example"]}
 */
#ifndef SLUICE_PARAMETERS_H
#define SLUICE_PARAMETERS_H

#include "arena.h"
#include "failure.h"
#include "rules.h"
#include "yaml.h"

#include <stdbool.h>
#include <stddef.h>

struct parameter {
	const char *name;
	const struct yaml_node *value; /* in force; a scalar or a list of scalars */
	const struct yaml_node *at;    /* the default, as the document has it */
	const char *text;              /* the value as written; items joined by commas */
	const char *allowed;           /* "130kbit/s to 150kbit/s"; "" when anything of the kind */
	const char *unit;              /* of a number that has none in its text, "" else */
	const char *source, *certainty, *help; /* "" when none */
	bool set;
};

struct parameters {
	struct parameter *rows;
	size_t count;
};

/* Reads `params` of the root, checks it against `sources` and takes the settings. False on
 * failure. */
bool parameters_read(struct parameters *parameters, struct arena *arena,
	const struct yaml_node *root, const struct rules_setting *settings, size_t setting_count,
	struct failure *failure);

/* NULL when there is none of this name. */
const struct parameter *parameters_find(const struct parameters *parameters, const char *name);

/* Checks a `source` against the keys of `sources` in the root; the node may be NULL. */
bool parameters_source_known(
	const struct yaml_node *root, const struct yaml_node *source, struct failure *failure);

/* Checks a `certainty`: A, B, C, D, R (recalled) or U (unknown); the node may be NULL. */
bool parameters_certainty_known(const struct yaml_node *certainty, struct failure *failure);

/* "peer-reviewed, ..." for a letter; "" for "". */
const char *parameters_certainty_meaning(const char *certainty);

/* Keys of a parameter, NULL-terminated. */
extern const char *const parameters_words[];

#endif
