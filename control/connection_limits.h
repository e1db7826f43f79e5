/* SPDX-License-Identifier: BSD-3-Clause */
/* `connections: {over: 3, within: 60s, per: [client, name]}`: rules about how often flows come. */
#ifndef SLUICE_CONNECTION_LIMITS_H
#define SLUICE_CONNECTION_LIMITS_H

#include "conditions.h"

/* Keys of `connections`, NULL-terminated. */
extern const char *const connection_limit_words[];

/* NULL on failure. */
struct expr *connection_limits_read(struct conditions *conditions, const struct yaml_node *node);

/* The limit in a rule's whole condition; over 0: there is none. `names`: something in it reads
 * names or hellos. False when the limit asks for what the rule does not read. */
bool connection_limits_take(const struct expr *when, bool names, struct connections_limit *limit,
	struct failure *failure);

#endif
