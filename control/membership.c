/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/membership.h"

#include "control/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLISH_LEAST_NS 50000000u
#define PUBLISH_MOST_NS  60000000000u

/* The host's name, without its domain and without what a name of a node cannot hold. */
static void host_name(char name[LAB_SIZE])
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	for (char *c = host; *c; c++) {
		const char one[] = {*c, '\0'};

		if (!store_name_valid(one))
			*c = '-';
	}
	snprintf(name, LAB_SIZE, "%.*s", LAB_SIZE - 1, *host ? host : "node");
}

static bool read_name(const char *given, char name[LAB_SIZE], struct failure *failure)
{
	if (!given) {
		host_name(name);
		return true;
	}
	if (!store_name_valid(given))
		return failure_set(failure, EXIT_BAD_INPUT,
			"--node %.80s: a name is 1 to %d letters, digits, - and _", given,
			LAB_SIZE - 1);
	strcpy(name, given);
	return true;
}

static bool read_publish(const char *given, uint64_t *ns, struct failure *failure)
{
	char why[UNITS_WHY];

	*ns = 1000000000;
	if (given && !units_parse(given, QUANTITY_DURATION, ns, why))
		return failure_set(failure, EXIT_BAD_INPUT, "--publish %s: %s", given, why);
	return (*ns >= PUBLISH_LEAST_NS && *ns <= PUBLISH_MOST_NS) ||
	       failure_set(failure, EXIT_BAD_INPUT, "--publish %s: from 50ms to 60s", given);
}

bool membership_read(const struct membership *membership, struct node_options *options,
	char box[BOX_NAME_SIZE], struct failure *failure)
{
	const char *state = getenv("SLUICE_STATE");

	options->folder = membership->state ? membership->state
			  : state && *state ? state
					    : STATE_DEFAULT;
	if (!redis_target_read(&membership->redis, &options->target, failure) ||
		!read_name(membership->node, options->name, failure) ||
		!read_publish(membership->publish, &options->publish_ns, failure))
		return false;
	snprintf(box, BOX_NAME_SIZE, "%s-%s", options->target.lab, options->name);
	return true;
}
