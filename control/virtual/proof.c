/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/proof.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define THROTTLED_FACTOR 2

const char *const proof_words[PROOF_STATES] = {
	[PROOF_PASS] = "pass",
	[PROOF_FAIL] = "FAIL",
	[PROOF_UNMET] = "unmet",
	[PROOF_NOT_RUN] = "not run",
};

/* What one seed needs. */
struct round {
	const struct rules *rules;
	const struct expectation *expectation;
	uint64_t seed;
	const char *capture;
	struct trial trial, other; /* other: without the box, or of `than` */
};

static bool wants(const struct expectation *expectation, enum observable observable)
{
	for (size_t i = 0; i < expectation->wanted_count; i++) {
		if (expectation->wanted[i].observable == observable)
			return true;
	}
	return false;
}

static bool run_other(struct round *round, struct failure *failure)
{
	const struct expectation *expectation = round->expectation;
	bool slower = wants(expectation, OBSERVABLE_SLOWER);
	struct script plain = *expectation->script;
	struct trial_setup setup = {.script = &plain, .seed = round->seed};

	if (!slower && !wants(expectation, OBSERVABLE_FASTER) &&
		!wants(expectation, OBSERVABLE_THROTTLED))
		return true;
	if (wants(expectation, OBSERVABLE_FASTER) || (slower && expectation->than))
		setup.rules = round->rules;
	if (expectation->than)
		setup.script = expectation->than;
	else if (setup.rules)
		for (size_t i = 0; i < plain.count; i++)
			plain.steps[i].given &= ~(1ull << SCRIPT_KEY_INVERTED);
	return trial_run(&setup, &round->other, failure);
}

static bool run_round(struct round *round, struct failure *failure)
{
	struct trial_setup setup = {
		.rules = round->rules,
		.script = round->expectation->script,
		.seed = round->seed,
		.detect = wants(round->expectation, OBSERVABLE_VERDICT),
		.capture = round->capture,
	};
	double *values = round->trial.values;

	if (!trial_run(&setup, &round->trial, failure) || !run_other(round, failure))
		return false;
	values[OBSERVABLE_SLOWER] = trial_factor(&round->trial, &round->other);
	values[OBSERVABLE_FASTER] = trial_factor(&round->other, &round->trial);
	values[OBSERVABLE_THROTTLED] = values[OBSERVABLE_SLOWER] >= THROTTLED_FACTOR;
	return true;
}

/* Adds what a round showed of one thing wanted. */
static void take(struct measured *measured, const struct expected *expected,
	const struct trial *trial, bool first)
{
	double value = trial->values[expected->observable];
	const char *word = trial->words[expected->observable];
	bool good = value >= expected->low && value <= expected->high;

	if (observables[expected->observable].kind == OBSERVABLE_WORD)
		good = !strcmp(word, expected->word);
	if (first || (measured->good && !good))
		snprintf(measured->word, sizeof(measured->word), "%s", word);
	measured->least = first ? value : fmin(measured->least, value);
	measured->most = first ? value : fmax(measured->most, value);
	measured->good = (first || measured->good) && good;
}

static bool run_rounds(struct proof *proof, const struct proof_setup *setup,
	const struct rules *rules, struct failure *failure)
{
	const struct expectation *expectation = proof->expectation;
	bool good = true;

	for (unsigned i = 0; i < expectation->seeds; i++) {
		struct round round = {.rules = rules,
			.expectation = expectation,
			.seed = setup->seed + i,
			.capture = i ? NULL : setup->capture};

		if (!run_round(&round, failure))
			return false;
		if (!i)
			proof->first = round.trial;
		for (size_t w = 0; w < expectation->wanted_count; w++)
			take(&proof->measured[w], &expectation->wanted[w], &round.trial, !i);
	}
	for (size_t w = 0; w < expectation->wanted_count; w++)
		good = good && proof->measured[w].good;
	proof->seeds = expectation->seeds;
	proof->state = good ? PROOF_PASS : expectation->unmet[0] ? PROOF_UNMET : PROOF_FAIL;
	return true;
}

static struct rules *load(const struct proof_setup *setup, const struct expectation *expectation,
	struct failure *failure)
{
	struct rules_setting settings[2 * SETTINGS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < setup->setting_count && i < SETTINGS_MAX; i++)
		settings[count++] = setup->settings[i];
	for (size_t i = 0; i < expectation->setting_count; i++)
		settings[count++] = expectation->settings[i];
	return setup->file ? rules_load_file(setup->model, settings, count, failure)
			   : rules_load_model(setup->model, settings, count, failure);
}

bool proof_is_virtual(const struct expectation *expectation)
{
	return strcmp(expectation->in, "lab") != 0;
}

bool proof_run(struct proof *proof, const struct proof_setup *setup,
	const struct expectation *expectation, struct failure *failure)
{
	struct rules *rules;
	bool good;

	*proof = (struct proof){.expectation = expectation, .state = PROOF_NOT_RUN};
	if (!proof_is_virtual(expectation))
		return true;
	rules = load(setup, expectation, failure);
	if (!rules)
		return false;
	good = run_rounds(proof, setup, rules, failure);
	rules_free(rules);
	return good;
}

struct scale {
	double from;
	const char *unit;
};

static const char *scaled(const struct scale *scales, double value, char *into, size_t size)
{
	while (scales->from > value && scales[1].unit)
		scales++;
	snprintf(into, size, "%.4g%s", value / (scales->from > 0 ? scales->from : 1), scales->unit);
	return into;
}

const char *proof_value(enum observable_kind kind, double value, char *into, size_t size)
{
	static const struct scale rates[] = {
		{1e6, "Mbit/s"}, {1e3, "kbit/s"}, {0, "bit/s"}, {0, NULL}};
	static const struct scale times[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {0, NULL}};
	static const struct scale bytes[] = {{1e6, "MB"}, {1e3, "kB"}, {0, "B"}, {0, NULL}};

	if (isinf(value))
		snprintf(into, size, kind == OBSERVABLE_TIME ? "never" : "without end");
	else if (kind == OBSERVABLE_RATE)
		return scaled(rates, value, into, size);
	else if (kind == OBSERVABLE_TIME && value > 0)
		return scaled(times, value, into, size);
	else if (kind == OBSERVABLE_BYTES)
		return scaled(bytes, value, into, size);
	else if (kind == OBSERVABLE_YESNO)
		snprintf(into, size, value > 0 ? "yes" : "no");
	else
		snprintf(into, size, "%.4g%s", value, kind == OBSERVABLE_TIME ? "s" : "");
	return into;
}
