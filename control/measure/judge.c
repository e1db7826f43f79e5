/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/judge.h"

#include "control/measure/freeze.h"
#include "control/measure/neighbours.h"
#include "control/measure/police.h"
#include "control/measure/queue.h"

#include <stdlib.h>

enum { COPIES_LEAST = 20, LOSSES_LEAST = 5 };

static const double busy_least = 0.4;    /* share of the time with a queue, to call it shaped */
static const double spread_most = 0.12;  /* of its rate */
static const double agree_within = 0.25; /* rates of one burst and of all */
static const double clearly_more = 0.15; /* of what chance leaves unexplained */
static const double base_share = 0.005;  /* quantile of round trips that counts as the least */

/* One flow and direction under examination, and room for what that takes. */
struct case_of {
	const struct flow_journals *flow;
	const struct journal *journal;
	struct arrival *rows;
	struct arrivals all; /* all bursts: row for row */
	size_t *row_of;      /* where a copy's row is; one more at the end */
	struct suspicion suspicion;
	struct finding_of_bucket whole; /* one bucket for all bursts */
	double l3_share, payload_share; /* of L2 bytes that passed */
	enum direction direction;
	struct flow_journals *const *group;
	size_t group_count;
	struct neighbours *neighbours; /* found when needed; NULL: none share anything */
	bool neighbours_asked;
};

static bool open_case(struct case_of *it)
{
	size_t count = it->journal->count + 1;

	it->rows = calloc(count, sizeof(*it->rows));
	it->row_of = calloc(count, sizeof(*it->row_of));
	it->suspicion.levels = calloc(count, sizeof(double));
	it->suspicion.values = calloc(count, sizeof(uint32_t));
	return it->rows && it->row_of && it->suspicion.levels && it->suspicion.values;
}

static void close_case(struct case_of *it)
{
	free(it->rows);
	free(it->row_of);
	free(it->suspicion.levels);
	free(it->suspicion.values);
	neighbours_free(it->neighbours);
}

static double least_rtt(struct case_of *it)
{
	size_t count = 0;

	for (uint32_t i = 0; i < it->journal->count; i++) {
		if (it->journal->copies[i].rtt_us)
			it->suspicion.values[count++] = it->journal->copies[i].rtt_us;
	}
	return quantile(it->suspicion.values, count, base_share);
}

static void look_over(struct case_of *it)
{
	const struct burst all = {0, it->journal->count};
	double l2 = 0, l3 = 0, payload = 0;
	size_t row = 0;

	it->all = burst_arrivals(it->journal, &all, it->rows);
	it->suspicion.arrivals = &it->all;
	for (uint32_t i = 0; i < it->journal->count; i++) {
		const struct copy *copy = &it->journal->copies[i];

		it->row_of[i] = row;
		row += copy->payload || copy->overhead;
		l2 += copy_l2_bytes(copy);
		l3 += copy->payload + copy->overhead;
		payload += copy->payload;
	}
	it->row_of[it->journal->count] = row;
	it->l3_share = l3 / l2;
	it->payload_share = payload / l2;
	it->suspicion.base_us = least_rtt(it);
	it->whole = police_find(&it->suspicion, true);
}

static void say(struct judgement *judgement, enum measured verdict, enum why why)
{
	judgement->verdict = verdict;
	judgement->why = why;
}

static void say_policed(struct case_of *it, const struct finding_of_bucket *finding,
	const struct arrivals *arrivals, bool full, struct judgement *judgement)
{
	double trip_s = it->suspicion.base_us / 1e6;
	bool small = finding->bucket.burst < 10.0 * arrivals->largest ||
		     finding->bucket.burst < finding->bucket.rate * trip_s;

	say(judgement, MEASURED_POLICED, small ? WHY_SMALL_BUCKET : WHY_BUCKET);
	judgement->explained = finding->explained;
	police_describe(
		arrivals, &finding->bucket, full, it->l3_share, it->payload_share, judgement);
}

/* The packets between two acknowledgements are not counted to the byte: the layer does not show. */
static void say_shaped(struct case_of *it, double payload_rate, struct judgement *judgement)
{
	say(judgement, MEASURED_SHAPED, WHY_CONSTANT_RATE);
	police_name_rate(payload_rate * 8 / it->payload_share, 1, it->l3_share, it->payload_share,
		judgement);
}

/* All bursts together know the rate better than one does. */
static bool agree(const struct case_of *it, const struct finding_of_bucket *finding)
{
	double ratio = finding->bucket.rate / it->whole.bucket.rate;

	return it->whole.kind == BUCKET_POLICER && ratio > 1 - agree_within &&
	       ratio < 1 + agree_within;
}

/* One that neighbours share, when it explains clearly more than a bucket of the flow's own does. */
static bool judge_shared(struct case_of *it, double explained, struct judgement *judgement)
{
	struct finding_of_bucket finding;

	if (!it->neighbours_asked)
		it->neighbours =
			neighbours_find(it->flow, it->direction, it->group, it->group_count);
	it->neighbours_asked = true;
	if (!neighbours_explain(it->neighbours, judgement->begin_ns, judgement->end_ns, &finding) ||
		finding.explained < explained + clearly_more)
		return false;
	say_policed(it, &finding, neighbours_arrivals(it->neighbours), true, judgement);
	judgement->why = WHY_SHARED_BUCKET;
	return true;
}

/* The bucket of all bursts, or one of this burst's own. */
static struct finding_of_bucket find_bucket(struct case_of *it, size_t first, size_t end)
{
	struct arrivals part = {it->rows + first, end - first, it->all.largest};
	struct suspicion own = it->suspicion;
	struct finding_of_bucket finding;

	if (it->whole.kind == BUCKET_POLICER) {
		bucket_walk(&it->all, &it->whole.bucket, true, it->suspicion.levels);
		finding = police_apply(&it->suspicion, &it->whole.bucket, first, end);
		if (finding.kind == BUCKET_POLICER)
			return finding;
	}
	own.arrivals = &part;
	return police_find(&own, false);
}

/* True: said. */
static bool judge_bucket(struct case_of *it, const struct burst *burst, struct judgement *judgement)
{
	size_t first = it->row_of[burst->first], end = it->row_of[burst->end];
	struct arrivals part = {it->rows + first, end - first, it->all.largest};
	struct finding_of_bucket finding = find_bucket(it, first, end);

	switch (finding.kind) {
	case BUCKET_QUEUE:
		say_shaped(it, finding.bucket.rate * it->payload_share, judgement);
		return true;
	case BUCKET_POLICER:
		if (judge_shared(it, finding.explained, judgement))
			return true;
		if (agree(it, &finding))
			say_policed(it, &it->whole, &it->all, true, judgement);
		else
			say_policed(it, &finding, &part, false, judgement);
		return true;
	case BUCKET_EITHER:
		if (!judge_shared(it, 0, judgement))
			say(judgement, MEASURED_LOSSY, WHY_QUEUE_OR_BUCKET);
		return true;
	case BUCKET_NONE:
		break;
	}
	return judge_shared(it, 0, judgement);
}

static void judge_burst(struct case_of *it, const struct burst *burst, struct judgement *judgement)
{
	const struct copy *copies = it->journal->copies;
	double base_us = it->suspicion.base_us;
	struct queue_evidence queue;

	*judgement = (struct judgement){
		.begin_ns = copies[burst->first].time_ns,
		.end_ns = copies[burst->end - 1].time_ns,
		.packets = burst->end - burst->first,
	};
	for (uint32_t i = burst->first; i < burst->end; i++)
		judgement->losses += copies[i].fate == COPY_LOST;
	if (judgement->packets < COPIES_LEAST) {
		say(judgement, MEASURED_INSUFFICIENT, WHY_TOO_FEW_PACKETS);
		return;
	}
	if (judgement->losses >= LOSSES_LEAST && judge_bucket(it, burst, judgement))
		return;
	queue = queue_look(it->journal, burst, base_us, it->suspicion.values);
	if (queue.seen && queue.busy >= busy_least && queue.rate > 0 && queue.spread < spread_most)
		say_shaped(it, queue.rate, judgement);
	else if (queue.seen)
		say(judgement, MEASURED_CONGESTED,
			judgement->losses ? WHY_FULL_QUEUE : WHY_VARYING_RATE);
	else if (!judgement->losses)
		say(judgement, MEASURED_CLEAN, WHY_NO_LOSS);
	else if (judgement->losses < LOSSES_LEAST)
		say(judgement, MEASURED_INSUFFICIENT, WHY_TOO_FEW_LOSSES);
	else
		say(judgement, MEASURED_LOSSY, WHY_NO_PATTERN);
}

/* The heaviest of the bursts; of those equally heavy the one with the most losses. */
static void take_whole(struct judgements *judgements)
{
	struct judgement *whole = &judgements->whole;

	*whole = (struct judgement){.verdict = MEASURED_INSUFFICIENT, .why = WHY_TOO_FEW_PACKETS};
	for (size_t i = 0; i < judgements->count; i++) {
		const struct judgement *burst = &judgements->bursts[i];

		if (burst->verdict > whole->verdict ||
			(burst->verdict == whole->verdict && burst->losses >= whole->losses))
			*whole = *burst;
	}
	if (!judgements->count)
		return;
	whole->packets = whole->losses = 0;
	for (size_t i = 0; i < judgements->count; i++) {
		whole->packets += judgements->bursts[i].packets;
		whole->losses += judgements->bursts[i].losses;
	}
	whole->begin_ns = judgements->bursts[0].begin_ns;
	whole->end_ns = judgements->bursts[judgements->count - 1].end_ns;
}

static bool judge_bursts(struct case_of *it, struct judgements *judgements)
{
	struct burst burst = {0, 0};
	size_t room = 0;

	while (burst_next(it->journal, burst.end, &burst)) {
		if (judgements->count == room) {
			struct judgement *larger;

			room = room ? room * 2 : 8;
			larger = realloc(judgements->bursts, room * sizeof(*larger));
			if (!larger)
				return false;
			judgements->bursts = larger;
		}
		judge_burst(it, &burst, &judgements->bursts[judgements->count++]);
	}
	return true;
}

bool judge_flow(const struct flow_journals *flow, enum direction direction,
	struct flow_journals *const *group, size_t group_count, struct judgements *judgements)
{
	struct case_of it = {
		.flow = flow,
		.journal = &flow->journals[direction],
		.direction = direction,
		.group = group,
		.group_count = group_count,
	};
	bool good;

	*judgements = (struct judgements){0};
	if (it.journal->count < COPIES_LEAST) {
		take_whole(judgements);
		judgements->whole.packets = it.journal->count;
		freeze_judge(flow, direction, &judgements->whole);
		return true;
	}
	good = open_case(&it);
	if (good) {
		look_over(&it);
		good = judge_bursts(&it, judgements);
	}
	if (good) {
		take_whole(judgements);
		if (it.whole.kind == BUCKET_POLICER &&
			judgements->whole.verdict == MEASURED_POLICED &&
			judgements->whole.why != WHY_SHARED_BUCKET)
			say_policed(&it, &it.whole, &it.all, true, &judgements->whole);
		freeze_judge(flow, direction, &judgements->whole);
	}
	close_case(&it);
	return good;
}
