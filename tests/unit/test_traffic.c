/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/bench/traffic.h"
#include "dataplane/flow_key.h"

enum { FLOWS = 1000 };

static struct flow_key key_of(const struct traffic_frame *frame, struct packet *packet)
{
	static const uint64_t seed[2] = {1, 2};
	bool low;

	packet_parse(packet, LINK_ETHERNET, frame->bytes, frame->length, frame->length);
	assert_int_equal(packet->kind, PACKET_FLOW);
	assert_int_equal(packet->proto, PROTO_UDP);
	return flow_key_with(packet, seed, &low);
}

static int by_word(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_key));
}

/* What is sent later belongs to flows that were opened, whatever lay in the buffers before. */
static void every_packet_is_of_an_opened_flow(void **state)
{
	static const struct setting settings[] = {
		{.label = "a", .flows = FLOWS, .order = ORDER_UNIFORM, .ip_version = 4},
		{.label = "b", .flows = FLOWS, .order = ORDER_ZIPF, .ip_version = 6},
		{.label = "c",
			.flows = FLOWS,
			.order = ORDER_ROUND_ROBIN,
			.ip_version = 4,
			.vlan = true},
	};

	for (size_t s = 0; s < sizeof(settings) / sizeof(settings[0]); s++) {
		struct flow_key keys[FLOWS], sorted[FLOWS];
		struct traffic traffic;
		struct packet packet;

		for (uint32_t flow = 0; flow < FLOWS; flow++) {
			struct traffic_frame frame;

			traffic_open(&frame, &settings[s], flow, flow % 2);
			keys[flow] = key_of(&frame, &packet);
		}
		memcpy(sorted, keys, sizeof(keys));
		qsort(sorted, FLOWS, sizeof(sorted[0]), by_word);
		for (uint32_t i = 1; i < FLOWS; i++)
			assert_true(by_word(&sorted[i - 1], &sorted[i]) != 0);
		traffic_begin(&traffic, &settings[s], 1);
		for (int burst = 0; burst < 200; burst++) {
			traffic_next(&traffic);
			for (unsigned i = 0; i < BURST; i++) {
				struct flow_key key = key_of(&traffic.frames[i], &packet);

				assert_memory_equal(
					&key, &keys[traffic.frames[i].flow], sizeof(key));
			}
		}
	}
}

/* Of 1,000 ranks with weight k^-1.1 the first has 1 / sum: 1 / 5.572 = 17.9 %. */
static void zipf_is_zipf(void **state)
{
	static const struct setting setting = {
		.label = "z", .flows = FLOWS, .order = ORDER_ZIPF, .ip_version = 4};
	uint32_t counts[FLOWS] = {0};
	struct traffic traffic;

	traffic_begin(&traffic, &setting, 1);
	for (int burst = 0; burst < 4000; burst++) {
		traffic_next(&traffic);
		for (unsigned i = 0; i < BURST; i++)
			counts[traffic.frames[i].flow]++;
	}
	assert_in_range(counts[0], 128000 * 0.175, 128000 * 0.185);
	/* 2^-1.1 = 0.467 and 10^-1.1 = 0.0794 of the first */
	assert_in_range(counts[1], counts[0] * 0.44, counts[0] * 0.49);
	assert_in_range(counts[9], counts[0] * 0.07, counts[0] * 0.09);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_is_of_an_opened_flow),
		cmocka_unit_test(zipf_is_zipf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
