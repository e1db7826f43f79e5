/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/bench/trials.h"

#include "control/bench/steadiness.h"

#include <math.h>
#include <string.h>

struct trials {
	const struct contest *contest;
	const struct setting *setting;
	void *states[CONTENDERS_MAX];
	double values[CONTENDERS_MAX][SPREAD_VALUES_MAX];
	struct trials_result *result;
	struct failure *failure;
};

static uint32_t contender_count(const struct contest *contest)
{
	uint32_t count = 0;

	while (count < CONTENDERS_MAX && contest->contenders[count].name)
		count++;
	return count;
}

static bool begin_all(struct trials *trials)
{
	for (uint32_t i = 0; i < contender_count(trials->contest); i++) {
		trials->states[i] =
			trials->contest->contenders[i].begin(trials->setting, trials->failure);
		if (!trials->states[i])
			return false;
	}
	return true;
}

static void end_all(struct trials *trials)
{
	for (uint32_t i = 0; i < CONTENDERS_MAX; i++) {
		if (trials->states[i])
			trials->contest->contenders[i].end(trials->states[i]);
	}
}

static bool take(struct trials *trials, uint32_t contender, double *value)
{
	const struct contender *row = &trials->contest->contenders[contender];
	bool kept = false;

	for (int attempt = 0; attempt < ATTEMPTS_MAX && !kept; attempt++) {
		struct steadiness begin = steadiness_begin();

		*value = row->trial(trials->states[contender]);
		kept = trials->contest->in_virtual_time || steadiness_kept(&begin);
		trials->result->spoilt += !kept && attempt < ATTEMPTS_MAX - 1;
		if (isnan(*value))
			return failure_set(trials->failure, EXIT_REFUSED,
				"%s, %s: %s did not do what is measured", trials->contest->id,
				trials->setting->label, row->name);
	}
	trials->result->doubted += !kept;
	return true;
}

/* The first round warms up and does not count. */
static bool take_all(struct trials *trials, uint32_t repeats)
{
	uint32_t count = contender_count(trials->contest);
	double cold;

	for (uint32_t i = 0; i < count && !trials->contest->in_virtual_time; i++) {
		if (!take(trials, i, &cold))
			return false;
	}
	trials->result->spoilt = trials->result->doubted = 0;
	for (uint32_t repeat = 0; repeat < repeats; repeat++) {
		for (uint32_t i = 0; i < count; i++) {
			if (!take(trials, i, &trials->values[i][repeat]))
				return false;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		trials->result->spreads[i] = spread_of(trials->values[i], repeats, i);
	return true;
}

bool trials_run(const struct contest *contest, const struct setting *setting, uint32_t repeats,
	struct trials_result *result, struct failure *failure)
{
	struct trials trials = {contest, setting, {NULL}, {{0}}, result, failure};
	bool good;

	memset(result, 0, sizeof(*result));
	if (contest->in_virtual_time)
		repeats = 1;
	good = begin_all(&trials) && take_all(&trials, repeats);
	end_all(&trials);
	return good;
}

double trials_ratio(const struct contest *contest, const struct target *target,
	const struct trials_result *result)
{
	double ours = result->spreads[0].median, theirs = 0;

	if (!target->beside)
		return ours;
	for (uint32_t i = 1; i < contender_count(contest); i++) {
		if (!strcmp(contest->contenders[i].name, target->beside))
			theirs = result->spreads[i].median;
	}
	return contest->more_is_better ? ours / theirs : theirs / ours;
}

bool trials_met(const struct contest *contest, const struct target *target,
	const struct trials_result *result)
{
	double value = trials_ratio(contest, target, result);

	return target->beside || contest->more_is_better ? value >= target->bound
							 : value <= target->bound;
}
