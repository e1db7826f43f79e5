/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any datagrams of one flow, each after its length in two bytes, as every kind of box reads them;
 * then the same bytes as frames that were decrypted, and as Google's CHLO. A name is found only
 * with FINDING_IS and lies within what may be read, and every buffer is given back.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/quic.h"
#include "classifiers/quic_frames.h"
#include "classifiers/quic_google.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LENGTH_BYTES = 2 };

static struct quic quic;

/* A block of its exact size, so that a read beyond is seen. */
static struct span copy_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	if (size)
		memcpy(copy, data, size);
	return (struct span){copy, (uint32_t)size};
}

static void read_datagram(uint32_t *hellos, struct span datagram)
{
	struct quic_result result;

	for (int way = 0; way < QUIC_WAYS; way++) {
		quic_read(&quic, &hellos[way], way, datagram, &result);
		assert(result.finding == FINDING_IS || (!result.name.len && !result.has_hello));
		assert(!hellos[way] || way > QUIC_WAY_ONE_PACKET);
		if (result.name.len)
			free((void *)(uintptr_t)copy_of(result.name.data, result.name.len).data);
	}
}

static void read_datagrams(const uint8_t *data, size_t size)
{
	uint32_t hellos[QUIC_WAYS] = {0};

	while (size > LENGTH_BYTES) {
		size_t count = (size_t)data[0] << 8 | data[1];
		struct span datagram;

		count = count < size - LENGTH_BYTES ? count : size - LENGTH_BYTES;
		datagram = copy_of(data + LENGTH_BYTES, count);
		read_datagram(hellos, datagram);
		free((void *)(uintptr_t)datagram.data);
		data += LENGTH_BYTES + count;
		size -= LENGTH_BYTES + count;
	}
	for (int way = 0; way < QUIC_WAYS; way++)
		quic_forget(&quic, &hellos[way]);
	assert(!quic.hellos_refused);
}

static void read_frames(struct span frames, uint32_t version)
{
	const uint8_t *end = frames.data + frames.len;
	struct quic_crypto crypto;

	while (quic_crypto_take(&frames, quic_version_of(version), &crypto))
		assert(crypto.data.data + crypto.data.len <= end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = copy_of(data, size), name;

	if (!quic.keys && !quic_begin(&quic, QUIC_WAYS))
		abort();
	read_datagrams(data, size);
	read_frames(bytes, 1);
	read_frames(bytes, 0x54303531); /* T051 */
	if (quic_chlo_read(bytes, &name) == FINDING_IS && name.len)
		assert(name.data > bytes.data && name.data + name.len <= bytes.data + bytes.len);
	free((void *)(uintptr_t)bytes.data);
	return 0;
}
