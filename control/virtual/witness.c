/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/witness.h"

#include "control/measure/judge.h"

#include <stdlib.h>

enum { CONNECTIONS_MAX = 1 << 16, COPIES_MAX = 4 << 20 };

struct witness {
	struct journals journals;
	struct connections *connections;
	uint64_t packets;
};

struct witness *witness_new(void)
{
	struct witness *witness = calloc(1, sizeof(*witness));
	struct connections_listener listener = journals_listener;

	if (!witness)
		abort();
	witness->journals.copies_max = COPIES_MAX;
	listener.context = &witness->journals;
	witness->connections = connections_new(CONNECTIONS_MAX, &listener);
	if (!witness->connections)
		abort();
	return witness;
}

void witness_free(struct witness *witness)
{
	if (!witness)
		return;
	if (witness->connections)
		connections_free(witness->connections);
	journals_free(&witness->journals);
	free(witness);
}

void witness_see(struct witness *witness, uint64_t time_ns, const uint8_t *bytes, uint32_t len)
{
	struct packet packet;

	packet_parse(&packet, LINK_RAW_IP, bytes, len, len);
	packet.time_ns = time_ns;
	packet.index = ++witness->packets;
	packet.port = 0;
	if (packet.kind == PACKET_FLOW && !connections_take(witness->connections, &packet))
		abort();
}

static const char *word_of(enum measured verdict)
{
	if (verdict == MEASURED_POLICED || verdict == MEASURED_DELAYED)
		return "policed";
	return verdict == MEASURED_SHAPED ? "shaped" : "none";
}

const char *witness_verdict(struct witness *witness, bool up)
{
	struct journals *journals = &witness->journals;
	enum direction direction = up ? DIRECTION_UP : DIRECTION_DOWN;
	struct judgements judgements = {0};
	struct flow_journals *flow = NULL;

	connections_free(witness->connections);
	witness->connections = NULL;
	journals_sort(journals);
	for (size_t i = 0; i < journals->count; i++) {
		if (journals->flows[i]->proto == PROTO_TCP &&
			journals->flows[i]->journals[direction].payload)
			flow = journals->flows[i];
	}
	if (!flow)
		return "none";
	if (!judge_flow(flow, direction, journals->flows, journals->count, &judgements))
		abort();
	free(judgements.bursts);
	return word_of(judgements.whole.verdict);
}
