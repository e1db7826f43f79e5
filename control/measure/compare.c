/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice measure compare: is one capture's throughput different from another's? */
#include "control/commands.h"
#include "control/measure/contrast.h"
#include "control/measure/goodput.h"
#include "control/measure/passage.h"
#include "control/measure/wehe.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct compare_options {
	const char *method, *direction;
	double alpha, tolerance, detect; /* percent */
	double area, area_fast, p;
	uint64_t bins, seed;
	bool json;
};

static const struct option_row options[] = {
	{"--method", 0, OPTION_TEXT, "NAME", "own (default), or wehe",
		offsetof(struct compare_options, method), 0, 0},
	{"--direction", 0, OPTION_TEXT, "WAY", "up or down (default: that with more bytes)",
		offsetof(struct compare_options, direction), 0, 0},
	{"--alpha", 0, OPTION_FACTOR, "PCT", "own: false alarms that are allowed (default 5)",
		offsetof(struct compare_options, alpha), 0, 0},
	{"--tolerance", 0, OPTION_FACTOR, "PCT",
		"own: means that differ by less count as the same (default 3)",
		offsetof(struct compare_options, tolerance), 0, 0},
	{"--detect", 0, OPTION_FACTOR, "PCT",
		"own: inconclusive when a difference of this could have gone unseen (default 20)",
		offsetof(struct compare_options, detect), 0, 0},
	{"--bins", 0, OPTION_COUNT, "N", "own: bins of the shorter capture (default 200)",
		offsetof(struct compare_options, bins), 20, 10000},
	{"--area", 0, OPTION_FACTOR, "X", "wehe: difference of means that is needed (default 0.5)",
		offsetof(struct compare_options, area), 0, 0},
	{"--area-fast", 0, OPTION_FACTOR, "X", "wehe: likewise above 10 Mbit/s (default 0.3)",
		offsetof(struct compare_options, area_fast), 0, 0},
	{"--p", 0, OPTION_FACTOR, "X", "wehe: chance below which it counts (default 0.01)",
		offsetof(struct compare_options, p), 0, 0},
	{"--seed", 0, OPTION_COUNT, "N", "of what is drawn by chance (default 1)",
		offsetof(struct compare_options, seed), 0, UINT64_MAX},
	{"--json", 0, OPTION_FLAG, NULL, "print JSON", offsetof(struct compare_options, json), 0,
		0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

enum { BINS_MOST = 100000 };

static const double same_shape = 0.2; /* a distance of distributions that counts as the same */

struct comparison {
	struct compare_options options;
	struct option_list captures;
	struct goodput sides[2];
	enum direction direction;
	const char *verdict, *reason;
	double p, ks, area, effect, effect_ci[2], detectable, mean[2];
	struct contrast contrast;
	struct wehe wehe;
	bool wehe_used;
};

static bool read_sides(struct comparison *it, struct failure *failure)
{
	struct warnings warnings = {0};
	bool good = true;

	for (int i = 0; good && i < 2; i++)
		good = goodput_read(it->captures.items[i], &it->sides[i], &warnings, failure);
	passage_print_warnings(&warnings);
	return good;
}

static void choose_direction(struct comparison *it)
{
	uint64_t bytes[2] = {0, 0};

	for (int i = 0; i < 2; i++) {
		for (int d = 0; d < 2; d++)
			bytes[d] += goodput_bytes(&it->sides[i], d);
	}
	it->direction = bytes[DIRECTION_UP] > bytes[DIRECTION_DOWN] ? DIRECTION_UP : DIRECTION_DOWN;
	if (it->options.direction)
		it->direction =
			!strcmp(it->options.direction, "up") ? DIRECTION_UP : DIRECTION_DOWN;
}

static void say(struct comparison *it, const char *verdict, const char *reason)
{
	it->verdict = verdict;
	it->reason = reason;
}

static bool compare_as_wehe(struct comparison *it)
{
	static const char *const verdicts[] = {[WEHE_SAME] = "same",
		[WEHE_DIFFERENT] = "different",
		[WEHE_INCONCLUSIVE] = "inconclusive"};
	struct wehe_parameters parameters = wehe_defaults();
	double bins[2][WEHE_BUCKETS];

	parameters.seed = it->options.seed;
	parameters.area = it->options.area;
	parameters.area_fast = it->options.area_fast;
	parameters.p = it->options.p;
	for (int i = 0; i < 2; i++)
		goodput_bins(&it->sides[i], it->direction,
			fmax(goodput_seconds(&it->sides[i], it->direction), 1e-9) / WEHE_BUCKETS,
			bins[i], WEHE_BUCKETS);
	if (!wehe_compare(bins[0], bins[1], &parameters, &it->wehe))
		return false;
	it->wehe_used = true;
	say(it, verdicts[it->wehe.verdict], "published-thresholds");
	it->p = it->wehe.ks.p;
	it->ks = it->wehe.ks.distance;
	it->area = it->wehe.area;
	it->effect = -it->wehe.area;
	it->mean[0] = it->wehe.mean_control;
	it->mean[1] = it->wehe.mean_original;
	return true;
}

static void judge(struct comparison *it)
{
	const struct compare_options *given = &it->options;
	const struct contrast *found = &it->contrast;
	double alpha = given->alpha / 100;

	if (found->mean_a <= 0 && found->mean_b <= 0)
		say(it, "inconclusive", "nothing-got-through");
	else if (2 * found->p_mean < alpha && fabs(found->effect) >= given->tolerance / 100)
		say(it, "different", "means");
	else if (2 * found->p_ks < alpha && found->ks >= same_shape)
		say(it, "different", "distributions");
	else if (found->detectable > given->detect / 100)
		say(it, "inconclusive", "too-little-data");
	else
		say(it, "same", "no-difference");
}

/* How many bins of that length a capture has: at least one less a part. */
static size_t bins_of(const struct comparison *it, int side, double seconds)
{
	double count = goodput_seconds(&it->sides[side], it->direction) / seconds + 1e-6;

	return count > BINS_MOST ? BINS_MOST : (size_t)count;
}

/* One of them has nothing at all, not even a length. */
static bool is_blocked(struct comparison *it)
{
	uint64_t bytes[2] = {goodput_bytes(&it->sides[0], it->direction),
		goodput_bytes(&it->sides[1], it->direction)};

	if (bytes[0] && bytes[1])
		return false;
	it->detectable = 1;
	it->p = 1;
	if (!bytes[0] && !bytes[1]) {
		say(it, "inconclusive", "nothing-got-through");
		return true;
	}
	say(it, "different", "one-got-nothing-through");
	it->p = 0;
	it->ks = 1;
	it->effect = it->effect_ci[0] = it->effect_ci[1] = bytes[0] ? -1 : 1;
	it->area = -it->effect;
	for (int i = 0; i < 2; i++)
		it->mean[i] = bytes[i] ? (double)bytes[i] * 8 /
						 goodput_seconds(&it->sides[i], it->direction)
				       : 0;
	return true;
}

static void take_contrast(struct comparison *it)
{
	it->p = it->contrast.p;
	it->ks = it->contrast.ks;
	it->effect = it->contrast.effect;
	it->area = -it->contrast.effect;
	it->detectable = it->contrast.detectable;
	it->mean[0] = it->contrast.mean_a;
	it->mean[1] = it->contrast.mean_b;
	memcpy(it->effect_ci, it->contrast.effect_ci, sizeof(it->effect_ci));
}

static bool compare_as_own(struct comparison *it)
{
	const struct contrast_parameters parameters = {it->options.alpha / 100, it->options.seed};
	double shorter = fmin(goodput_seconds(&it->sides[0], it->direction),
		goodput_seconds(&it->sides[1], it->direction));
	double seconds = fmax(shorter, 1e-6) / (double)it->options.bins, *bins[2];
	struct row_of_bins rows[2];
	bool good;

	if (is_blocked(it))
		return true;
	if (shorter <= 0) {
		it->p = it->detectable = 1;
		say(it, "inconclusive", "too-little-data");
		return true;
	}
	for (int i = 0; i < 2; i++) {
		rows[i].count = bins_of(it, i, seconds);
		bins[i] = calloc(rows[i].count + 1, sizeof(double));
		rows[i].bins = bins[i];
	}
	good = bins[0] && bins[1];
	for (int i = 0; good && i < 2; i++)
		goodput_bins(&it->sides[i], it->direction, seconds, bins[i], rows[i].count);
	good = good && contrast_find(&rows[0], &rows[1], &parameters, &it->contrast);
	free(bins[0]);
	free(bins[1]);
	if (good) {
		take_contrast(it);
		judge(it);
	}
	return good;
}

static json_t *own_part(const struct comparison *it)
{
	return json_pack("{s:f, s:f, s:I, s:[I, I]}", "p_mean", it->contrast.p_mean, "p_ks",
		it->contrast.p_ks, "block_bins", (json_int_t)it->contrast.block, "blocks",
		(json_int_t)it->contrast.blocks_a, (json_int_t)it->contrast.blocks_b);
}

static void print_json(const struct comparison *it)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:[f, f]}", "verdict",
		it->verdict, "reason", it->reason, "method", it->wehe_used ? "wehe" : "own",
		"direction", it->direction == DIRECTION_UP ? "up" : "down", "p", it->p, "ks",
		it->ks, "area", it->area, "effect", it->effect, "mean_bps", it->mean[0],
		it->mean[1]);

	if (it->wehe_used)
		json_object_set_new(object, "jackknife", json_real(it->wehe.agreement));
	else
		json_object_update_new(object, own_part(it));
	json_object_set_new(object, "effect_ci",
		it->wehe_used ? json_null()
			      : json_pack("[f, f]", it->effect_ci[0], it->effect_ci[1]));
	json_object_set_new(
		object, "detectable", it->wehe_used ? json_null() : json_real(it->detectable));
	json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	printf("\n");
	json_decref(object);
}

static void print_text(const struct comparison *it)
{
	printf("%s (%s)\n", it->verdict, it->reason);
	printf("throughput %s      %.0f bit/s, then %.0f bit/s: %+.1f %%\n",
		it->direction == DIRECTION_UP ? "up  " : "down", it->mean[0], it->mean[1],
		it->effect * 100);
	if (!it->wehe_used)
		printf("difference           %+.1f %% to %+.1f %%; %.1f %% would have been found\n",
			it->effect_ci[0] * 100, it->effect_ci[1] * 100, it->detectable * 100);
	printf("chance               p = %.4g\n", it->p);
	printf("distributions        KS distance %.4f, area %.4f\n", it->ks, it->area);
	if (it->wehe_used)
		printf("jackknife            %.0f %% of the halves agree\n",
			it->wehe.agreement * 100);
}

static bool check_usage(struct comparison *it, struct failure *failure)
{
	const struct compare_options *given = &it->options;

	if (it->captures.count != 2)
		return failure_set(failure, EXIT_BAD_INPUT,
			"measure compare: give two captures, the control first");
	if (given->method && strcmp(given->method, "own") != 0 && strcmp(given->method, "wehe"))
		return failure_set(failure, EXIT_BAD_INPUT, "--method %s: own and wehe are known",
			given->method);
	if (given->direction && strcmp(given->direction, "up") != 0 &&
		strcmp(given->direction, "down") != 0)
		return failure_set(
			failure, EXIT_BAD_INPUT, "--direction %s: up or down", given->direction);
	return given->alpha <= 50 ||
	       failure_set(failure, EXIT_BAD_INPUT, "--alpha %g: at most 50", given->alpha);
}

static void compare(struct comparison *it, struct failure *failure)
{
	bool wehe = it->options.method && !strcmp(it->options.method, "wehe");

	if (!check_usage(it, failure) || !read_sides(it, failure))
		return;
	choose_direction(it);
	if (!(wehe ? compare_as_wehe(it) : compare_as_own(it))) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return;
	}
	if (it->options.json)
		print_json(it);
	else
		print_text(it);
	failure->exit_code = strcmp(it->verdict, "different") ? EXIT_DONE : EXIT_ANSWER_NO;
}

static int run(int argc, char **argv, struct failure *failure)
{
	const struct wehe_parameters published = wehe_defaults();
	struct comparison it = {.options = {.alpha = 5,
					.tolerance = 3,
					.detect = 20,
					.bins = 200,
					.seed = 1,
					.area = published.area,
					.area_fast = published.area_fast,
					.p = published.p}};

	if (options_parse(
		    &command_measure_compare, argc, argv, &it.options, &it.captures, failure) == 0)
		compare(&it, failure);
	for (int i = 0; i < 2; i++)
		goodput_free(&it.sides[i]);
	options_free(&command_measure_compare, &it.options, &it.captures);
	return failure->exit_code;
}

const struct command command_measure_compare = {
	.name = "measure compare",
	.synopsis = "CONTROL CAPTURE [options]",
	.help = "say whether one capture's throughput differs from another's",
	.details =
		"All flows of a capture together, in one direction. Verdicts: different (exit code "
		"1),\nsame, inconclusive. own: blocks of bins, as long as throughput remembers "
		"itself, are\nexchanged between the captures (permutation tests of means and of "
		"distributions) and drawn\nanew (bootstrap: how large the difference is, and the "
		"smallest one that would have been\nfound 19 times in 20). wehe: the test of Wehe "
		"with its published thresholds.\n",
	.options = options,
	.run = run,
};
