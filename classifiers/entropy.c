/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/entropy.h"

#include <stdbool.h>
#include <string.h>

#define BILLIONTHS 1000000000ull

const struct entropy_limits entropy_published = {
	.set_bits_low = 3400000000,
	.set_bits_high = 4600000000,
	.printable_share = 500000000,
	.printable_lead = 6,
	.printable_run = 20,
	.prefixes = ENTROPY_TLS | ENTROPY_HTTP,
};

static bool is_printable(uint8_t byte)
{
	return byte >= 0x20 && byte <= 0x7e;
}

static enum entropy_prefix prefix_of(struct span payload)
{
	static const char *const requests[] = {"GET ", "PUT ", "POST ", "HEAD "};
	const uint8_t *data = payload.data;

	if (payload.len >= 3 && (data[0] == 0x16 || data[0] == 0x17) && data[1] == 3 &&
		data[2] <= 9)
		return ENTROPY_TLS;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		size_t len = strlen(requests[i]);

		if (payload.len >= len && memcmp(data, requests[i], len) == 0)
			return ENTROPY_HTTP;
	}
	return 0;
}

struct entropy entropy_of(struct span payload)
{
	struct entropy entropy = {.bytes = payload.len, .prefix = prefix_of(payload)};
	uint32_t run = 0;

	for (uint32_t i = 0; i < payload.len; i++) {
		bool printable = is_printable(payload.data[i]);

		entropy.set_bits += (uint32_t)__builtin_popcount(payload.data[i]);
		run = printable ? run + 1 : 0;
		entropy.printable += printable;
		if (run > entropy.printable_run)
			entropy.printable_run = run;
		if (run == i + 1)
			entropy.printable_lead = run;
	}
	return entropy;
}

enum entropy_exemption entropy_exemption(
	const struct entropy *entropy, const struct entropy_limits *limits)
{
	uint64_t set_bits = entropy->set_bits * BILLIONTHS;

	if (set_bits <= limits->set_bits_low * entropy->bytes ||
		set_bits >= limits->set_bits_high * entropy->bytes)
		return ENTROPY_SET_BITS;
	if (entropy->printable_lead >= limits->printable_lead)
		return ENTROPY_PRINTABLE_LEAD;
	if (entropy->printable * BILLIONTHS > (uint64_t)limits->printable_share * entropy->bytes)
		return ENTROPY_PRINTABLE_HALF;
	if (entropy->printable_run > limits->printable_run)
		return ENTROPY_PRINTABLE_RUN;
	return entropy->prefix & limits->prefixes ? ENTROPY_KNOWN : ENTROPY_NONE;
}
