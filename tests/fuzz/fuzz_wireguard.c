/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A dialogue: of each datagram a byte that says whose it is, then 160 bytes, of which as many are
 * taken as its type wants. Nobody answers himself, and "is not" stays.
 */
#include <assert.h>
#include <stddef.h>

#include "classifiers/wireguard.h"

enum { STEP = 160 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t lengths[] = {31, 148, 92, 64, 32};
	struct wireguard wireguard = {0};
	bool sides[2] = {false, false};

	for (; size > STEP; data += STEP + 1, size -= STEP + 1) {
		uint32_t len = lengths[data[1] % 5];
		bool over = wireguard.over;
		enum finding finding =
			wireguard_look(&wireguard, (struct span){data + 1, len}, data[0] & 1);

		sides[data[0] & 1] = true;
		assert(!over || finding == FINDING_IS_NOT);
		if (finding == FINDING_IS) {
			assert(sides[0] && sides[1]);
			return 0;
		}
	}
	return 0;
}
