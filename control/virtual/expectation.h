/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a model expects to be seen, as an entry of its `expect:` says it:
 *
 *     - {id: idle-590s, in: virtual, do: "hello sni=t.co; wait 590s; download 383kB",
 *        throttled: yes, source: imc21}
 *
 * | key | what |
 * | --- | --- |
 * | `id` | its name within the model |
 * | `in` | `virtual` (or `replay`): the virtual lab; `lab`: real hosts only |
 * | `do` | a traffic script (script.h) |
 * | an observable | one value or [least, most], see observables.c; several are allowed |
 * | `tolerance` | widens them: `10%` of the bounds, or an absolute amount in their unit |
 * | `than` | the script that `faster` and `slower` compare with |
 * | `set` | parameters of the model for this one: {date: 2021-03-10} |
 * | `seeds` | how many runs, each with its seed, must all show it (3) |
 * | `source`, `certainty`, `section` | where the value is published, and how well known |
 * | `note` | a word to the reader |
 * | `unmet` | why it cannot be met: it is run and shown, and not counted as failed |
 */
#ifndef SLUICE_EXPECTATION_H
#define SLUICE_EXPECTATION_H

#include "control/rules.h"
#include "control/virtual/observables.h"
#include "control/virtual/script.h"
#include "control/yaml.h"

/* Its keys but for observables, NULL-terminated. */
extern const char *const expectation_words[];

enum { EXPECTED_MAX = 8, SETTINGS_MAX = 16, SEEDS_MAX = 100 };

struct expected {
	enum observable observable;
	double least, most; /* as published, before tolerance; kind's unit */
	double low, high;   /* with tolerance */
	const char *word;   /* OBSERVABLE_WORD */
};

struct expectation {
	const struct yaml_node *node;
	const char *id, *in;
	const char *source, *certainty, *section, *note, *unmet; /* "" when not there */
	const char *tolerance;                                   /* likewise */
	struct script *script;
	struct script *than; /* NULL: none */
	struct rules_setting settings[SETTINGS_MAX];
	size_t setting_count;
	unsigned seeds;
	struct expected wanted[EXPECTED_MAX];
	size_t wanted_count;
};

/* Reads one; texts point into the document. False with *failure set. The caller frees in both
 * cases. */
bool expectation_read(
	struct expectation *expectation, const struct yaml_node *node, struct failure *failure);
void expectation_free(struct expectation *expectation);

/* True when the node, as an entry of `expect:`, can be read. */
bool expectation_check(const struct yaml_node *node, struct failure *failure);

#endif
