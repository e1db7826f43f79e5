/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/pool.h"

static bool is_all(const uint8_t *bytes, size_t count, uint8_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static void as_many_as_the_limit(void **state)
{
	static const uint32_t limits[] = {1, 2, 1000};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		bool taken[1001] = {false};
		struct pool pool;

		assert_true(pool_begin(&pool, 24, limits[i]));
		for (uint32_t n = 0; n < limits[i]; n++) {
			uint32_t number = pool_take(&pool);

			assert_true(number >= 1 && number <= limits[i]);
			assert_false(taken[number]);
			taken[number] = true;
		}
		assert_int_equal(pool_take(&pool), 0);
		assert_int_equal(pool.used, limits[i]);
		pool_give(&pool, limits[i]);
		assert_int_equal(pool_take(&pool), limits[i]);
		assert_int_equal(pool_take(&pool), 0);
		pool_end(&pool);
	}
}

/* Blocks of a size that is no multiple of 8 do not overlap, and come zeroed each time. */
static void blocks_are_apart_and_zeroed(void **state)
{
	static const size_t sizes[] = {4, 8, 13, 64, 4097};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pool pool;

		assert_true(pool_begin(&pool, sizes[i], 16));
		for (int round = 0; round < 3; round++) {
			for (uint32_t n = 1; n <= 16; n++) {
				uint8_t *block = pool_at(&pool, pool_take(&pool));

				assert_int_equal((uintptr_t)block % 8, 0);
				assert_true(is_all(block, sizes[i], 0));
			}
			for (uint32_t n = 1; n <= 16; n++)
				memset(pool_at(&pool, n), (int)n, sizes[i]);
			for (uint32_t n = 1; n <= 16; n++)
				assert_true(is_all(pool_at(&pool, n), sizes[i], (uint8_t)n));
			for (uint32_t n = 1; n <= 16; n++)
				pool_give(&pool, n);
		}
		pool_end(&pool);
	}
}

static void only_the_first_bytes_are_zeroed(void **state)
{
	struct pool pool;
	uint8_t *block;

	assert_true(pool_begin(&pool, 64, 1));
	memset(pool_at(&pool, pool_take(&pool)), 0xa5, 64);
	pool_give(&pool, 1);
	assert_int_equal(pool_take_partly(&pool, 16), 1);
	block = pool_at(&pool, 1);
	assert_true(is_all(block, 16, 0));
	assert_true(is_all(block + 16, 48, 0xa5));
	pool_end(&pool);
}

static void counts(void **state)
{
	struct pool pool;

	assert_true(pool_begin(&pool, 8, 10));
	pool_give(&pool, 0); /* none */
	assert_int_equal(pool.used, 0);
	for (int n = 0; n < 7; n++)
		pool_take(&pool);
	for (uint32_t n = 1; n <= 5; n++)
		pool_give(&pool, n);
	pool_take(&pool);
	assert_int_equal(pool.used, 3);
	assert_int_equal(pool.peak, 7);
	assert_int_equal(pool.touched, 7); /* what was given back is used first */
	pool_end(&pool);
	assert_null(pool.blocks);
	pool_end(&pool);
}

/* 1 TB of address space: memory follows use. */
static void reserves_more_than_there_is(void **state)
{
	struct pool pool;

	assert_true(pool_begin(&pool, 1024, 1u << 30));
	for (uint32_t n = 1; n <= 1000; n++)
		assert_int_equal(pool_take(&pool), n);
	pool_end(&pool);
	assert_false(pool_begin(&pool, (size_t)1 << 40, 1u << 30));
	assert_null(pool.blocks);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_the_limit),
		cmocka_unit_test(blocks_are_apart_and_zeroed),
		cmocka_unit_test(only_the_first_bytes_are_zeroed),
		cmocka_unit_test(counts),
		cmocka_unit_test(reserves_more_than_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
