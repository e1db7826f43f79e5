/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/contrast.h"

#include "control/measure/ks.h"
#include "dataplane/prng.h"

#include <math.h>
#include <stdlib.h>

enum { DRAWS = 2000, BLOCKS_LEAST = 4, BLOCKS_WANTED = 8, WINDOW = 5 };

/* Both rows, cut into blocks; those of a come first. */
struct pool {
	size_t block, count_a, count; /* bins in a block; blocks */
	double *means;                /* of blocks */
	size_t *order;                /* blocks, exchanged */
	bool *in_a;                   /* by block */
	double *values;               /* bins, sorted */
	size_t *block_of;             /* of values */
	double *effects;
	struct row_of_bins a, b;
	uint64_t seed, drawn;
};

static size_t draw_below(struct pool *pool, size_t limit)
{
	uint64_t draw = prng_draw(pool->seed, pool->drawn++);

	return (size_t)(((__uint128_t)draw * limit) >> 64);
}

static double mean_of(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count ? sum / (double)count : 0;
}

/* How many bins are worth one (Sokal's window). */
static double memory_of(const struct row_of_bins *row)
{
	double mean = mean_of(row->bins, row->count), variance = 0, sum = 1;

	for (size_t i = 0; i < row->count; i++)
		variance += (row->bins[i] - mean) * (row->bins[i] - mean);
	for (size_t lag = 1; variance > 0 && lag < row->count / 2; lag++) {
		double product = 0;

		if ((double)lag >= WINDOW * sum)
			break;
		for (size_t i = lag; i < row->count; i++)
			product += (row->bins[i] - mean) * (row->bins[i - lag] - mean);
		sum += 2 * product / variance;
		sum = sum < 1 ? 1 : sum;
	}
	return sum;
}

static size_t block_of(const struct row_of_bins *a, const struct row_of_bins *b)
{
	double left = memory_of(a), right = memory_of(b);
	size_t block = (size_t)ceil(2 * (left > right ? left : right));
	size_t most = (a->count < b->count ? a->count : b->count) / BLOCKS_WANTED;

	block = block > most ? most : block;
	return block ? block : 1;
}

static const double *block_bins(const struct pool *pool, size_t block)
{
	if (block < pool->count_a)
		return pool->a.bins + block * pool->block;
	return pool->b.bins + (block - pool->count_a) * pool->block;
}

struct placed {
	double value;
	size_t block;
};

static int by_value(const void *a, const void *b)
{
	double left = ((const struct placed *)a)->value, right = ((const struct placed *)b)->value;

	return left < right ? -1 : left > right;
}

static bool sort_bins(struct pool *pool)
{
	size_t count = pool->count * pool->block;
	struct placed *placed = calloc(count, sizeof(*placed));

	if (!placed)
		return false;
	for (size_t i = 0; i < count; i++)
		placed[i] = (struct placed){
			block_bins(pool, i / pool->block)[i % pool->block], i / pool->block};
	qsort(placed, count, sizeof(*placed), by_value);
	for (size_t i = 0; i < count; i++) {
		pool->values[i] = placed[i].value;
		pool->block_of[i] = placed[i].block;
	}
	free(placed);
	return true;
}

static bool pool_open(struct pool *pool)
{
	size_t bins = pool->count * pool->block;

	pool->means = calloc(pool->count, sizeof(*pool->means));
	pool->order = calloc(pool->count, sizeof(*pool->order));
	pool->in_a = calloc(pool->count, sizeof(*pool->in_a));
	pool->values = calloc(bins, sizeof(*pool->values));
	pool->block_of = calloc(bins, sizeof(*pool->block_of));
	pool->effects = calloc(DRAWS, sizeof(*pool->effects));
	if (!pool->means || !pool->order || !pool->in_a || !pool->values || !pool->block_of ||
		!pool->effects || !sort_bins(pool))
		return false;
	for (size_t i = 0; i < pool->count; i++) {
		pool->means[i] = mean_of(block_bins(pool, i), pool->block);
		pool->order[i] = i;
		pool->in_a[i] = i < pool->count_a;
	}
	return true;
}

static void pool_close(struct pool *pool)
{
	free(pool->means);
	free(pool->order);
	free(pool->in_a);
	free(pool->values);
	free(pool->block_of);
	free(pool->effects);
}

/* The blocks of one part of the order: their mean, and how sure it is. */
static void moments(const struct pool *pool, size_t first, size_t end, double *mean, double *error)
{
	double sum = 0, squares = 0, count = (double)(end - first);

	for (size_t i = first; i < end; i++)
		sum += pool->means[pool->order[i]];
	*mean = sum / count;
	for (size_t i = first; i < end; i++) {
		double off = pool->means[pool->order[i]] - *mean;

		squares += off * off;
	}
	*error = squares / (count - 1) / count;
}

static double studentised(const struct pool *pool)
{
	double a, b, error_a, error_b;

	moments(pool, 0, pool->count_a, &a, &error_a);
	moments(pool, pool->count_a, pool->count, &b, &error_b);
	if (fabs(b - a) <= 1e-9 * fabs(a))
		return 0;
	return fabs(b - a) / sqrt(error_a + error_b + 1e-300);
}

static double distance(const struct pool *pool)
{
	double a_count = (double)(pool->count_a * pool->block);
	double b_count = (double)((pool->count - pool->count_a) * pool->block);
	size_t count = pool->count * pool->block;
	double off = 0, most = 0;

	for (size_t i = 0; i < count; i++) {
		off += pool->in_a[pool->block_of[i]] ? 1 / a_count : -1 / b_count;
		if ((i + 1 == count || pool->values[i + 1] > pool->values[i]) && fabs(off) > most)
			most = fabs(off);
	}
	return most;
}

static void shuffle(struct pool *pool)
{
	for (size_t i = pool->count - 1; i > 0; i--) {
		size_t other = draw_below(pool, i + 1), kept = pool->order[i];

		pool->order[i] = pool->order[other];
		pool->order[other] = kept;
	}
	for (size_t i = 0; i < pool->count; i++)
		pool->in_a[pool->order[i]] = i < pool->count_a;
}

/* How often chance does as much (Phipson and Smyth 2010: the order that was seen counts). */
static void permute(struct pool *pool, struct contrast *contrast)
{
	double mean = studentised(pool), ks = distance(pool);
	int mean_hits = 1, ks_hits = 1;

	for (int i = 0; i < DRAWS; i++) {
		shuffle(pool);
		mean_hits += studentised(pool) >= mean * (1 - 1e-9);
		ks_hits += distance(pool) >= ks - 1e-9;
	}
	contrast->ks = ks;
	contrast->p_mean = mean_hits / (DRAWS + 1.0);
	contrast->p_ks = ks_hits / (DRAWS + 1.0);
	contrast->p = 2 * fmin(contrast->p_mean, contrast->p_ks);
	contrast->p = contrast->p > 1 ? 1 : contrast->p;
}

static double effect_of(double a, double b)
{
	double larger = a > b ? a : b;

	return larger > 0 ? (b - a) / larger : 0;
}

static double drawn_mean(struct pool *pool, size_t first, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += pool->means[first + draw_below(pool, count)];
	return sum / (double)count;
}

/* The value that a standard normal variable exceeds with a chance of `tail`. */
static double normal_above(double tail)
{
	double low = 0, high = 10;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (erfc(middle / sqrt(2)) / 2 > tail)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void bootstrap(struct pool *pool, double alpha, struct contrast *contrast)
{
	size_t count_b = pool->count - pool->count_a;
	double fewer = (double)(pool->count_a < count_b ? pool->count_a : count_b);
	double wider = sqrt(fewer / (fewer - 1)), squares = 0;

	for (int i = 0; i < DRAWS; i++) {
		double a = drawn_mean(pool, 0, pool->count_a);
		double off =
			effect_of(a, drawn_mean(pool, pool->count_a, count_b)) - contrast->effect;

		pool->effects[i] = contrast->effect + off * wider;
		squares += off * off;
	}
	ks_sort(pool->effects, DRAWS);
	contrast->effect_ci[0] = fmax(-1, pool->effects[(size_t)(alpha / 2 * DRAWS)]);
	contrast->effect_ci[1] = fmin(1, pool->effects[(size_t)((1 - alpha / 2) * DRAWS)]);
	contrast->detectable =
		(normal_above(alpha / 4) + normal_above(0.05)) * wider * sqrt(squares / DRAWS);
}

bool contrast_find(const struct row_of_bins *a, const struct row_of_bins *b,
	const struct contrast_parameters *parameters, struct contrast *contrast)
{
	struct pool pool = {.a = *a, .b = *b, .seed = parameters->seed};
	bool good;

	*contrast = (struct contrast){.p = 1, .p_mean = 1, .p_ks = 1, .detectable = 1};
	contrast->mean_a = mean_of(a->bins, a->count);
	contrast->mean_b = mean_of(b->bins, b->count);
	contrast->effect = effect_of(contrast->mean_a, contrast->mean_b);
	contrast->block = pool.block = block_of(a, b);
	contrast->blocks_a = pool.count_a = a->count / pool.block;
	contrast->blocks_b = b->count / pool.block;
	pool.count = contrast->blocks_a + contrast->blocks_b;
	if (contrast->blocks_a < BLOCKS_LEAST || contrast->blocks_b < BLOCKS_LEAST)
		return false;
	good = pool_open(&pool);
	if (good) {
		bootstrap(&pool, parameters->alpha, contrast);
		permute(&pool, contrast);
	}
	pool_close(&pool);
	return good;
}
