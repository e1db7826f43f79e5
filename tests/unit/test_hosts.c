/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/hosts.h"
#include "dataplane/ruleset.h"

#define SECOND_NS (1000ull * 1000 * 1000)

/* Host n of either family. */
static uint64_t *state_for(
	struct hosts *hosts, uint32_t n, uint8_t version, uint32_t which, uint64_t now_ns)
{
	uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8};

	memcpy(address + (version == 4 ? 0 : 12), &n, sizeof(n));
	return hosts_state(hosts, address, version, which, now_ns);
}

static void each_has_its_own(void **state)
{
	static const uint64_t seeds[] = {0, 1, UINT64_MAX};

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct hosts *hosts = hosts_new(12000, seeds[i]);
		uint64_t mark = 0;

		for (int round = 0; round < 2; round++) {
			mark = 0;
			for (uint32_t n = 0; n < 1000; n++) {
				for (uint32_t which = 0; which < 6; which++) {
					for (int version = 4; version <= 6; version += 2) {
						uint64_t *found =
							state_for(hosts, n, version, which, round);

						assert_non_null(found);
						assert_true(*found == (round ? ++mark : 0));
						assert_true(found[7] == *found);
						if (!round)
							found[0] = found[7] = ++mark;
					}
				}
			}
			assert_int_equal(mark, 12000);
		}
		hosts_free(hosts);
	}
}

/* An IPv4 address and an IPv6 address that begins with the same bytes and goes on with zeros. */
static void families_are_apart(void **state)
{
	static const uint8_t address[16] = {10, 1, 2, 3};
	struct hosts *hosts = hosts_new(2, 0);
	uint64_t *first = hosts_state(hosts, address, 4, 0, 0);

	*first = 7;
	assert_int_equal(*(uint64_t *)hosts_state(hosts, address, 6, 0, 0), 0);
	assert_int_equal(*(uint64_t *)hosts_state(hosts, address, 4, 0, 0), 7);
	hosts_free(hosts);
}

static void bounded(void **state)
{
	struct hosts *hosts = hosts_new(100, 3);

	for (uint32_t n = 0; n < 100; n++)
		assert_non_null(state_for(hosts, n, 4, 0, 0));
	assert_null(state_for(hosts, 100, 4, 0, 0));
	assert_null(state_for(hosts, 5, 4, 1, 0)); /* a known host under another throttle */
	assert_non_null(state_for(hosts, 99, 4, 0, 0));
	hosts_free(hosts);
}

/* Of 100, the first 60 are silent from 0 on and the others are heard of at 300 s. */
static void the_silent_make_room(void **state)
{
	const uint64_t idle_ns = FLOW_IDLE_NS;
	struct hosts *hosts = hosts_new(100, 3);

	for (uint32_t n = 0; n < 100; n++)
		*state_for(hosts, n, 6, 0, 0) = n + 1;
	for (uint32_t n = 60; n < 100; n++)
		state_for(hosts, n, 6, 0, 300 * SECOND_NS);
	assert_null(state_for(hosts, 1000, 6, 0, idle_ns - 1));
	/* a search in vain is not repeated within 10 s */
	assert_null(state_for(hosts, 1000, 6, 0, idle_ns));
	assert_null(state_for(hosts, 1000, 6, 0, idle_ns + 10 * SECOND_NS - 2));
	for (uint32_t n = 1000; n < 1060; n++)
		assert_int_equal(*state_for(hosts, n, 6, 0, idle_ns + 10 * SECOND_NS - 1), 0);
	assert_null(state_for(hosts, 1060, 6, 0, idle_ns + 10 * SECOND_NS));
	for (uint32_t n = 60; n < 100; n++)
		assert_int_equal(*state_for(hosts, n, 6, 0, idle_ns + 11 * SECOND_NS), n + 1);
	hosts_free(hosts);
}

/* After FLOW_IDLE_NS, and not a nanosecond before. */
static void silent_for_long_enough(void **state)
{
	for (uint64_t less = 0; less <= 1; less++) {
		struct hosts *hosts = hosts_new(1, 0);

		assert_non_null(state_for(hosts, 1, 4, 0, 7));
		assert_int_equal(!state_for(hosts, 2, 4, 0, 7 + FLOW_IDLE_NS - less), less);
		hosts_free(hosts);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_own),
		cmocka_unit_test(families_are_apart),
		cmocka_unit_test(bounded),
		cmocka_unit_test(the_silent_make_room),
		cmocka_unit_test(silent_for_long_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
