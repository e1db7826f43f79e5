/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice counters: the numbers of a box that runs here, or of all boxes of a lab. */
#include "control/commands.h"
#include "control/lab_counters.h"
#include "control/redis_options.h"
#include "control/summary.h"
#include "control/telemetry_reader.h"
#include "control/units.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct counters_options {
	struct redis_choice redis; /* without a URL: a box here */
	const char *interval;
	bool json, watch;
};

enum { WAIT_MS = 5000 };

static const struct option_row options[] = {
	{"--lab", 0, OPTION_TEXT, "NAME",
		"which box (default: the only one that runs here); with --redis which lab",
		offsetof(struct counters_options, redis.lab), 0, 0},
	{"--redis", 0, OPTION_TEXT, "URL", "of all boxes of a lab, as they wrote them there",
		offsetof(struct counters_options, redis.url), 0, 0},
	{"--redis-password-file", 0, OPTION_TEXT, "FILE",
		"the password is its first line (default SLUICE_REDIS_PASSWORD)",
		offsetof(struct counters_options, redis.password_file), 0, 0},
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

static bool print_lab(const struct counters_options *given, const json_t *counters)
{
	if (!given->json) {
		lab_counters_print(counters, stdout);
		return fflush(stdout) == 0;
	}
	json_dumpf(counters, stdout, given->watch ? JSON_COMPACT : JSON_INDENT(2));
	putchar('\n');
	return fflush(stdout) == 0;
}

/* As often as --watch says, else once. */
static bool tell_lab(
	const struct counters_options *given, uint64_t interval_ns, struct failure *failure)
{
	struct redis_target target;
	struct redis *redis = NULL;
	struct timespec deadline;
	bool good = false;

	if (redis_target_read(&given->redis, &target, failure))
		redis = redis_target_connect(&target, WAIT_MS, failure);
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	while (redis) {
		json_t *counters = lab_counters_read(redis, target.lab, failure);

		good = counters && print_lab(given, counters);
		json_decref(counters);
		if (!good || !given->watch)
			break;
		wait_until(&deadline, interval_ns);
	}
	redis_close(redis);
	return good;
}

static bool tell_box(
	const struct counters_options *given, uint64_t interval_ns, struct failure *failure)
{
	struct telemetry_reader *reader = telemetry_reader_open(given->redis.lab, failure);
	bool good = reader && tell(reader, given, interval_ns, failure);

	telemetry_reader_close(reader);
	return good;
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct counters_options given = {0};
	uint64_t interval_ns;

	if (options_parse(&command_counters, argc, argv, &given, NULL, failure) == 0 &&
		read_interval(&given, &interval_ns, failure)) {
		if (given.redis.url)
			tell_lab(&given, interval_ns, failure);
		else
			tell_box(&given, interval_ns, failure);
	}
	return failure->exit_code;
}

const struct command command_counters = {
	.name = "counters",
	.synopsis = "[--lab NAME] [--redis URL] [--json] [--watch] [--interval TIME]",
	.help = "print the counters of a box that runs, or of a lab",
	.details = "Numbers are cumulative since the box began; rates are those between two "
		   "readings,\nby the time that the box gave them. With --redis they are those of "
		   "all nodes of\na lab, also of what nodes counted before they were started anew; "
		   "without rates.",
	.options = options,
	.run = run,
};
