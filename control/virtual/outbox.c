/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/outbox.h"

#include "control/virtual/framing.h"

#include <stdlib.h>
#include <string.h>

enum { RECORD_HEAD = 5, RECORD_BODY = 16384, RECORD_BYTES = RECORD_HEAD + RECORD_BODY };

void outbox_free(struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->count; i++)
		free(outbox->writes[i].bytes);
	free(outbox->writes);
	*outbox = (struct outbox){0};
}

void outbox_add(
	struct outbox *outbox, const uint8_t *bytes, uint64_t len, uint32_t chunk, bool inverted)
{
	struct outbox_write *write;

	if (outbox->count == outbox->room) {
		outbox->room = outbox->room ? outbox->room * 2 : 16;
		outbox->writes = realloc(outbox->writes, outbox->room * sizeof(*outbox->writes));
		if (!outbox->writes)
			abort();
	}
	write = &outbox->writes[outbox->count++];
	*write = (struct outbox_write){outbox->end, len, NULL, chunk, inverted};
	outbox->end += len;
	if (!bytes)
		return;
	write->bytes = malloc(len);
	if (!write->bytes)
		abort();
	memcpy(write->bytes, bytes, len);
}

/* The write that offset `at` lies in; NULL: beyond the end. */
static const struct outbox_write *find(const struct outbox *outbox, uint64_t at)
{
	size_t low = 0, high = outbox->count;

	if (at >= outbox->end)
		return NULL;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (outbox->writes[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return &outbox->writes[low];
}

uint32_t outbox_segment(const struct outbox *outbox, uint64_t at, uint32_t mss)
{
	const struct outbox_write *write = find(outbox, at);
	uint64_t most;

	if (!write)
		return 0;
	most = write->start + write->len - at;
	if (write->chunk && write->chunk < most)
		most = write->chunk - (at - write->start) % write->chunk;
	return most < mss ? (uint32_t)most : mss;
}

/* Byte `at` of a bulk of `len` bytes belongs to a record; too little for one is noise. */
static uint8_t record_byte(uint64_t at, uint64_t len, uint8_t noise)
{
	uint64_t within = at % RECORD_BYTES, left = len - (at - within);
	uint64_t body = left > RECORD_BYTES ? RECORD_BODY : left - RECORD_HEAD;
	const uint8_t head[] = {0x17, 3, 3, (uint8_t)(body >> 8), (uint8_t)body};

	return within < RECORD_HEAD && left > RECORD_HEAD ? head[within] : noise;
}

static void copy_bulk(const struct outbox *outbox, const struct outbox_write *write, uint64_t at,
	uint32_t len, uint8_t *into)
{
	framing_noise(into, len, outbox->seed, at);
	for (uint32_t i = 0; i < len;) {
		uint64_t within = (at + i) % RECORD_BYTES;

		if (within < RECORD_HEAD) {
			into[i] = record_byte(at + i, write->len, into[i]);
			i++;
		} else {
			i += (uint32_t)(RECORD_BYTES - within);
		}
	}
}

void outbox_copy(const struct outbox *outbox, uint64_t at, uint32_t len, uint8_t *into)
{
	const struct outbox_write *write = find(outbox, at);

	if (write->bytes)
		memcpy(into, write->bytes + (at - write->start), len);
	else
		copy_bulk(outbox, write, at - write->start, len, into);
	for (uint32_t i = 0; write->inverted && i < len; i++)
		into[i] ^= 0xff;
}
