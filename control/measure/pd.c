/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/pd.h"

#include <stdlib.h>
#include <string.h>

/* One try over a burst, from its first loss (of those that count) to the last. */
struct trial {
	const struct pd_parameters *parameters;
	const struct copy *copies;
	uint32_t first, end; /* the burst */
	uint32_t loss_first, loss_last;
	double rate;           /* bytes/s */
	double trip_s;         /* median round trip */
	double *lost, *passed; /* tokens that each found */
	size_t lost_count, passed_count;
	unsigned slices, inflated;
};

struct pd_parameters pd_defaults(void)
{
	return (struct pd_parameters){
#define X(name, value) .name = value,
		PD_PARAMETERS(X)
#undef X
	};
}

bool pd_set(struct pd_parameters *parameters, const char *text)
{
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
#define X(name, value) {#name, offsetof(struct pd_parameters, name)},
		PD_PARAMETERS(X)
#undef X
	};
	const char *equals = strchr(text, '=');
	char *end;

	for (size_t i = 0; equals && i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length = strlen(rows[i].name);

		if (length != (size_t)(equals - text) || strncmp(text, rows[i].name, length) != 0)
			continue;
		*(double *)((char *)parameters + rows[i].offset) = strtod(equals + 1, &end);
		return end != equals + 1 && !*end;
	}
	return false;
}

static double seconds(const struct copy *from, const struct copy *to)
{
	return (double)(to->time_ns - from->time_ns) / 1e9;
}

static bool is_lost(const struct trial *trial, uint32_t i)
{
	return trial->copies[i].fate == COPY_LOST;
}

/* The first and the last loss, without `cutoff` at either end. */
static bool find_losses(struct trial *trial, unsigned cutoff)
{
	unsigned left = cutoff;

	trial->loss_first = trial->loss_last = trial->end;
	for (uint32_t i = trial->first; i < trial->end; i++) {
		if (is_lost(trial, i) && !left--) {
			trial->loss_first = i;
			break;
		}
	}
	left = cutoff;
	for (uint32_t i = trial->end; i > trial->first; i--) {
		if (is_lost(trial, i - 1) && !left--) {
			trial->loss_last = i - 1;
			break;
		}
	}
	return trial->loss_first < trial->loss_last && trial->loss_last < trial->end;
}

static int by_number(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_number);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double mean(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

/* Delivered between two losses. */
static double take_rate(const struct trial *trial)
{
	double bytes = 0;

	for (uint32_t i = trial->loss_first; i < trial->loss_last; i++)
		bytes += is_lost(trial, i) ? 0 : trial->copies[i].payload;
	return bytes / seconds(&trial->copies[trial->loss_first], &trial->copies[trial->loss_last]);
}

static double median_trip(const struct trial *trial, uint32_t *values)
{
	size_t count = 0;

	for (uint32_t i = trial->first; i < trial->end; i++) {
		if (trial->copies[i].rtt_us)
			values[count++] = trial->copies[i].rtt_us;
	}
	return quantile(values, count, 0.5) / 1e6;
}

/* The tokens that each copy finds, from the first loss on. */
static void fill(struct trial *trial)
{
	const struct copy *begin = &trial->copies[trial->loss_first];
	double delivered = 0, slice_end = -1;

	for (uint32_t i = trial->loss_first; i <= trial->loss_last; i++) {
		double since = seconds(begin, &trial->copies[i]);
		double tokens = trial->rate * since - delivered;

		if (!is_lost(trial, i)) {
			trial->passed[trial->passed_count++] = tokens;
			delivered += trial->copies[i].payload;
			continue;
		}
		trial->lost[trial->lost_count++] = tokens;
		if (since < slice_end)
			continue;
		trial->slices++;
		slice_end = since + trial->trip_s;
	}
}

/* Losses before which the last round trip was long; a round trip counts when no loss was pending,
 * which is when the copy was sent behind all losses that are known. */
static void count_inflated(struct trial *trial, uint32_t *values)
{
	const struct pd_parameters *limits = trial->parameters;
	double low, middle, before = 0;
	size_t count = 0;

	for (uint32_t i = trial->first; i < trial->end; i++) {
		if (trial->copies[i].rtt_us)
			values[count++] = trial->copies[i].rtt_us;
	}
	low = quantile(values, count, 0.1);
	middle = quantile(values, count, 0.5);
	for (uint32_t i = trial->first; i <= trial->loss_last; i++) {
		const struct copy *copy = &trial->copies[i];

		if (copy->rtt_us && !(copy->flags & COPY_AGAIN))
			before = copy->rtt_us;
		if (i < trial->loss_first || !is_lost(trial, i))
			continue;
		trial->inflated += before >= middle && before > limits->inflated_by * low &&
				   before >= limits->inflated_least_ms * 1000;
	}
}

static size_t count_below(const double *values, size_t count, double limit)
{
	size_t below = 0;

	for (size_t i = 0; i < count; i++)
		below += values[i] < limit;
	return below;
}

static enum why check_levels(const struct trial *trial)
{
	const struct pd_parameters *limits = trial->parameters;
	double lost = median(trial->lost, trial->lost_count);
	double passed = median(trial->passed, trial->passed_count);
	double trip = trial->rate * trial->trip_s;
	size_t outside =
		count_below(trial->lost, trial->lost_count, lost - limits->loss_range * trip);

	if (mean(trial->lost, trial->lost_count) >= mean(trial->passed, trial->passed_count) ||
		lost >= passed)
		return WHY_PD_LEVELS;
	for (size_t i = 0; i < trial->lost_count; i++)
		outside += trial->lost[i] > lost + limits->loss_range * trip;
	if ((double)outside > limits->loss_outside * (double)trial->lost_count)
		return WHY_PD_LOSS_RANGE;
	outside = count_below(trial->passed, trial->passed_count, lost - limits->pass_range * trip);
	if ((double)outside > limits->pass_outside * (double)trial->passed_count)
		return WHY_PD_PASS_RANGE;
	if (trial->inflated > limits->inflated * (double)trial->lost_count)
		return WHY_PD_INFLATED;
	return WHY_PD_POLICED;
}

static enum why try(struct trial *trial, unsigned cutoff, uint32_t *values)
{
	const struct pd_parameters *limits = trial->parameters;
	const struct copy *first = &trial->copies[trial->first], *loss;
	double sequence, start;

	trial->lost_count = trial->passed_count = trial->slices = trial->inflated = 0;
	if (!find_losses(trial, cutoff))
		return WHY_PD_FEW_LOSSES;
	loss = &trial->copies[trial->loss_first];
	sequence = (double)(loss->begin - first->begin);
	if (sequence > limits->late_loss)
		return WHY_PD_LATE_LOSS;
	trial->rate = take_rate(trial);
	trial->trip_s = median_trip(trial, values);
	start = sequence - trial->rate * seconds(first, loss);
	if (start < -limits->negative_fill * trial->trip_s * trial->rate)
		return WHY_PD_NEGATIVE_FILL;
	fill(trial);
	if (trial->slices < limits->slices)
		return WHY_PD_FEW_SLICES;
	if ((double)trial->lost_count < limits->losses ||
		(double)trial->passed_count < limits->passes)
		return WHY_PD_FEW_LOSSES;
	count_inflated(trial, values);
	return check_levels(trial);
}

static double before_first_loss(const struct trial *trial)
{
	double bytes = 0;

	for (uint32_t i = trial->first; i < trial->end && !is_lost(trial, i); i++)
		bytes += trial->copies[i].payload;
	return bytes;
}

bool pd_judge(const struct pd_parameters *parameters, const struct journal *journal,
	const struct burst *burst, struct judgement *judgement)
{
	size_t count = burst->end - burst->first;
	struct trial trial = {parameters, journal->copies, burst->first, burst->end,
		.lost = calloc(count, sizeof(double)), .passed = calloc(count, sizeof(double))};
	uint32_t *values = calloc(count, sizeof(*values));
	bool good = trial.lost && trial.passed && values;

	if (good) {
		judgement->why = try(&trial, 0, values);
		if (judgement->why != WHY_PD_POLICED && judgement->losses)
			judgement->why = try(&trial, (unsigned)parameters->cutoff, values);
		judgement->verdict =
			judgement->why == WHY_PD_POLICED ? MEASURED_POLICED : MEASURED_INSUFFICIENT;
	}
	if (good && judgement->verdict == MEASURED_POLICED) {
		judgement->rate_bps = trial.rate * 8;
		judgement->burst_bytes = before_first_loss(&trial);
		judgement->layer = LAYER_PAYLOAD;
	}
	free(trial.lost);
	free(trial.passed);
	free(values);
	return good;
}
