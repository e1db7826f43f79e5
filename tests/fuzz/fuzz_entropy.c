/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a first payload: the counts are possible ones, and what begins like a known protocol
 * or with six letters is never taken for fully encrypted.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/entropy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const begins[] = {"GET ", "abcdef", "\x16\x03\x01"};
	struct entropy entropy = entropy_of((struct span){data, (uint32_t)size});
	uint8_t *longer = malloc(size + 6);

	assert(entropy.bytes == size && entropy.set_bits <= 8 * (uint64_t)size);
	assert(entropy.printable <= size && entropy.printable_run <= entropy.printable);
	assert(entropy.printable_lead <= entropy.printable_run);
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		size_t len = strlen(begins[i]);

		memcpy(longer, begins[i], len);
		if (size)
			memcpy(longer + len, data, size);
		entropy = entropy_of((struct span){longer, (uint32_t)(len + size)});
		assert(entropy_exemption(&entropy, &entropy_published) != ENTROPY_NONE);
	}
	free(longer);
	return 0;
}
