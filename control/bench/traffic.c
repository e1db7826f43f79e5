/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/bench/traffic.h"

#include "dataplane/prng.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#define ZIPF_EXPONENT 1.1

enum { CLIENT_BITS = 24, DNS = 53 };

/* Of a flow, from its number alone. */
struct ends {
	uint32_t client, server; /* 24 and 17 bits, to be put behind a prefix */
	uint16_t client_port;
};

/* An odd factor makes it a permutation of the 24-bit numbers: no two flows are alike. */
static struct ends ends_of(uint32_t flow)
{
	uint64_t mixed = prng_mix(flow, 0x5bd1e995);
	uint32_t upper = flow % 10 == 0;

	return (struct ends){
		.client = (flow * 0x9e3779b1u) & ((1u << CLIENT_BITS) - 1),
		.server = upper << 16 | (mixed & 0xffff),
		.client_port = 1024 + (mixed >> 16) % 64000,
	};
}

/* In one store, so that what reads it as a word does not wait. Width: 1, 2, 4 or 8. */
static inline uint32_t put(uint8_t *bytes, uint32_t at, uint64_t value, uint32_t width)
{
	uint64_t swapped = htobe64(value << (64 - 8 * width));

	memcpy(bytes + at, &swapped, width);
	return at + width;
}

static uint32_t put_ipv4(uint8_t *bytes, uint32_t at, const struct ends *ends, bool down)
{
	uint32_t client = 10u << 24 | ends->client, server = 198u << 24 | 18u << 16;

	server += ends->server;
	put(bytes, at, 0x45, 1);
	put(bytes, at + 2, 46, 2);
	bytes[at + 8] = 64;
	bytes[at + 9] = PROTO_UDP;
	put(bytes, at + 12, down ? server : client, 4);
	put(bytes, at + 16, down ? client : server, 4);
	return at + 20;
}

static uint32_t put_ipv6(uint8_t *bytes, uint32_t at, const struct ends *ends, bool down)
{
	uint32_t client = at + (down ? 24 : 8), server = at + (down ? 8 : 24);

	put(bytes, at, 0x60, 1);
	put(bytes, at + 4, 26, 2);
	bytes[at + 6] = PROTO_UDP;
	bytes[at + 7] = 64;
	put(bytes, client, 0xfd00000a00000000, 8);
	put(bytes, client + 12, ends->client, 4);
	put(bytes, server, 0xfd00000b00000000 | (uint64_t)(ends->server >> 16) << 31, 8);
	put(bytes, server + 12, ends->server & 0xffff, 4);
	return at + 40;
}

static uint32_t put_headers(
	struct traffic_frame *frame, const struct setting *setting, uint32_t flow, bool down)
{
	struct ends ends = ends_of(flow);
	uint8_t *bytes = frame->bytes;
	uint32_t at = 12;

	bytes[0] = bytes[6] = 2; /* local addresses */
	if (setting->vlan)
		at = put(bytes, at, 0x81000005, 4);
	at = put(bytes, at, setting->ip_version == 6 ? 0x86dd : 0x0800, 2);
	at = setting->ip_version == 6 ? put_ipv6(bytes, at, &ends, down)
				      : put_ipv4(bytes, at, &ends, down);
	put(bytes, at, down ? DNS : ends.client_port, 2);
	put(bytes, at + 2, down ? ends.client_port : DNS, 2);
	put(bytes, at + 4, 26, 2);
	put(bytes, at + 6, 0, 2);
	frame->flow = flow;
	frame->length = at + 26;
	return at + 8;
}

void traffic_open(
	struct traffic_frame *frame, const struct setting *setting, uint32_t flow, unsigned which)
{
	/* RFC 1035 4.1: a header with one question, for the root's name servers. */
	static const uint8_t query[17] = {0, 1, 1, 0, 0, 1, [14] = 2, [16] = 1};
	uint32_t at;

	memset(frame->bytes, 0, sizeof(frame->bytes));
	at = put_headers(frame, setting, flow, which);
	memcpy(frame->bytes + at, query, sizeof(query));
	frame->bytes[at + 2] |= which ? 0x80 : 0;
}

/* Rejection-inversion after Hoermann and Derflinger (1996): ranks from 1 with weight k^-1.1. */
static double zipf_integral(double x)
{
	return (pow(x, 1 - ZIPF_EXPONENT) - 1) / (1 - ZIPF_EXPONENT);
}

static double zipf_inverse(double y)
{
	return pow(1 + (1 - ZIPF_EXPONENT) * y, 1 / (1 - ZIPF_EXPONENT));
}

static double draw(struct traffic *traffic)
{
	return (double)(prng_draw(traffic->seed, ++traffic->drawn) >> 11) * 0x1p-53;
}

static uint32_t zipf_rank(struct traffic *traffic)
{
	for (;;) {
		double y = traffic->zipf[1] + draw(traffic) * (traffic->zipf[0] - traffic->zipf[1]);
		double x = zipf_inverse(y), k = floor(x + 0.5);

		k = k < 1 ? 1 : k > traffic->setting.flows ? traffic->setting.flows : k;
		if (k - x <= traffic->zipf[2] ||
			y >= zipf_integral(k + 0.5) - pow(k, -ZIPF_EXPONENT))
			return (uint32_t)k - 1;
	}
}

void traffic_begin(struct traffic *traffic, const struct setting *setting, uint64_t seed)
{
	memset(traffic, 0, sizeof(*traffic));
	traffic->setting = *setting;
	traffic->seed = seed;
	traffic->zipf[0] = zipf_integral(setting->flows + 0.5);
	traffic->zipf[1] = zipf_integral(1.5) - 1;
	traffic->zipf[2] = 2 - zipf_inverse(zipf_integral(2.5) - pow(2, -ZIPF_EXPONENT));
}

static uint32_t next_flow(struct traffic *traffic)
{
	uint32_t flows = traffic->setting.flows;

	if (traffic->setting.order == ORDER_ROUND_ROBIN)
		return traffic->next++ % flows;
	if (traffic->setting.order == ORDER_ZIPF)
		return zipf_rank(traffic);
	return (prng_draw(traffic->seed, ++traffic->drawn) >> 32) * flows >> 32;
}

void traffic_next(struct traffic *traffic)
{
	for (unsigned i = 0; i < BURST; i++) {
		uint32_t flow = next_flow(traffic);

		put_headers(&traffic->frames[i], &traffic->setting, flow,
			prng_draw(traffic->seed ^ 1, traffic->next + i + traffic->drawn) & 1);
	}
}
