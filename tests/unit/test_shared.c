/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "control/rules.h"
#include "dataplane/prng.h"
#include "dataplane/shared.h"

#define SECOND_NS (1000ull * 1000 * 1000)

/* 1 byte is worth 100 ns; two directions have a bucket each. */
#define RATE_BPS 80000000ull
#define BURST    100000ull
#define RULE(burst)                                                                           \
	"sluice: 1\nid: test\nrules:\n  - {id: a, when: {proto: udp}, then: [police: {rate: " \
	"80Mbit/s, burst: " burst ", count: l3, per: [rule, direction]}]}\n"

enum { WORKERS = 4, PACKETS = 100000, BYTES = 1000 };

/* How far a worker's clock may be behind that of another: the length of a burst. */
#define SKEW_NS 20000ull

static struct rules *load(const char *text)
{
	struct failure failure = {0};
	struct rules *rules = rules_load_text("test", text, strlen(text), NULL, 0, &failure);

	if (!rules)
		fail_msg("%s", failure.line);
	return rules;
}

struct worker {
	struct shared_states *states;
	const struct throttle *step;
	_Atomic uint64_t *clock_ns;
	uint64_t number, passed[2], last_ns[2];
	pthread_t thread;
};

/* Three times the rate is offered, by all together, in either direction. */
static void *work(void *context)
{
	struct worker *worker = context;

	for (uint64_t n = 0; n < PACKETS; n++) {
		uint64_t draw = prng_draw(worker->number, n);
		uint64_t now_ns =
			atomic_fetch_add(worker->clock_ns, BYTES * 100 / 3 / 2) - draw % SKEW_NS;
		unsigned part = draw >> 63;
		struct throttle_input packet = {
			.now_ns = now_ns, .bytes = {BYTES + 18, BYTES, BYTES - 28}};
		uint64_t leaves_ns = now_ns;

		if (shared_apply(worker->states, worker->step, part, &packet, &leaves_ns) ==
			DROP_NONE)
			worker->passed[part] += BYTES;
		worker->last_ns[part] =
			now_ns > worker->last_ns[part] ? now_ns : worker->last_ns[part];
	}
	return NULL;
}

/* What is left in a bucket at a time, in whole packets: takes it. */
static uint64_t rest(
	struct shared_states *states, const struct throttle *step, unsigned part, uint64_t now_ns)
{
	struct throttle_input packet = {.now_ns = now_ns, .bytes = {BYTES + 18, BYTES, BYTES - 28}};
	uint64_t taken = 0, leaves_ns = now_ns;

	while (shared_apply(states, step, part, &packet, &leaves_ns) == DROP_NONE)
		taken += BYTES;
	return taken;
}

/* The buckets are empty when the workers begin, and never full after that: what passes in t, with
 * what is left then, is rate * t, less what does not make a packet. */
static void workers_share_a_bucket(void **state)
{
	struct rules *rules = load(RULE("100kB"));
	const struct throttle *step = rules_compiled(rules)->throttles;
	struct worker workers[WORKERS] = {0};
	struct shared_states *states = shared_states_new(true);
	_Atomic uint64_t clock_ns = SECOND_NS;
	const uint64_t begin_ns = SECOND_NS - SKEW_NS;

	assert_non_null(states);
	for (unsigned part = 0; part < 2; part++)
		assert_int_equal(rest(states, step, part, begin_ns), BURST);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){
			.states = states, .step = step, .clock_ns = &clock_ns, .number = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned part = 0; part < 2; part++) {
		uint64_t last_ns = 0, passed = 0, allowed;

		for (int i = 0; i < WORKERS; i++) {
			passed += workers[i].passed[part];
			if (workers[i].last_ns[part] > last_ns)
				last_ns = workers[i].last_ns[part];
		}
		passed += rest(states, step, part, last_ns);
		allowed = (last_ns - begin_ns) / 100;
		assert_in_range(passed, allowed - BYTES + 1, allowed);
		assert_true(last_ns > 6 * SECOND_NS);
	}
	shared_states_free(states);
	rules_free(rules);
}

/* Alone or among many: the same answers. */
static void one_worker(void **state)
{
	struct rules *rules = load(RULE("100kB"));
	const struct throttle *step = rules_compiled(rules)->throttles;
	struct shared_states *alone = shared_states_new(false), *many = shared_states_new(true);
	uint64_t now_ns = SECOND_NS, passed = 0;

	for (uint64_t n = 0; n < 10000; n++) {
		uint64_t draw = prng_draw(1, n), leaves_ns;
		struct throttle_input packet = {.bytes = {0, 40 + draw % 1460, 0}};
		enum drop_reason drops[2];

		now_ns += draw % 20000;
		packet.now_ns = leaves_ns = now_ns - (draw >> 32) % SKEW_NS;
		drops[0] = shared_apply(alone, step, draw >> 63, &packet, &leaves_ns);
		drops[1] = shared_apply(many, step, draw >> 63, &packet, &leaves_ns);
		assert_int_equal(drops[0], drops[1]);
		assert_int_equal(leaves_ns, packet.now_ns);
		passed += !drops[0];
	}
	assert_in_range(passed, 1000, 9999);
	shared_states_free(alone);
	shared_states_free(many);
	rules_free(rules);
}

static bool passes(struct shared_states *states, const struct rules *rules, uint32_t bytes)
{
	struct throttle_input packet = {.now_ns = SECOND_NS, .bytes = {0, bytes, 0}};
	uint64_t leaves_ns = SECOND_NS;

	return shared_apply(states, rules_compiled(rules)->throttles, 0, &packet, &leaves_ns) ==
	       DROP_NONE;
}

/* A rule that changed gets a fresh bucket, one that stayed does not; nothing else is touched. */
static void renewed(void **state)
{
	struct rules *first = load(RULE("100kB")), *same = load(RULE("100kB"));
	struct rules *other = load(RULE("101kB")), *again = load(RULE("100kB"));
	struct shared_states *states = shared_states_new(true);

	assert_true(rules_succeed(same, rules_compiled(first)));
	assert_true(rules_succeed(other, rules_compiled(same)));
	assert_true(rules_succeed(again, rules_compiled(other)));
	assert_true(passes(states, first, 100000));
	assert_false(passes(states, first, 1));
	shared_states_renew(states, rules_compiled(same), 1);
	assert_false(passes(states, same, 1));
	shared_states_renew(states, rules_compiled(other), 2);
	assert_false(passes(states, same, 1)); /* by a worker that has not adopted it yet */
	assert_true(passes(states, other, 101000));
	assert_false(passes(states, other, 1));
	/* the number of the first bucket is free by now */
	assert_int_equal(rules_compiled(again)->throttles[0].shared,
		rules_compiled(first)->throttles[0].shared);
	shared_states_renew(states, rules_compiled(again), 3);
	assert_false(passes(states, other, 1));
	assert_true(passes(states, again, 100000));
	shared_states_free(states);
	rules_free(first);
	rules_free(same);
	rules_free(other);
	rules_free(again);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_share_a_bucket),
		cmocka_unit_test(one_worker),
		cmocka_unit_test(renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
