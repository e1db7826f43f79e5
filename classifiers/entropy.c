/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/entropy.h"

#include <stdbool.h>
#include <string.h>

/* Thresholds of the paper; the means are in tenths of a bit. */
enum {
	SET_BITS_LOW = 34,
	SET_BITS_HIGH = 46,
	LEAD_BYTES = 6,
	RUN_BYTES = 20,
	HALF = 2,
};

static bool is_printable(uint8_t byte)
{
	return byte >= 0x20 && byte <= 0x7e;
}

struct entropy entropy_of(struct span payload)
{
	struct entropy entropy = {.bytes = payload.len};
	uint32_t run = 0;

	for (uint32_t i = 0; i < payload.len; i++) {
		bool printable = is_printable(payload.data[i]);

		entropy.set_bits += (uint64_t)__builtin_popcount(payload.data[i]);
		run = printable ? run + 1 : 0;
		entropy.printable += printable;
		if (run > entropy.printable_run)
			entropy.printable_run = run;
		if (run == i + 1)
			entropy.printable_lead = run;
	}
	return entropy;
}

/* Record types 0x16 and 0x17 of versions 3.0 to 3.9, and four methods with their space. */
static bool is_known(struct span payload)
{
	static const char *const requests[] = {"GET ", "PUT ", "POST ", "HEAD "};
	const uint8_t *data = payload.data;

	if (payload.len >= 3 && (data[0] == 0x16 || data[0] == 0x17) && data[1] == 3 &&
		data[2] <= 9)
		return true;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		size_t len = strlen(requests[i]);

		if (payload.len >= len && memcmp(data, requests[i], len) == 0)
			return true;
	}
	return false;
}

enum entropy_exemption entropy_exemption(struct span payload)
{
	struct entropy entropy = entropy_of(payload);
	uint64_t tenths = entropy.set_bits * 10;

	if (tenths <= (uint64_t)SET_BITS_LOW * entropy.bytes ||
		tenths >= (uint64_t)SET_BITS_HIGH * entropy.bytes)
		return ENTROPY_SET_BITS;
	if (entropy.printable_lead >= LEAD_BYTES)
		return ENTROPY_PRINTABLE_LEAD;
	if ((uint64_t)entropy.printable * HALF > entropy.bytes)
		return ENTROPY_PRINTABLE_HALF;
	if (entropy.printable_run > RUN_BYTES)
		return ENTROPY_PRINTABLE_RUN;
	return is_known(payload) ? ENTROPY_KNOWN : ENTROPY_NONE;
}
