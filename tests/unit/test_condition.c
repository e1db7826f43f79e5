/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kleene's strong three-valued logic: `all` is the least of its children, `any` the greatest, `not`
 * turns true and false round, in the order false < unknown < true.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/condition.h"

#define F TRUTH_FALSE
#define U TRUTH_UNKNOWN
#define T TRUTH_TRUE

/* Leaves with each answer for the flow below: a protocol that is, a name that may still come, a
 * protocol that is not. */
static const struct condition leaves[] = {
	[F] = {.op = CONDITION_PROTO, .proto = {1ull << PROTO_UDP}},
	[U] = {.op = CONDITION_NAME, .name = {.list = 0, .sources = 1 << NAME_TLS, .inspect = 0}},
	[T] = {.op = CONDITION_PROTO, .proto = {1ull << PROTO_TCP}},
};

static const struct evidence young = {.proto = PROTO_TCP, .ip_version = 4, .inspecting = 1};

static enum truth evaluate(const struct condition *conditions, const struct evidence *evidence)
{
	struct ruleset ruleset = {.conditions = (struct condition *)conditions, .list_words = 1};

	return condition_evaluate(&ruleset, 0, evidence);
}

static enum truth evaluate_over(
	enum condition_op op, const enum truth *children, uint32_t child_count)
{
	struct condition conditions[5] = {
		{.op = op, .children = {.first = 1, .count = child_count}}};

	for (uint32_t i = 0; i < child_count; i++)
		conditions[1 + i] = leaves[children[i]];
	return evaluate(conditions, &young);
}

static void tables_of_two(void **state)
{
	static const struct {
		enum truth left, right, all, any;
	} rows[] = {
		{F, F, F, F},
		{F, U, F, U},
		{F, T, F, T},
		{U, F, F, U},
		{U, U, U, U},
		{U, T, U, T},
		{T, F, F, T},
		{T, U, U, T},
		{T, T, T, T},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum truth children[] = {rows[i].left, rows[i].right};

		assert_int_equal(evaluate_over(CONDITION_ALL, children, 2), rows[i].all);
		assert_int_equal(evaluate_over(CONDITION_ANY, children, 2), rows[i].any);
	}
}

static void one_and_none(void **state)
{
	static const enum truth inverse[] = {[F] = T, [U] = U, [T] = F};

	assert_int_equal(evaluate_over(CONDITION_ALL, NULL, 0), T);
	assert_int_equal(evaluate_over(CONDITION_ANY, NULL, 0), F);
	for (enum truth truth = F; truth <= T; truth++) {
		assert_int_equal(evaluate_over(CONDITION_ALL, &truth, 1), truth);
		assert_int_equal(evaluate_over(CONDITION_ANY, &truth, 1), truth);
		assert_int_equal(evaluate_over(CONDITION_NOT, &truth, 1), inverse[truth]);
	}
}

/* All 81 rows of four children, against least and greatest. */
static void tables_of_four(void **state)
{
	for (int row = 0; row < 81; row++) {
		enum truth children[] = {row % 3, row / 3 % 3, row / 9 % 3, row / 27};
		enum truth least = T, greatest = F;

		for (int i = 0; i < 4; i++) {
			least = children[i] < least ? children[i] : least;
			greatest = children[i] > greatest ? children[i] : greatest;
		}
		assert_int_equal(evaluate_over(CONDITION_ALL, children, 4), least);
		assert_int_equal(evaluate_over(CONDITION_ANY, children, 4), greatest);
	}
}

/* De Morgan: not (a and b) = (not a) or (not b), evaluated as trees. */
static void trees(void **state)
{
	for (int row = 0; row < 9; row++) {
		const struct condition not_all[] = {
			{.op = CONDITION_NOT, .children = {1, 1}},
			{.op = CONDITION_ALL, .children = {2, 2}},
			leaves[row % 3],
			leaves[row / 3],
		};
		const struct condition any_not[] = {
			{.op = CONDITION_ANY, .children = {1, 2}},
			{.op = CONDITION_NOT, .children = {3, 1}},
			{.op = CONDITION_NOT, .children = {4, 1}},
			leaves[row % 3],
			leaves[row / 3],
		};

		assert_int_equal(evaluate(not_all, &young), evaluate(any_not, &young));
	}
}

static void names(void **state)
{
	enum { TLS = 1 << NAME_TLS, QUIC = 1 << NAME_QUIC, HTTP = 1 << NAME_HTTP };
	static const struct {
		const char *what;
		uint8_t proto, sources, inspect, inspecting;
		uint64_t seen[2];
		uint16_t list;
		enum truth truth;
	} rows[] = {
		{"may come", PROTO_TCP, TLS, 0, 1, {0}, 0, U},
		{"inspection is over", PROTO_TCP, TLS, 0, 0, {0}, 0, F},
		{"another inspection goes on", PROTO_TCP, TLS, 1, 1, {0}, 0, F},
		{"its inspection goes on", PROTO_TCP, HTTP, 7, 0x80, {0}, 0, U},
		{"seen", PROTO_TCP, TLS, 0, 1, {1}, 0, T},
		{"seen, inspection is over", PROTO_TCP, TLS, 0, 0, {1}, 0, T},
		{"another list", PROTO_TCP, TLS, 0, 1, {1}, 1, U},
		{"list of the second word", PROTO_TCP, TLS, 0, 0, {0, 1ull << 63}, 127, T},
		{"QUIC over TCP", PROTO_TCP, QUIC, 0, 1, {0}, 0, F},
		{"QUIC", PROTO_UDP, QUIC, 0, 1, {0}, 0, U},
		{"TLS over UDP", PROTO_UDP, TLS | HTTP, 0, 1, {0}, 0, F},
		{"any name over UDP", PROTO_UDP, TLS | QUIC | HTTP, 0, 1, {0}, 0, U},
		{"any name over ICMP", PROTO_ICMP, TLS | QUIC | HTTP, 0, 1, {0}, 0, F},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct condition condition = {.op = CONDITION_NAME,
			.name = {rows[i].list, rows[i].sources, rows[i].inspect}};
		const struct evidence evidence = {.proto = rows[i].proto,
			.inspecting = rows[i].inspecting,
			.lists_seen = rows[i].seen};

		if (evaluate(&condition, &evidence) != rows[i].truth)
			fail_msg("%s", rows[i].what);
	}
}

static void applications(void **state)
{
	static const struct {
		uint16_t master, app;
		bool known;
		enum truth truth; /* of "is 5 or 1000" */
	} rows[] = {
		{0, 0, false, U},
		{0, 0, true, F},
		{5, 0, false, T},
		{0, 5, true, T},
		{91, 1000, true, T},
		{91, 6, false, U},
		{91, 6, true, F},
		{1024 + 5, 0, true, F}, /* beyond the bitmap */
		{UINT16_MAX, UINT16_MAX, true, F},
	};
	uint64_t apps[1][APP_WORDS] = {{[0] = 1 << 5 | 1, [1000 / 64] = 1ull << 1000 % 64}};
	struct condition condition = {.op = CONDITION_APP, .apps = 0};
	struct ruleset ruleset = {.conditions = &condition, .apps = apps};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evidence evidence = {
			.master = rows[i].master, .app = rows[i].app, .class_known = rows[i].known};

		assert_int_equal(condition_evaluate(&ruleset, 0, &evidence), rows[i].truth);
	}
}

static void categories(void **state)
{
	static const struct {
		uint8_t category;
		bool known;
		enum truth truth; /* of "is 2 or 255" */
	} rows[] = {
		{0, false, U},
		{0, true, F}, /* what has none is of none, whatever bit 0 says */
		{2, false, T},
		{2, true, T},
		{255, true, T},
		{3, false, U},
		{3, true, F},
		{66, true, F},
	};
	struct condition condition = {
		.op = CONDITION_CATEGORY, .categories = {1 << 2 | 1, 0, 0, 1ull << 63}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evidence evidence = {
			.category = rows[i].category, .class_known = rows[i].known};

		if (evaluate(&condition, &evidence) != rows[i].truth)
			fail_msg("category %d", rows[i].category);
	}
}

static void ports(void **state)
{
	static const struct {
		uint16_t port;
		enum truth truth;
	} rows[] = {{0, F}, {79, F}, {80, T}, {81, F}, {999, F}, {1000, T}, {1500, T}, {2000, T},
		{2001, F}, {65535, T}};
	struct port_range ranges[] = {{1, 65535}, {80, 80}, {1000, 2000}, {65535, 65535}};
	struct condition conditions[] = {
		{.op = CONDITION_CLIENT_PORT, .ports = {1, 3}},
		{.op = CONDITION_SERVER_PORT, .ports = {1, 3}},
	};
	struct ruleset ruleset = {.conditions = conditions, .ports = ranges};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evidence client = {.client_port = rows[i].port};
		struct evidence server = {.server_port = rows[i].port};

		assert_int_equal(condition_evaluate(&ruleset, 0, &client), rows[i].truth);
		assert_int_equal(condition_evaluate(&ruleset, 1, &server), rows[i].truth);
		assert_int_equal(condition_evaluate(&ruleset, 0, &server), F);
	}
}

static void header_fields(void **state)
{
	static const uint8_t inside[16] = {10, 9, 8, 7}, outside[16] = {192, 0, 2, 1};
	struct evidence evidence = {.client = inside,
		.server = outside,
		.ip_version = 4,
		.proto = 255,
		.initiator = INITIATOR_INSIDE};
	struct prefixes *ten = prefixes_new();
	struct condition conditions[] = {
		{.op = CONDITION_CLIENT, .prefixes = ten},
		{.op = CONDITION_SERVER, .prefixes = ten},
		{.op = CONDITION_INITIATOR, .initiator = INITIATOR_INSIDE},
		{.op = CONDITION_INITIATOR, .initiator = INITIATOR_OUTSIDE},
		{.op = CONDITION_PROTO, .proto = {[3] = 1ull << 63}},
	};
	static const enum truth expected[] = {T, F, T, F, T};
	struct ruleset ruleset = {.conditions = conditions};
	struct prefix prefix;

	assert_null(prefix_parse("10.0.0.0/8", &prefix));
	prefixes_add(ten, &prefix);
	prefixes_seal(ten);
	for (uint32_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(condition_evaluate(&ruleset, i, &evidence), expected[i]);
	evidence.ip_version = 6; /* 0a09:807:: is not in 10.0.0.0/8 */
	assert_int_equal(condition_evaluate(&ruleset, 0, &evidence), F);
	prefixes_free(ten);
}

/* Known from the client's first payload on; before that as long as somebody looks. */
static void fully_encrypted(void **state)
{
	/* 100 bytes with 341 bits set: a mean of 3.41, which no limit of the paper exempts */
	static const struct entropy encrypted = {.bytes = 100, .set_bits = 341};
	static const struct entropy exempt = {.bytes = 100, .set_bits = 340}, none;
	static const struct {
		const char *what;
		uint8_t proto, inspecting;
		const struct entropy *opening;
		enum truth truth;
	} rows[] = {
		{"no payload yet", PROTO_TCP, 2, &none, U},
		{"none came", PROTO_TCP, 1, &none, F},
		{"nobody kept it", PROTO_UDP, 1, NULL, F},
		{"no payload yet", PROTO_UDP, 2, NULL, U},
		{"there is none", PROTO_ICMP, 2, &none, F},
		{"it is", PROTO_TCP, 2, &encrypted, T},
		{"it was", PROTO_TCP, 0, &encrypted, T},
		{"it is not", PROTO_TCP, 2, &exempt, F},
	};
	struct condition condition = {.op = CONDITION_FULLY_ENCRYPTED};

	condition.fully_encrypted.limits = entropy_published;
	condition.fully_encrypted.inspect = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evidence evidence = {.proto = rows[i].proto,
			.inspecting = rows[i].inspecting,
			.opening = rows[i].opening};

		if (evaluate(&condition, &evidence) != rows[i].truth)
			fail_msg("%s", rows[i].what);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_two),
		cmocka_unit_test(one_and_none),
		cmocka_unit_test(tables_of_four),
		cmocka_unit_test(trees),
		cmocka_unit_test(names),
		cmocka_unit_test(fully_encrypted),
		cmocka_unit_test(applications),
		cmocka_unit_test(categories),
		cmocka_unit_test(ports),
		cmocka_unit_test(header_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
