/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/bucket.h"

#include <math.h>

static const double mislabelled = 0.005; /* share of outcomes that the capture shows wrongly */

enum { BISECTIONS = 32, DEPTHS_EACH_DOUBLING = 4, DEPTH_LEAST_PACKETS = 2, BOUND_STEPS = 32 };

/* The rows that prove something: from the first loss to the last one. */
struct range {
	size_t first, end;
};

static struct range range_of(const struct arrivals *arrivals, bool full)
{
	struct range range = {arrivals->count, 0};

	for (size_t i = 0; i < arrivals->count; i++) {
		if (!arrivals->rows[i].lost)
			continue;
		range.first = i < range.first ? i : range.first;
		range.end = i + 1;
	}
	range.first = full ? 0 : range.first;
	return range;
}

static double likelihood(double level, const struct arrival *arrival, double noise)
{
	double distance = (level - arrival->bytes) / noise;
	double chance = 1 / (1 + exp(arrival->lost ? distance : -distance));

	return log(mislabelled + (1 - 2 * mislabelled) * chance);
}

/* What is left of the level after an outcome; what contradicts it is mended. */
static double settle(struct bucket_account *account, double level, const struct arrival *arrival)
{
	double bytes = arrival->bytes;

	if (arrival->lost) {
		account->losses++;
		account->lowered += level > bytes ? level - bytes : 0;
		return level > bytes ? bytes : level;
	}
	account->passes++;
	account->passed += bytes;
	account->lifted += level < bytes ? bytes - level : 0;
	return level < bytes ? 0 : level - bytes;
}

void bucket_count(
	struct bucket_account *account, double level, const struct arrival *arrival, double noise)
{
	if (!arrival->unknown)
		account->log_likelihood += likelihood(level, arrival, noise);
	settle(account, level, arrival);
}

struct bucket_account bucket_walk(
	const struct arrivals *arrivals, const struct bucket *bucket, bool full, double *levels)
{
	struct range range = range_of(arrivals, full);
	struct bucket_account account = {0};
	double per_ns = bucket->rate / 1e9, level = full ? bucket->burst : 0;
	bool after_pass = true;

	for (size_t i = 0; levels && i < arrivals->count; i++)
		levels[i] = NAN;
	for (size_t i = range.first; i < range.end; i++) {
		const struct arrival *arrival = &arrivals->rows[i];

		if (i > range.first)
			level += per_ns * (double)(arrival->time_ns - arrival[-1].time_ns);
		level = level > bucket->burst ? bucket->burst : level;
		if (levels)
			levels[i] = level;
		if (bucket->noise > 0 && !arrival->unknown && i > range.first)
			account.log_likelihood += likelihood(level, arrival, bucket->noise);
		account.runs += arrival->lost && after_pass;
		after_pass = !arrival->lost;
		level = settle(&account, level, arrival);
	}
	account.level = level;
	return account;
}

static double entropy(double hits, double misses)
{
	double all = hits + misses;

	return (hits > 0 ? hits * log(hits / all) : 0) +
	       (misses > 0 ? misses * log(misses / all) : 0);
}

double bucket_chance(const struct arrivals *arrivals)
{
	struct range range = range_of(arrivals, false);
	double counts[2][2] = {{0}};

	for (size_t i = range.first + 1; i < range.end; i++) {
		if (!arrivals->rows[i].unknown)
			counts[arrivals->rows[i - 1].lost][arrivals->rows[i].lost]++;
	}
	return entropy(counts[0][0], counts[0][1]) + entropy(counts[1][0], counts[1][1]);
}

double bucket_rate(const struct arrivals *arrivals, double burst, bool full)
{
	double low = log(10), high = log(1e10);

	for (int i = 0; i < BISECTIONS; i++) {
		struct bucket bucket = {exp((low + high) / 2), burst, 0};
		struct bucket_account account = bucket_walk(arrivals, &bucket, full, NULL);

		if (account.lifted > account.lowered)
			low = (low + high) / 2;
		else
			high = (low + high) / 2;
	}
	return exp((low + high) / 2);
}

/* Levels are off by a part of a packet, and by what comes in while a packet is on its way. */
static double set_noise(const struct arrivals *arrivals, struct bucket *bucket, bool full)
{
	static const double packets[] = {0.1, 0.2, 0.4, 0.8, 1.6};
	struct bucket tried = *bucket;
	double best = -INFINITY;

	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		double found;

		tried.noise = packets[i] * arrivals->largest;
		found = bucket_walk(arrivals, &tried, full, NULL).log_likelihood;
		if (found <= best)
			continue;
		best = found;
		bucket->noise = tried.noise;
	}
	return best;
}

static double try_depth(
	const struct arrivals *arrivals, double burst, bool full, struct bucket *bucket)
{
	bucket->burst = burst;
	bucket->rate = bucket_rate(arrivals, burst, full);
	return set_noise(arrivals, bucket, full);
}

static void search(const struct arrivals *arrivals, bool full, double low, double high,
	double factor, struct bucket *best)
{
	double best_found = -INFINITY;

	for (double burst = low; burst <= high; burst *= factor) {
		struct bucket bucket;
		double found = try_depth(arrivals, burst, full, &bucket);

		if (found <= best_found)
			continue;
		best_found = found;
		*best = bucket;
	}
}

bool bucket_fit(
	const struct arrivals *arrivals, bool full, size_t losses_least, struct bucket *bucket)
{
	struct range range = range_of(arrivals, false);
	double factor = exp2(1.0 / DEPTHS_EACH_DOUBLING), passed = 0;
	size_t losses = 0, passes = 0;

	for (size_t i = range.first; i < range.end; i++) {
		losses += arrivals->rows[i].lost;
		passes += !arrivals->rows[i].lost;
	}
	for (size_t i = 0; i < range.end; i++)
		passed += arrivals->rows[i].lost ? 0 : arrivals->rows[i].bytes;
	if (losses < losses_least || !losses || !passes)
		return false;
	search(arrivals, full, DEPTH_LEAST_PACKETS * (double)arrivals->largest,
		passed + 2.0 * arrivals->largest, factor, bucket);
	for (int round = 0; round < 3; round++) {
		double finer = sqrt(factor);

		search(arrivals, full, bucket->burst / factor, bucket->burst * factor * 1.0001,
			sqrt(finer), bucket);
		factor = finer;
	}
	return true;
}

/* How much less likely a bucket may be, where outcomes are off in whole runs and not one by one:
 * the likelihood is then worth as much less as it is worse than it should be (a quasi-likelihood,
 * with two parts in e for each run of losses as the norm). */
static double allowance(const struct bucket_account *best)
{
	double worse = -best->log_likelihood / (2 * (double)(best->runs + 1));

	return 2 * (worse > 1 ? worse : 1);
}

/* The farthest rate or depth, by growing steps, that is still likely enough. */
static double bound(const struct arrivals *arrivals, const struct bucket *bucket, bool full,
	bool of_burst, double step)
{
	struct bucket_account best = bucket_walk(arrivals, bucket, full, NULL);
	double least = best.log_likelihood - allowance(&best);
	struct bucket tried = *bucket;
	double *value = of_burst ? &tried.burst : &tried.rate, farthest = *value;

	for (int i = 0; i < BOUND_STEPS; i++) {
		if (bucket_walk(arrivals, &tried, full, NULL).log_likelihood < least)
			return farthest;
		farthest = *value;
		*value *= step;
		step = 1 + (step - 1) * 1.3;
		if (step <= 0)
			return 0;
	}
	return INFINITY;
}

void bucket_intervals(const struct arrivals *arrivals, const struct bucket *bucket, bool full,
	double rate[2], double burst[2])
{
	rate[0] = bound(arrivals, bucket, full, false, 1 - 1e-4);
	rate[1] = bound(arrivals, bucket, full, false, 1 + 1e-4);
	burst[0] = bound(arrivals, bucket, full, true, 1 - 1e-3);
	burst[1] = bound(arrivals, bucket, full, true, 1 + 1e-3);
}
