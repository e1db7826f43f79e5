/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions of rules in three-valued logic (Kleene): true, false, or not known yet.
 */
#ifndef SLUICE_CONDITION_H
#define SLUICE_CONDITION_H

#include "dataplane/connections.h"
#include "dataplane/ruleset.h"

#include <stdbool.h>
#include <stdint.h>

enum truth { TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE };

/* What is known of a flow. */
struct evidence {
	const uint8_t *client, *server;
	uint16_t client_port, server_port;
	uint8_t ip_version, proto, initiator;
	uint8_t inspecting; /* bit i: ruleset.inspects[i] still looks */
	bool class_known;   /* master, app and category are final */
	uint16_t master, app;
	uint8_t category;
	const uint64_t *lists_seen;            /* bit n: a name was on list n of ruleset.names */
	bool spoken;                           /* a payload of the client has been looked at */
	uint64_t first_ns;                     /* when the flow began */
	uint64_t chance_key;                   /* random, of the flow */
	bool drawn;                            /* chance_key is there; else nobody knows */
	bool counted_later;                    /* whether there are too many is not known yet */
	const struct connections *connections; /* where the flow is counted once all else is true;
						  NULL: not any more */
	const struct flow_record *record;      /* with connections */
	uint64_t now_ns;                       /* likewise */
	const struct entropy *opening; /* see struct flow_record; NULL or 0 bytes: not there */
};

/* `condition`: index into ruleset->conditions. Recurses as deep as the rule was written. */
enum truth condition_evaluate(
	const struct ruleset *ruleset, uint32_t condition, const struct evidence *evidence);

#endif
