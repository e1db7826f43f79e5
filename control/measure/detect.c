/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice measure detect: what kind of device each flow has met. */
#include "control/commands.h"
#include "control/measure/detect_row.h"
#include "control/measure/judge.h"
#include "control/measure/passage.h"
#include "control/measure/pd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct detect_options {
	const char *method;
	struct option_list settings;
	bool json, copies;
};

/* One run from the command line to the last row. */
struct detection {
	struct detect_options options;
	struct option_list captures;
	struct journals journals;
	struct pd_parameters pd;
	bool published; /* the method */
};

static const struct option_row options[] = {
	{"--method", 0, OPTION_TEXT, "NAME", "own (default), or pd: the published detector",
		offsetof(struct detect_options, method), 0, 0},
	{"--set", 0, OPTION_LIST, "NAME=VALUE", "a parameter of pd; see below",
		offsetof(struct detect_options, settings), 0, 0},
	{"--json", 0, OPTION_FLAG, NULL, "an object a line", offsetof(struct detect_options, json),
		0, 0},
	{"--copies", 0, OPTION_FLAG, NULL,
		"print every copy of data and its fate as CSV instead, no verdicts",
		offsetof(struct detect_options, copies), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

enum { COPIES_MAX = 12 << 20, COPIES_LEAST = 20 };

static void print_copy(const struct flow_journals *flow, int direction, const struct copy *copy)
{
	static const char *const fates[] = {
		[COPY_PASSED] = "passed", [COPY_LOST] = "lost", [COPY_UNSEEN] = "unseen"};

	printf("%llu,%s,%llu,%llu,%u,%u,%s,%d,%d,%u\r\n", (unsigned long long)flow->id,
		direction == DIRECTION_UP ? "up" : "down", (unsigned long long)copy->time_ns,
		(unsigned long long)copy->begin, copy->payload, copy->overhead,
		copy->flags & COPY_PENDING ? "unknown" : fates[copy->fate],
		(copy->flags & COPY_AGAIN) != 0, (copy->flags & COPY_NEEDLESS) != 0, copy->rtt_us);
}

static void print_copies(const struct journals *journals)
{
	printf("flow,direction,time_ns,begin,payload_bytes,header_bytes,fate,again,needless,"
	       "rtt_us\r\n");
	for (size_t i = 0; i < journals->count; i++) {
		const struct flow_journals *flow = journals->flows[i];

		for (int d = 0; d < 2; d++) {
			for (uint32_t k = 0; k < flow->journals[d].count; k++)
				print_copy(flow, d, &flow->journals[d].copies[k]);
		}
	}
}

/* The published method knows bursts only; the flow is what its last policed burst is. */
static bool judge_published(const struct detection *detection, const struct journal *journal,
	struct judgements *judgements)
{
	struct burst burst = {0, 0};

	*judgements = (struct judgements){.whole.why = WHY_PD_FEW_LOSSES};
	judgements->bursts = calloc(journal->count + 1, sizeof(*judgements->bursts));
	if (!judgements->bursts)
		return false;
	while (burst_next(journal, burst.end, &burst)) {
		struct judgement *judgement = &judgements->bursts[judgements->count++];

		judgement->begin_ns = journal->copies[burst.first].time_ns;
		judgement->end_ns = journal->copies[burst.end - 1].time_ns;
		judgement->packets = burst.end - burst.first;
		for (uint32_t i = burst.first; i < burst.end; i++)
			judgement->losses += journal->copies[i].fate == COPY_LOST;
		if (!pd_judge(&detection->pd, journal, &burst, judgement))
			return false;
		if (judgement->verdict >= judgements->whole.verdict)
			judgements->whole = *judgement;
	}
	return true;
}

static bool judge_direction(const struct detection *detection, size_t flow, int direction)
{
	const struct journals *journals = &detection->journals;
	const struct flow_journals *it = journals->flows[flow];
	struct judgements judgements = {.whole.why = WHY_NO_ACKS};
	bool good = true;

	if (it->proto == PROTO_TCP && it->journals[1 - direction].packets)
		good = detection->published
			       ? judge_published(detection, &it->journals[direction], &judgements)
			       : judge_flow(it, direction, journals->flows, journals->count,
					 &judgements);
	if (good && detection->options.json)
		good = detect_row_json(it, direction, &judgements, stdout);
	else if (good)
		detect_row_table(it, direction, &judgements, stdout);
	free(judgements.bursts);
	return good;
}

static bool judge_all(struct detection *detection)
{
	struct journals *journals = &detection->journals;

	journals_sort(journals);
	if (!detection->options.json)
		detect_row_header(stdout);
	for (size_t i = 0; i < journals->count; i++) {
		for (int d = 0; d < 2; d++) {
			if (journals->flows[i]->journals[d].payload &&
				!judge_direction(detection, i, d))
				return false;
		}
	}
	return !journals->failed;
}

static bool check_usage(struct detection *detection, struct failure *failure)
{
	const struct detect_options *given = &detection->options;

	detection->published = given->method && !strcmp(given->method, "pd");
	if (!detection->captures.count)
		return failure_set(failure, EXIT_BAD_INPUT,
			"measure detect: give a capture (see `sluice measure detect --help`)");
	if (given->method && !detection->published && strcmp(given->method, "own") != 0)
		return failure_set(failure, EXIT_BAD_INPUT, "--method %s: own and pd are known",
			given->method);
	if (given->settings.count && !detection->published)
		return failure_set(failure, EXIT_BAD_INPUT, "--set needs --method pd");
	for (size_t i = 0; i < given->settings.count; i++) {
		if (!pd_set(&detection->pd, given->settings.items[i]))
			return failure_set(failure, EXIT_BAD_INPUT,
				"--set %s: no such parameter, or no number",
				given->settings.items[i]);
	}
	return true;
}

static bool detect(struct detection *detection, struct failure *failure)
{
	struct passage_listener listener = {.connections = journals_listener};
	struct journals *journals = &detection->journals;
	struct passage_totals totals = {0};
	struct warnings warnings = {0};
	bool good;

	if (!check_usage(detection, failure))
		return false;
	listener.connections.context = journals;
	good = passage_run(
		&detection->captures, "measure detect", &listener, &totals, &warnings, failure);
	if (journals->forgone)
		warnings_add(&warnings,
			"%llu copies of data came after the first %d, and are not looked at",
			(unsigned long long)journals->forgone, COPIES_MAX);
	passage_print_warnings(&warnings);
	if (!good)
		return false;
	if (detection->options.copies)
		print_copies(journals);
	else
		good = judge_all(detection);
	return good || failure_set(failure, EXIT_REFUSED, "out of memory");
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct detection detection = {.journals = {.copies_max = COPIES_MAX}, .pd = pd_defaults()};

	if (options_parse(&command_measure_detect, argc, argv, &detection.options,
		    &detection.captures, failure) == 0)
		detect(&detection, failure);
	journals_free(&detection.journals);
	options_free(&command_measure_detect, &detection.options, &detection.captures);
	return failure->exit_code;
}

const struct command command_measure_detect = {
	.name = "measure detect",
	.synopsis = "CAPTURE... [options]",
	.help = "say which kind of device each flow has met",
	.details =
		"A row a flow and direction, and one for each burst of data in it. Verdicts: "
		"policed,\nshaped, frozen, ack-dropped, congested, lossy, clean, insufficient. "
		"The rate is in bytes of\nthe layer: l2 (with FCS), l3 or payload, which is told "
		"from which of them makes it a round\nnumber; where none or several do the layer "
		"is "
		"unknown and the rate that of l3.\n\n"
		"pd is the detector of Flach et al. (SIGCOMM 2016). Its parameters: late_loss, "
		"negative_fill,\nslices, losses, passes, loss_range, loss_outside, pass_range, "
		"pass_outside, inflated,\ninflated_by, inflated_least_ms, cutoff.\n",
	.options = options,
	.run = run,
};
