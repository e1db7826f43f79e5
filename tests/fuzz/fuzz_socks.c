/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a payload that may be a SOCKS greeting. A greeting ends where it ends: no beginning
 * of one is one, nor is one with a byte more.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *longer;

	if (!socks_is_greeting((struct span){data, (uint32_t)size}))
		return 0;
	longer = malloc(size + 1);
	memcpy(longer, data, size);
	longer[size] = 'x';
	assert(!socks_is_greeting((struct span){longer, (uint32_t)size + 1}));
	free(longer);
	for (uint32_t len = 0; len < size; len++)
		assert(!socks_is_greeting((struct span){data, len}));
	return 0;
}
