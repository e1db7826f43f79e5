/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any datagrams of one flow, each after its length in two bytes, as every kind of box reads them: a
 * hello lies within what may be read, a box that can more finds no less of what comes in order, and
 * every buffer is given back.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/dtls.h"
#include "classifiers/hello_texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LENGTH_BYTES = 2 };

static struct dtls dtls;

static void touch(struct span span)
{
	uint8_t *copy = malloc(span.len);

	if (span.len)
		memcpy(copy, span.data, span.len);
	free(copy);
}

static enum finding read_one(uint32_t *hello, enum quic_way way, struct span datagram)
{
	struct dtls_result result;
	struct hello_texts texts;

	dtls_read(&dtls, hello, way, datagram, &result);
	assert(!*hello || way > QUIC_WAY_ONE_PACKET);
	if (result.finding != FINDING_IS)
		return result.finding;
	touch(result.hello.sni);
	touch(result.hello.body);
	hello_texts_of(&result.hello, NAME_DTLS, HELLO_SOURCES, &texts);
	assert(texts.used <= HELLO_TEXTS_BYTES);
	return FINDING_IS;
}

static void read_datagram(uint32_t *hellos, struct span datagram)
{
	enum finding one_frame =
		read_one(&hellos[QUIC_WAY_ONE_FRAME], QUIC_WAY_ONE_FRAME, datagram);

	for (int way = 0; way < QUIC_WAYS; way++) {
		if (way != QUIC_WAY_ONE_FRAME)
			assert((read_one(&hellos[way], way, datagram) == FINDING_IS_NOT) ==
				(one_frame == FINDING_IS_NOT));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t hellos[QUIC_WAYS] = {0};

	if (!dtls.hellos.blocks && !dtls_begin(&dtls, QUIC_WAYS))
		abort();
	while (size > LENGTH_BYTES) {
		size_t len = (size_t)data[0] << 8 | data[1];
		uint8_t *copy;

		data += LENGTH_BYTES;
		size -= LENGTH_BYTES;
		len = len < size ? len : size;
		copy = malloc(len);
		memcpy(copy, data, len);
		read_datagram(hellos, (struct span){copy, (uint32_t)len});
		free(copy);
		data += len;
		size -= len;
	}
	for (int way = 0; way < QUIC_WAYS; way++)
		dtls_forget(&dtls, &hellos[way]);
	assert(dtls.hellos.used == 0);
	return 0;
}
