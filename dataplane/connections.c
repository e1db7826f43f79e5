/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/connections.h"

#include "dataplane/prng.h"

#include <string.h>

enum { NET_BYTES_4 = 3, NET_BYTES_6 = 6 }; /* of client/24 and server/24 */

static uint64_t mix_bytes(uint64_t tag, const uint8_t *bytes, size_t len)
{
	uint64_t half[2] = {0};

	memcpy(half, bytes, len);
	return prng_draw(prng_draw(tag, half[0]), half[1]);
}

static uint64_t mix_end(
	uint64_t tag, uint8_t parts, const uint8_t *address, const struct flow_record *record)
{
	bool is_4 = record->ip_version == 4;

	if (parts & (CONNECTIONS_CLIENT | CONNECTIONS_SERVER))
		return mix_bytes(tag, address, is_4 ? 4 : 16);
	return parts ? mix_bytes(tag, address, is_4 ? NET_BYTES_4 : NET_BYTES_6) : tag;
}

/* Names are the same in any letters. */
static uint64_t mix_text(uint64_t tag, struct span text)
{
	tag = prng_draw(tag, text.len);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t letter = text.data[i];

		tag = prng_mix(tag, letter >= 'A' && letter <= 'Z' ? letter | 0x20 : letter);
	}
	return tag;
}

/* A rule that changes counts anew. */
static uint64_t tag_of(const struct connections *connections, const struct rule *rule,
	const struct flow_record *record)
{
	uint8_t parts = rule->connections.parts;
	uint64_t tag = prng_draw((uint64_t)rule->slot << 32 | rule->forgets_before, parts);
	struct span hello = flow_hello(connections->table, record);

	tag = mix_end(tag, parts & CONNECTIONS_OF_CLIENT, record->client, record);
	tag = mix_end(tag, parts & CONNECTIONS_OF_SERVER, record->server, record);
	if (parts & CONNECTIONS_SERVER_PORT)
		tag = prng_draw(tag, record->server_port);
	if (parts & CONNECTIONS_NAME)
		tag = mix_text(tag, flow_name(connections->table, record));
	if (parts & CONNECTIONS_JA3)
		tag = mix_text(tag, hello_texts_find(hello, HELLO_JA3));
	if (parts & CONNECTIONS_JA4)
		tag = mix_text(tag, hello_texts_find(hello, HELLO_JA4));
	return prng_draw(tag, record->ip_version);
}

bool connections_over(const struct connections *connections, const struct rule *rule,
	const struct flow_record *record, uint64_t now_ns)
{
	uint64_t *events = connections->counters->events;
	bool evicted, over;

	over = recent_see(connections->recent, tag_of(connections, rule, record),
		&rule->connections.limit, now_ns, &evicted);
	events[EVENT_CONNECTIONS_COUNTED]++;
	events[EVENT_CONNECTIONS_OVER] += over;
	events[EVENT_CONNECTIONS_EVICTED] += evicted;
	return over;
}
