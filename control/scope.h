/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The testbed's prefixes: what a live box may look at. Private, documentation and benchmark ranges
 * are taken as they are; a public prefix must be written out and be /16 (IPv6 /32) or longer; a
 * default route is refused.
 */
#ifndef SLUICE_SCOPE_H
#define SLUICE_SCOPE_H

#include "failure.h"
#include "options.h"

#include "classifiers/prefixes.h"

struct scope {
	struct prefixes *set; /* sealed */
	struct prefix *list;  /* as given */
	size_t count;
};

/* Reads the values of an option (`option` stands in messages), each one prefix or several with
 * commas. False with *failure set; the caller frees in both cases. */
bool scope_read(struct scope *scope, const char *option, const struct option_list *values,
	struct failure *failure);

/* The same without the rule about public prefixes, but each must lie within `scope`. */
bool scope_read_within(struct scope *inside, const char *option, const struct option_list *values,
	const struct scope *scope, struct failure *failure);

void scope_free(struct scope *scope);

#endif
