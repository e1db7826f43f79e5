/* SPDX-License-Identifier: BSD-3-Clause */
/* Packed bytes: never more comes out than is allowed, and a reason when nothing does. */
#include "control/unpack.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why = NULL;
	size_t len = 0;
	char *text;

	if (!unpack_is_packed((const char *)data, size))
		return 0;
	text = unpack((const char *)data, size, ROOM, &len, &why);
	assert(!text == !!why);
	if (text)
		assert(len <= ROOM);
	free(text);
	return 0;
}
