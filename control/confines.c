/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/confines.h"

#include "classifiers/packet.h"

#include <stdlib.h>

struct confines {
	const struct prefixes *scope;
	struct prefixes *link;
};

static const char *const of_a_link[] = {"0.0.0.0", "255.255.255.255", "169.254.0.0/16",
	"224.0.0.0/24", "::", "fe80::/10", "ff02::/16", NULL};

struct confines *confines_new(const struct prefixes *scope)
{
	struct confines *confines = calloc(1, sizeof(*confines));
	struct prefix prefix;

	if (!confines)
		abort();
	confines->scope = scope;
	confines->link = prefixes_new();
	for (const char *const *text = of_a_link; *text; text++) {
		if (prefix_parse(*text, &prefix))
			abort();
		prefixes_add(confines->link, &prefix);
	}
	prefixes_seal(confines->link);
	return confines;
}

void confines_free(struct confines *confines)
{
	if (!confines)
		return;
	prefixes_free(confines->link);
	free(confines);
}

static bool holds(const struct confines *confines, const uint8_t *address, uint8_t ip_version)
{
	return (confines->scope && prefixes_contain(confines->scope, address, ip_version)) ||
	       prefixes_contain(confines->link, address, ip_version);
}

bool confines_hold(const struct confines *confines, const uint8_t *frame, uint32_t bytes)
{
	struct packet packet;

	packet_parse(&packet, LINK_ETHERNET, frame, bytes, bytes);
	if (packet.kind == PACKET_NOT_IP)
		return true;
	return (packet.kind == PACKET_FLOW || packet.kind == PACKET_FRAGMENT) &&
	       holds(confines, packet_source(&packet), packet.ip_version) &&
	       holds(confines, packet_destination(&packet), packet.ip_version);
}
