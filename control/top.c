/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice top: what a box or a lab does, in a terminal. */
#include "control/commands.h"
#include "control/lab_counters.h"
#include "control/redis_options.h"
#include "control/summary.h"
#include "control/telemetry_reader.h"
#include "control/terminal.h"
#include "control/top_view.h"
#include "control/units.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_MS = 1000, INTERVAL_LEAST_MS = 100, MS_NS = 1000000 };

struct top_options {
	struct redis_choice redis; /* without a URL: a box here */
	const char *interval;
	bool plain;
};

static const struct option_row options[] = {
	{"--lab", 0, OPTION_TEXT, "NAME",
		"which box (default: the only one that runs here); with --redis which lab",
		offsetof(struct top_options, redis.lab), 0, 0},
	{"--redis", 0, OPTION_TEXT, "URL", "of all boxes of a lab, as they wrote their counters",
		offsetof(struct top_options, redis.url), 0, 0},
	{"--redis-password-file", 0, OPTION_TEXT, "FILE",
		"the password is its first line (default SLUICE_REDIS_PASSWORD)",
		offsetof(struct top_options, redis.password_file), 0, 0},
	{"--interval", 0, OPTION_TEXT, "TIME", "read so often (default 1s, at least 100ms)",
		offsetof(struct top_options, interval), 0, 0},
	{"--plain", 0, OPTION_FLAG, NULL, "ASCII without colours (so is it with NO_COLOR set)",
		offsetof(struct top_options, plain), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

/* Where the numbers come from; connected anew when that broke. */
struct source {
	const struct top_options *given;
	struct redis_target target;
	struct redis *redis;
	struct telemetry_reader *reader;
};

static json_t *read_lab(struct source *source, struct failure *failure)
{
	if (!source->redis)
		source->redis = redis_target_connect(&source->target, WAIT_MS, failure);
	return source->redis ? lab_counters_read(source->redis, source->target.lab, failure) : NULL;
}

static json_t *read_box(struct source *source, struct failure *failure)
{
	struct snapshot snapshot = {0};
	json_t *json;

	if (!source->reader)
		source->reader = telemetry_reader_open(source->given->redis.lab, failure);
	if (!source->reader || !telemetry_reader_read(source->reader, &snapshot, failure))
		return NULL;
	json = summary_json(&snapshot, NULL);
	snapshot_end(&snapshot);
	return json;
}

static void source_close(struct source *source)
{
	redis_close(source->redis);
	source->redis = NULL;
	telemetry_reader_close(source->reader);
	source->reader = NULL;
}

static bool take_reading(struct source *source, struct top_rows *rows, struct failure *failure)
{
	json_t *json =
		source->given->redis.url ? read_lab(source, failure) : read_box(source, failure);
	bool good = json && top_rows_take(rows, json);

	json_decref(json);
	if (!good)
		source_close(source);
	return good;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int ms_until(uint64_t due_ns)
{
	uint64_t now = now_ns();

	return now < due_ns ? (int)((due_ns - now) / MS_NS) + 1 : 0;
}

/* Until somebody ends it. */
static void show(struct source *source, struct top_view *view, uint64_t interval_ns)
{
	struct top_rows rows = {0};
	struct failure failure = {0};
	uint64_t due_ns = now_ns();
	int key;

	do {
		if (now_ns() >= due_ns) {
			failure = (struct failure){0};
			if (!view->paused)
				take_reading(source, &rows, &failure);
			due_ns = now_ns() + interval_ns;
		}
		view->trouble = failure.line;
		terminal_size(&view->width, &view->height);
		top_view_draw(view, &rows, stdout);
		key = terminal_key(ms_until(due_ns));
	} while (key != TERMINAL_END && (key < 0 || top_view_key(view, key)));
	top_rows_end(&rows);
}

static bool read_interval(const char *word, uint64_t *ns, struct failure *failure)
{
	char why[UNITS_WHY];

	*ns = 1000000000;
	if (word && !units_parse(word, QUANTITY_DURATION, ns, why))
		return failure_set(failure, EXIT_BAD_INPUT, "--interval %s: %s", word, why);
	return *ns >= (uint64_t)INTERVAL_LEAST_MS * MS_NS ||
	       failure_set(failure, EXIT_BAD_INPUT, "--interval %s: at least %dms", word,
		       (int)INTERVAL_LEAST_MS);
}

/* What cannot be had at all is told before the screen is taken. */
static void begin(struct source *source, uint64_t interval_ns, struct failure *failure)
{
	const struct top_options *given = source->given;
	struct top_rows first = {0};
	struct top_view view = {.trouble = ""};

	if (take_reading(source, &first, failure) && terminal_begin(failure)) {
		view.what = given->redis.url ? "lab" : "box";
		view.colour = !given->plain && !getenv("NO_COLOR");
		view.blocks = !given->plain && terminal_has_blocks();
		show(source, &view, interval_ns);
		terminal_end();
	}
	top_rows_end(&first);
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct top_options given = {0};
	struct source source = {.given = &given};
	uint64_t interval_ns;

	if (options_parse(&command_top, argc, argv, &given, NULL, failure) == 0 &&
		read_interval(given.interval, &interval_ns, failure) &&
		redis_target_read(&given.redis, &source.target, failure)) {
		begin(&source, interval_ns, failure);
		source_close(&source);
	}
	return failure->exit_code;
}

const struct command command_top = {
	.name = "top",
	.synopsis = "[--lab NAME] [--redis URL] [--interval TIME] [--plain]",
	.help = "show a box that runs, or a lab, in a terminal",
	.details = "Keys: o d x h n sort the rules by offered, delivered and dropped rate, hits or "
		   "name;\n/TEXT shows those with TEXT in their name; p pauses; j and k scroll; q "
		   "quits.",
	.options = options,
	.run = run,
};
