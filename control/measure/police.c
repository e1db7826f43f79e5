/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/police.h"

#include <math.h>

/* What decides, and where it was set: policed and unpoliced downloads that were not the ones that
 * the tests use have explained shares above 0.5 and below 0.2. */
static const double explained_least = 0.4;
static const double gain_least = 6;        /* of log likelihood: 1 in 400 */
static const double mended_most = 0.1;     /* of the bytes that passed */
static const double mended_little = 0.06;  /* likewise, enough by itself */
static const double mended_of_burst = 0.1; /* for each run of losses */
static const double queue_share = 0.3;     /* of the delay that the bucket as a queue would make */
static const double delay_least_us = 1500; /* a shorter queue cannot be seen */

enum { LOSSES_LEAST = 5, RUNS_LEAST = 3, RUNS_MANY = 4, PACKETS_OF_BURST = 10, BEFORE_LOSS = 5 };

#define BEFORE_LOSS_NS (20ull * 1000 * 1000)

/* Round trips of what came just before losses: a lower quartile, as acknowledgements may be
 * delayed. */
static double delay_before_losses(const struct suspicion *suspicion, size_t first, size_t end)
{
	const struct arrival *rows = suspicion->arrivals->rows;
	size_t count = 0;

	for (size_t i = first; i < end; i++) {
		if (!rows[i].lost)
			continue;
		for (size_t k = i; k > first && i - k < BEFORE_LOSS; k--) {
			if (!rows[k - 1].rtt_us || rows[k - 1].lost)
				continue;
			if (rows[i].time_ns - rows[k - 1].time_ns < BEFORE_LOSS_NS)
				suspicion->values[count++] = rows[k - 1].rtt_us;
			break;
		}
	}
	if (!count || suspicion->base_us <= 0)
		return 0;
	return (double)quantile(suspicion->values, count, 0.25) - suspicion->base_us;
}

/* What the levels say about rows first to end. */
static struct bucket_account account_of(
	const struct suspicion *suspicion, const struct bucket *bucket, size_t first, size_t end)
{
	const struct arrival *rows = suspicion->arrivals->rows;
	struct bucket_account account = {0};
	bool after_pass = true;

	for (size_t i = first; i < end; i++) {
		double level = suspicion->levels[i];

		if (isnan(level))
			continue;
		account.runs += rows[i].lost && after_pass;
		after_pass = !rows[i].lost;
		bucket_count(&account, level, &rows[i], bucket->noise);
	}
	return account;
}

static bool explains(const struct arrivals *arrivals, const struct bucket *bucket,
	const struct bucket_account *account, double chance, double *explained)
{
	double mended = account->passed > 0 ? account->lowered / account->passed : 1;
	double lifted = account->passed > 0 ? account->lifted / account->passed : 1;
	double each_run = account->lowered / ((double)account->runs * bucket->burst);

	*explained = chance < 0 ? 1 - account->log_likelihood / chance : 0;
	if (account->losses < LOSSES_LEAST || account->runs < RUNS_LEAST || mended > mended_most ||
		lifted > mended_most)
		return false;
	if (*explained >= explained_least && account->log_likelihood - chance >= gain_least)
		return true;
	return account->runs >= RUNS_MANY && mended < mended_little && lifted < mended_little &&
	       each_run < mended_of_burst && bucket->burst >= PACKETS_OF_BURST * arrivals->largest;
}

static struct finding_of_bucket tell(
	const struct suspicion *suspicion, const struct bucket *bucket, size_t first, size_t end)
{
	struct arrivals part = {
		suspicion->arrivals->rows + first, end - first, suspicion->arrivals->largest};
	struct bucket_account account = account_of(suspicion, bucket, first, end);
	struct finding_of_bucket finding = {.kind = BUCKET_NONE, .bucket = *bucket};
	double as_queue_us = bucket->burst / bucket->rate * 1e6;

	if (!explains(&part, bucket, &account, bucket_chance(&part), &finding.explained))
		return finding;
	finding.delay_us = delay_before_losses(suspicion, first, end);
	if (finding.delay_us > queue_share * as_queue_us)
		finding.kind = BUCKET_QUEUE;
	else if (as_queue_us < delay_least_us || suspicion->base_us <= 0)
		finding.kind = BUCKET_EITHER;
	else
		finding.kind = BUCKET_POLICER;
	return finding;
}

struct finding_of_bucket police_find(const struct suspicion *suspicion, bool full)
{
	struct bucket bucket;

	if (!bucket_fit(suspicion->arrivals, full, LOSSES_LEAST, &bucket))
		return (struct finding_of_bucket){.kind = BUCKET_NONE};
	bucket_walk(suspicion->arrivals, &bucket, full, suspicion->levels);
	return tell(suspicion, &bucket, 0, suspicion->arrivals->count);
}

struct finding_of_bucket police_apply(
	const struct suspicion *suspicion, const struct bucket *bucket, size_t first, size_t end)
{
	return tell(suspicion, bucket, first, end);
}

/* Rates that people configure: 1, 1.5, 2 … and powers of two of kbit/s. How far away the nearest
 * one is, as a share. */
static double from_round(double bps)
{
	static const double usual[] = {1, 1.024, 1.2, 1.25, 1.28, 1.5, 2, 2.048, 2.5, 2.56, 3, 3.5,
		4, 5, 5.12, 6, 7, 8, 9, 10};
	double least = 1, mantissa = bps / pow(10, floor(log10(bps)));

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		double off = fabs(mantissa / usual[i] - 1);

		least = off < least ? off : least;
	}
	return least;
}

static const double round_near = 0.004, round_far = 0.009, round_clearly = 3;

/* Packets of one size do not show which bytes are counted, but a rate that is round in one layer
 * only does. Layers are at least 1.2 % apart, so a rate that is off by more shows nothing. */
static enum layer layer_of(double l2_bps, double near, double l3_share, double payload_share)
{
	double off[] = {[LAYER_L2] = from_round(l2_bps),
		[LAYER_L3] = from_round(l2_bps * l3_share),
		[LAYER_PAYLOAD] = from_round(l2_bps * payload_share)};
	enum layer best = LAYER_L2;

	for (enum layer i = LAYER_L3; i <= LAYER_PAYLOAD; i++)
		best = off[i] < off[best] ? i : best;
	if (near > round_far || off[best] > near)
		return LAYER_UNKNOWN;
	for (enum layer i = LAYER_L2; i <= LAYER_PAYLOAD; i++) {
		if (i != best && off[i] < round_clearly * off[best] && off[i] < near)
			return LAYER_UNKNOWN;
	}
	return best;
}

/* How many bytes the layer counts for one of L2. */
static double share_of(enum layer layer, double l3_share, double payload_share)
{
	if (layer == LAYER_L2)
		return 1;
	return layer == LAYER_PAYLOAD ? payload_share : l3_share;
}

void police_name_rate(double l2_bps, double off, double l3_share, double payload_share,
	struct judgement *judgement)
{
	double near = off < round_near / 2 ? round_near : off + round_near / 2;

	judgement->layer = layer_of(l2_bps, near, l3_share, payload_share);
	judgement->rate_bps = l2_bps * share_of(judgement->layer, l3_share, payload_share);
}

void police_describe(const struct arrivals *arrivals, const struct bucket *bucket, bool full,
	double l3_share, double payload_share, struct judgement *judgement)
{
	double rate[2], burst[2], share, middle = bucket->rate;

	bucket_intervals(arrivals, bucket, full, rate, burst);
	/* Within the bounds all rates are about as likely, and the best one is often at one end. */
	if (isfinite(rate[1]) && rate[0] > 0)
		middle = (rate[0] + rate[1]) / 2;
	police_name_rate(
		middle * 8, (rate[1] - rate[0]) / middle / 2, l3_share, payload_share, judgement);
	share = share_of(judgement->layer, l3_share, payload_share);
	judgement->rate_low = rate[0] * 8 * share;
	judgement->rate_high = rate[1] * 8 * share;
	judgement->burst_bytes = bucket->burst * share;
	judgement->burst_low = burst[0] * share;
	judgement->burst_high = burst[1] * share;
}
