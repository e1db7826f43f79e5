/* SPDX-License-Identifier: BSD-3-Clause */
/* How `run` is told to be a node of a lab: options, and what they come to. */
#ifndef SLUICE_MEMBERSHIP_H
#define SLUICE_MEMBERSHIP_H

#include "node.h"

struct membership {
	struct redis_choice redis; /* as given; without a URL the box is no node */
	const char *node, *state, *publish;
};

#define STATE_DEFAULT "/var/lib/sluice"

/* Rows for a command's table of options; `type` has a member `membership`. */
#define MEMBERSHIP_OPTION_ROWS(type)                                                              \
	{"--redis", 0, OPTION_TEXT, "URL",                                                        \
		"take rules from this Redis (as in `sluice rules --help`), write counters there", \
		offsetof(type, membership.redis.url), 0, 0},                                      \
		{"--redis-password-file", 0, OPTION_TEXT, "FILE",                                 \
			"the password is its first line (default SLUICE_REDIS_PASSWORD)",         \
			offsetof(type, membership.redis.password_file), 0, 0},                    \
		{"--node", 0, OPTION_TEXT, "NAME",                                                \
			"with --redis: which node of the lab this is (default: the host's name)", \
			offsetof(type, membership.node), 0, 0},                                   \
		{"--state", 0, OPTION_TEXT, "DIR",                                                \
			"with --redis: where the last good rules are kept (default "              \
			"SLUICE_STATE, else " STATE_DEFAULT ")",                                  \
			offsetof(type, membership.state), 0, 0},                                  \
	{                                                                                         \
		"--publish", 0, OPTION_TEXT, "TIME",                                              \
			"with --redis: how often counters are written (default 1s)",              \
			offsetof(type, membership.publish), 0, 0                                  \
	}

enum { BOX_NAME_SIZE = 2 * LAB_SIZE };

/* False with *failure set. `box`: the name of the box on this machine, LAB-NODE. */
bool membership_read(const struct membership *membership, struct node_options *options,
	char box[BOX_NAME_SIZE], struct failure *failure);

#endif
