/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice counters: the numbers of a box that runs. */
#include "control/commands.h"
#include "control/summary.h"
#include "control/telemetry_reader.h"
#include "control/units.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct counters_options {
	const char *lab, *interval;
	bool json, watch;
};

static const struct option_row options[] = {
	{"--lab", 0, OPTION_TEXT, "NAME", "which box (default: the only one that runs here)",
		offsetof(struct counters_options, lab), 0, 0},
	{"--interval", 0, OPTION_TEXT, "TIME",
		"measure rates over this time, as in 5s (default 1s; 0s: none; with --json none)",
		offsetof(struct counters_options, interval), 0, 0},
	{"--watch", 'w', OPTION_FLAG, NULL, "go on until interrupted",
		offsetof(struct counters_options, watch), 0, 0},
	{"--json", 0, OPTION_FLAG, NULL, "print JSON; with --watch an object a line",
		offsetof(struct counters_options, json), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

static bool read_interval(
	const struct counters_options *given, uint64_t *ns, struct failure *failure)
{
	char why[UNITS_WHY];

	*ns = given->json && !given->watch ? 0 : 1000000000ull;
	if (given->interval && !units_parse(given->interval, QUANTITY_DURATION, ns, why))
		return failure_set(
			failure, EXIT_BAD_INPUT, "--interval %s: %s", given->interval, why);
	if (given->watch && *ns < 10000000)
		return failure_set(failure, EXIT_BAD_INPUT,
			"--interval %s: at least 10ms with --watch", given->interval);
	return true;
}

/* Deadlines, so that time spent on reading does not add up. */
static void wait_until(struct timespec *deadline, uint64_t interval_ns)
{
	deadline->tv_sec += interval_ns / 1000000000;
	deadline->tv_nsec += interval_ns % 1000000000;
	if (deadline->tv_nsec >= 1000000000) {
		deadline->tv_nsec -= 1000000000;
		deadline->tv_sec++;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, deadline, NULL) == EINTR)
		;
}

static bool print(const struct counters_options *given, const struct snapshot *now,
	const struct snapshot *before)
{
	json_t *json;

	if (!given->json) {
		if (given->watch && isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		summary_print(now, before, stdout);
		if (given->watch && !isatty(STDOUT_FILENO))
			putchar('\n');
		return fflush(stdout) == 0;
	}
	json = summary_json(now, before);
	json_dumpf(json, stdout, given->watch ? JSON_COMPACT : JSON_INDENT(2));
	json_decref(json);
	putchar('\n');
	return fflush(stdout) == 0;
}

static bool tell(struct telemetry_reader *reader, const struct counters_options *given,
	uint64_t interval_ns, struct failure *failure)
{
	struct snapshot before = {0}, now = {0};
	struct timespec deadline;
	bool good;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	good = telemetry_reader_read(reader, &before, failure);
	if (good && !interval_ns)
		good = print(given, &before, NULL);
	while (good && interval_ns) {
		wait_until(&deadline, interval_ns);
		good = telemetry_reader_read(reader, &now, failure);
		if (!good)
			break;
		good = print(given, &now, &before);
		snapshot_end(&before);
		before = now;
		if (!given->watch)
			break;
	}
	snapshot_end(&before);
	return good;
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct counters_options given = {0};
	struct telemetry_reader *reader = NULL;
	uint64_t interval_ns;

	if (options_parse(&command_counters, argc, argv, &given, NULL, failure) == 0 &&
		read_interval(&given, &interval_ns, failure))
		reader = telemetry_reader_open(given.lab, failure);
	if (reader)
		tell(reader, &given, interval_ns, failure);
	telemetry_reader_close(reader);
	return failure->exit_code;
}

const struct command command_counters = {
	.name = "counters",
	.synopsis = "[--lab NAME] [--json] [--watch] [--interval TIME]",
	.help = "print the counters of a box that runs",
	.details = "Numbers are cumulative since the box began; rates are those between two "
		   "readings,\nby the time that the box gave them.",
	.options = options,
	.run = run,
};
