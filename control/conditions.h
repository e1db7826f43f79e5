/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `when`: what a document says about the flows of a rule, as a tree that knows where each part
 * was written. compile.c turns it into the dataplane's form.
 */
#ifndef SLUICE_CONDITIONS_H
#define SLUICE_CONDITIONS_H

#include "references.h"

#include "classifiers/ndpi.h"
#include "dataplane/ruleset.h"

struct expr {
	enum condition_op op;
	const struct yaml_node *at; /* where to point at */
	const char *word;           /* as in the language, "tls.sni" */
	struct expr *first, *next;  /* children of ALL, ANY, NOT */
	uint32_t count;             /* of children, or of what follows */
	uint8_t initiator;          /* enum initiator */
	uint16_t sources;           /* NAME: 1 << enum name_source or hello_source */
	uint8_t inspect;            /* of what reads: index into ruleset.inspects */
	bool off; /* never true because the version in force of a list is empty, or it is so written
		   */
	uint64_t proto[4];
	struct prefix *prefixes;
	struct port_range *ports;
	const char **patterns; /* in small letters */
	uint64_t *apps;        /* APP_WORDS words */
	uint64_t categories[CATEGORY_WORDS];
	struct entropy_limits limits;         /* FULLY_ENCRYPTED */
	uint64_t chance;                      /* CHANCE */
	struct opening opening;               /* BETWEEN */
	bool client_above;                    /* PORT_ORDER */
	struct datagram_look look;            /* DATAGRAM; numbers are given later */
	uint32_t *versions;                   /* DATAGRAM: look.version_count */
	struct connections_limit connections; /* CONNECTIONS */
	const char *canonical;                /* equal for equal conditions */
};

struct conditions {
	const struct references *references;
	const struct inspect *inspects; /* what expr.inspect is an index into */
	struct dpi *dpi; /* loaded when the first word of nDPI is read; conditions_end frees it */
	const char **app_names, **category_names;
};

/* The condition of a `when` map; always true when node is NULL. A list that is empty by reference
 * makes its key false, which may make the whole false: ANY without children. Always true is ALL
 * without children. `inspect` goes into every leaf that reads. NULL on failure. */
struct expr *conditions_read(
	struct conditions *conditions, const struct yaml_node *when, uint8_t inspect);
void conditions_end(struct conditions *conditions);

/* One that says nothing yet, for those who read a key of `when`. */
struct expr *conditions_expr(const struct conditions *conditions, enum condition_op op,
	const struct yaml_node *at, const char *word);

bool conditions_always(const struct expr *expr);
bool conditions_never(const struct expr *expr);

#endif
