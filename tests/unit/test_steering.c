/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/frames.h"

enum { FLOWS = 4000, WORKERS = 4 };

static struct prefixes *inside_of(const char *text)
{
	struct prefixes *inside = prefixes_new();
	struct prefix prefix;

	assert_null(prefix_parse(text, &prefix));
	prefixes_add(inside, &prefix);
	prefixes_seal(inside);
	return inside;
}

static struct packet *packet_of(
	struct frame *frame, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
	const struct segment segment = {
		.from = {from, from_port}, .to = {to, to_port}, .proto = PROTO_UDP};

	frame_make(frame, &segment);
	assert_int_equal(frame->packet.kind, PACKET_FLOW);
	return &frame->packet;
}

/* Both ways by the same worker, whichever end is inside, both, or none. */
static void test_directions_meet(void **state)
{
	static const char *const ends[][2] = {
		{"10.1.2.3", "192.0.2.1"},
		{"192.0.2.1", "10.1.2.3"},
		{"10.1.2.3", "10.3.2.1"},
		{"192.0.2.1", "198.51.100.1"},
		{"2001:db8::1", "2001:db8:9::2"},
	};
	struct prefixes *inside = inside_of("10.0.0.0/8");

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		for (uint16_t port = 1; port <= 500; port++) {
			for (int how = STEER_FLOW; how <= STEER_HOST; how++) {
				struct frame there, back;

				packet_of(&there, ends[i][0], port, ends[i][1], 443);
				packet_of(&back, ends[i][1], 443, ends[i][0], port);
				assert_int_equal(steer(how, inside, &there.packet, WORKERS, 0),
					steer(how, inside, &back.packet, WORKERS, 3));
			}
		}
	}
	prefixes_free(inside);
}

/* All flows of an inside host go to one worker, whatever they are and where they go. */
static void test_hosts_stay_together(void **state)
{
	struct prefixes *inside = inside_of("10.0.0.0/8");

	for (int host = 1; host < 200; host++) {
		char here[32], there[32];
		struct frame frame;
		unsigned worker;

		snprintf(here, sizeof(here), "10.0.0.%d", host);
		packet_of(&frame, here, 1, "192.0.2.1", 443);
		worker = steer(STEER_HOST, inside, &frame.packet, WORKERS, 0);
		for (int flow = 1; flow < 50; flow++) {
			snprintf(there, sizeof(there), "192.0.2.%d", flow);
			packet_of(&frame, there, 443, here, 1000 + flow);
			assert_int_equal(
				steer(STEER_HOST, inside, &frame.packet, WORKERS, 1), worker);
		}
	}
	prefixes_free(inside);
}

/* Binomial: 1000 of 4000 expected, standard deviation 27.4; five of them. */
static void test_even(void **state)
{
	struct prefixes *inside = inside_of("10.0.0.0/8");

	for (int how = STEER_FLOW; how <= STEER_HOST; how++) {
		unsigned counts[WORKERS] = {0};

		for (int i = 0; i < FLOWS; i++) {
			char here[32];
			struct frame frame;

			snprintf(here, sizeof(here), "10.0.%d.%d", i / 250, i % 250);
			packet_of(&frame, here, 5000, "192.0.2.1", 443);
			counts[steer(how, inside, &frame.packet, WORKERS, 0)]++;
		}
		for (int worker = 0; worker < WORKERS; worker++)
			assert_in_range(counts[worker], 863, 1137);
	}
	prefixes_free(inside);
}

/* What has no flow is treated where it came in. */
static void test_others_stay(void **state)
{
	static const uint8_t arp[42] = {[12] = 0x08, [13] = 0x06};
	struct packet packet;

	packet_parse(&packet, LINK_ETHERNET, arp, sizeof(arp), sizeof(arp));
	for (unsigned here = 0; here < WORKERS; here++)
		assert_int_equal(steer(STEER_FLOW, NULL, &packet, WORKERS, here), here);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directions_meet),
		cmocka_unit_test(test_hosts_stay_together),
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
