/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/introduction.h"

#include "dataplane/ruleset.h"

#include <string.h>

static void exchange_ends(struct flow_record *record)
{
	uint8_t address[sizeof(record->client)];
	uint16_t port = record->client_port;

	memcpy(address, record->client, sizeof(address));
	memcpy(record->client, record->server, sizeof(address));
	memcpy(record->server, address, sizeof(address));
	record->client_port = record->server_port;
	record->server_port = port;
}

static uint8_t side_of(
	const struct prefixes *inside, const struct flow_record *record, struct counters *counters)
{
	if (prefixes_contain(inside, record->client, record->ip_version))
		return INITIATOR_INSIDE;
	if (prefixes_contain(inside, record->server, record->ip_version))
		return INITIATOR_OUTSIDE;
	counters->events[EVENT_FLOWS_NO_SIDE]++;
	return INITIATOR_UNKNOWN;
}

void introduce(const struct introduction *introduction, struct flow *flow,
	struct flow_record *record, const struct packet *packet, struct counters *counters)
{
	bool is_syn = (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	flow->flags = introduction->low != introduction->from_server ? FLOW_CLIENT_LOW : 0;
	if (is_syn && !introduction->from_server)
		flow->flags |= FLOW_BEGAN_WITH_SYN;
	flow_introduce(record, packet);
	if (introduction->from_server)
		exchange_ends(record);
	record->initiator = side_of(introduction->inside, record, counters);
}
