/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/wehe.h"

#include "dataplane/prng.h"

#include <math.h>

struct buckets {
	double values[WEHE_BUCKETS]; /* those that are not empty, sorted */
	size_t count;
	double mean; /* of all */
};

struct wehe_parameters wehe_defaults(void)
{
	return (struct wehe_parameters){
		.area = 0.5,
		.area_fast = 0.3,
		.fast_bps = 10e6,
		.p = 0.01,
		.resampled = 0.05,
		.agreement = 0.95,
		.resamples = 100,
		.seed = 1,
	};
}

static struct buckets take(const double *values)
{
	struct buckets buckets = {.count = 0};
	double sum = 0;

	for (size_t i = 0; i < WEHE_BUCKETS; i++) {
		sum += values[i];
		if (values[i] > 0)
			buckets.values[buckets.count++] = values[i];
	}
	buckets.mean = sum / WEHE_BUCKETS;
	ks_sort(buckets.values, buckets.count);
	return buckets;
}

/* Half of them, without putting any back. */
static struct buckets half(const struct buckets *all, uint64_t key)
{
	struct buckets part = *all;

	part.count = all->count / 2;
	for (size_t i = 0; i < part.count; i++) {
		uint64_t draw = prng_draw(key, i);
		size_t other = i + (size_t)(((__uint128_t)draw * (all->count - i)) >> 64);
		double kept = part.values[i];

		part.values[i] = part.values[other];
		part.values[other] = kept;
	}
	ks_sort(part.values, part.count);
	return part;
}

/* The share of halves that say what the whole says. */
static bool jackknife(const struct buckets *control, const struct buckets *original,
	const struct wehe_parameters *parameters, struct wehe *wehe)
{
	bool differs = wehe->ks.p < parameters->resampled;
	uint64_t agreeing = 0;

	for (uint64_t i = 0; i < parameters->resamples; i++) {
		struct buckets left = half(control, prng_mix(parameters->seed, 2 * i));
		struct buckets right = half(original, prng_mix(parameters->seed, 2 * i + 1));
		struct ks ks = {0, 1};

		if (left.count && right.count &&
			!ks_test(left.values, left.count, right.values, right.count, &ks))
			return false;
		agreeing += (ks.p < parameters->resampled) == differs;
	}
	wehe->agreement =
		parameters->resamples ? (double)agreeing / (double)parameters->resamples : 1;
	return true;
}

static enum wehe_verdict judge(const struct wehe_parameters *parameters, const struct wehe *wehe)
{
	bool fast = wehe->mean_control > parameters->fast_bps ||
		    wehe->mean_original > parameters->fast_bps;

	if (fabs(wehe->area) < (fast ? parameters->area_fast : parameters->area))
		return WEHE_SAME;
	if (wehe->ks.p < parameters->p && wehe->agreement > parameters->agreement)
		return WEHE_DIFFERENT;
	return WEHE_INCONCLUSIVE;
}

bool wehe_compare(const double *control, const double *original,
	const struct wehe_parameters *parameters, struct wehe *wehe)
{
	struct buckets a = take(control), b = take(original);
	double larger = a.mean > b.mean ? a.mean : b.mean;

	*wehe = (struct wehe){.ks = {1, 1}, .agreement = 1};
	wehe->mean_control = a.mean;
	wehe->mean_original = b.mean;
	wehe->area = larger > 0 ? (a.mean - b.mean) / larger : 0;
	if (!a.count || !b.count) {
		wehe->verdict = !a.count && !b.count ? WEHE_INCONCLUSIVE : WEHE_DIFFERENT;
		return true;
	}
	if (!ks_test(a.values, a.count, b.values, b.count, &wehe->ks) ||
		!jackknife(&a, &b, parameters, wehe))
		return false;
	wehe->verdict = judge(parameters, wehe);
	return true;
}
