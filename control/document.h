/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rules.c keeps of a document, for those who describe it (explain.c, model.c).
 */
#ifndef SLUICE_DOCUMENT_H
#define SLUICE_DOCUMENT_H

#include "references.h"

struct rules {
	struct arena *arena;
	const char *origin;
	const char *text;
	size_t len;
	const struct yaml_node *root;
	struct references references;
	struct skips skips;
	struct ruleset *ruleset;
	const struct yaml_node **rule_nodes; /* of the document, as many as the ruleset has */
};

#endif
