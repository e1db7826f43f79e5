/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any segments of two connections as every kind of box reads them. Each is flags, a gap to the
 * end of the last one, a length and that many bytes. A name lies within the bounds of a name, is
 * found only with FINDING_IS, and every buffer is given back.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/inspection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS = 2, WAYS = 6, HEADER = 4 };

struct connection {
	struct inspection ways[WAYS];
	uint32_t seq[2];
};

static struct inspector inspector;

static void check(const struct inspection_result *result)
{
	assert(result->source < NAME_SOURCES);
	if (!result->name.len)
		return;
	assert(result->tls == FINDING_IS || result->http == FINDING_IS);
	assert(result->name.len <= UINT16_MAX);
	free(memcpy(malloc(result->name.len), result->name.data, result->name.len)); /* is there */
}

static void segment(struct connection *connection, const uint8_t *header, struct span payload)
{
	int direction = header[0] >> 1 & 1;
	uint32_t seq = connection->seq[direction] + (int8_t)header[1] * (header[0] & 4 ? 64 : 1);
	uint8_t *copy = malloc(payload.len); /* its exact size, so that a read beyond is seen */
	struct packet packet = {.frame = copy,
		.captured = payload.len,
		.payload_bytes = payload.len,
		.payload_captured = payload.len,
		.tcp_flags = header[0] & 8 ? TCP_SYN : TCP_ACK,
		.tcp_seq = seq,
		.proto = PROTO_TCP};

	if (payload.len)
		memcpy(copy, payload.data, payload.len);
	for (int i = 0; i < WAYS; i++) {
		struct inspection_way way = {i % 3, i / 3};
		struct inspection_result result;

		inspection_read(
			&inspector, &connection->ways[i], &way, &packet, direction, &result);
		check(&result);
	}
	connection->seq[direction] = seq + payload.len;
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct connection connections[CONNECTIONS] = {0};
	size_t at = 0;

	if (!inspector_begin(&inspector, 5))
		abort();
	while (at + HEADER <= size) {
		const uint8_t *header = data + at;
		size_t len = header[2] << 8 | header[3];

		at += HEADER;
		len = len < size - at ? len : size - at;
		segment(&connections[header[0] & 1], header,
			(struct span){data + at, (uint32_t)len});
		at += len;
	}
	for (int i = 0; i < CONNECTIONS * WAYS; i++)
		inspection_end(&inspector, &connections[i / WAYS].ways[i % WAYS]);
	assert(inspector.streams.used == 0);
	inspector_end(&inspector);
	return 0;
}
