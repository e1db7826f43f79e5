/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice replay: what a throttler would have done to a capture. */
#include "control/caveats.h"
#include "control/choice.h"
#include "control/commands.h"
#include "control/folder.h"
#include "control/manifest.h"
#include "control/outputs.h"
#include "control/playback.h"
#include "control/protos.h"
#include "control/report/report.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct replay_options {
	struct choice choice;
	const char *output;
	struct option_list inside;
	uint64_t seed, workers, flows, hold;
	double speed;
	bool force, no_packets, guess_ports;
};

static const struct option_row options[] = {
	{"--model", 'm', OPTION_TEXT, "ID", "a model of the library (see `sluice model list`)",
		offsetof(struct replay_options, choice.model), 0, 0},
	{"--rules", 'r', OPTION_TEXT, "FILE", "a ruleset or model of your own instead",
		offsetof(struct replay_options, choice.rules), 0, 0},
	{"--set", 's', OPTION_LIST, "P=V", "give a parameter of the model another value",
		offsetof(struct replay_options, choice.settings), 0, 0},
	{"--protos", 0, OPTION_TEXT, "FILE", "protocols that nDPI is to know too: its protos.txt",
		offsetof(struct replay_options, choice.protos), 0, 0},
	{"--skip-bad", 0, OPTION_FLAG, NULL,
		"leave out, and tell, bad lines of list files and of --protos",
		offsetof(struct replay_options, choice.skip_bad), 0, 0},
	{"--inside", 'i', OPTION_LIST, "CIDR",
		"addresses on the subscribers' side, with commas (default: private ranges)",
		offsetof(struct replay_options, inside), 0, 0},
	{"--seed", 0, OPTION_COUNT, "N", "seed of every random draw (default 1)",
		offsetof(struct replay_options, seed), 0, UINT64_MAX},
	{"--speed", 0, OPTION_FACTOR, "X", "play the capture X times as fast (default 1)",
		offsetof(struct replay_options, speed), 0, 0},
	{"--workers", 'w', OPTION_COUNT, "N",
		"threads that classify; no result depends on it (default: what the machine has)",
		offsetof(struct replay_options, workers), 1, SHARDS},
	{"--flows", 0, OPTION_COUNT, "N", "most flows tracked at once (default 1048576)",
		offsetof(struct replay_options, flows), SHARDS * 64, 1 << 26},
	{"--hold", 0, OPTION_COUNT, "N",
		"most packets held at once, a copy of each in memory (default 262144)",
		offsetof(struct replay_options, hold), SHARDS, 1 << 26},
	{"--guess-ports", 0, OPTION_FLAG, NULL,
		"class what nothing recognises by its port, marked as a guess",
		offsetof(struct replay_options, guess_ports), 0, 0},
	{"--no-packets", 0, OPTION_FLAG, NULL, "do not write verdicts.pcapng and out.pcapng",
		offsetof(struct replay_options, no_packets), 0, 0},
	{"--output", 'o', OPTION_TEXT, "DIR", "where the results go; must not exist yet",
		offsetof(struct replay_options, output), 0, 0},
	{"--force", 'f', OPTION_FLAG, NULL, "replace DIR when it holds an earlier result",
		offsetof(struct replay_options, force), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

/* One replay from the command line to the folder. */
struct replay {
	struct replay_options options;
	struct option_list captures;
	struct protos *protos;
	struct rules *rules;
	struct prefixes *inside;
	struct capture *capture;
	struct folder *folder;
	struct manifest *manifest;
	struct playback *playback;
	struct outputs *outputs;
	struct counters counters;
	struct outputs_totals totals;
	struct warnings warnings;
};

static bool check_usage(const struct replay *replay, struct failure *failure)
{
	const struct replay_options *given = &replay->options;

	if (!replay->captures.count)
		return failure_set(failure, EXIT_BAD_INPUT,
			"replay: no capture given (see `sluice replay --help`)");
	if (replay->captures.count > PLAYBACK_INTERFACES_MAX)
		return failure_set(failure, EXIT_BAD_INPUT, "replay: at most %d captures at once",
			PLAYBACK_INTERFACES_MAX);
	if (!given->choice.model == !given->choice.rules)
		return failure_set(
			failure, EXIT_BAD_INPUT, "replay: give either --model ID or --rules FILE");
	if (given->speed < 1e-6 || given->speed > 1e6)
		return failure_set(
			failure, EXIT_BAD_INPUT, "--speed: from 0.000001 to 1000000 is possible");
	if (!given->output)
		return failure_set(
			failure, EXIT_BAD_INPUT, "replay: give an output folder with -o DIR");
	return true;
}

/* An input that --force would remove with the older result. */
static bool lies_in(const char *input, const char *folder)
{
	char parent[PATH_MAX];
	struct stat of_input, of_folder;

	if (snprintf(parent, sizeof(parent), "%s", input) >= (int)sizeof(parent))
		return false;
	return stat(folder, &of_folder) == 0 && stat(dirname(parent), &of_input) == 0 &&
	       of_input.st_dev == of_folder.st_dev && of_input.st_ino == of_folder.st_ino;
}

static bool keep_inputs(const struct replay *replay, struct failure *failure)
{
	const char *output = replay->options.output;
	const char *input = replay->options.choice.rules;

	for (size_t i = 0; i < replay->captures.count; i++) {
		if (lies_in(replay->captures.items[i], output))
			input = replay->captures.items[i];
	}
	if (!input || !lies_in(input, output))
		return true;
	return failure_set(failure, EXIT_BAD_INPUT,
		"%s: lies in the output folder %s: choose another one", input, output);
}

/* One prefix, or several with commas between them. */
static bool add_inside(struct prefixes *inside, const char *text, struct failure *failure)
{
	char *copy = strdup(text), *rest = copy;
	const char *one, *wrong = copy ? NULL : "out of memory";
	struct prefix prefix;

	while (!wrong && (one = strsep(&rest, ","))) {
		wrong = prefix_parse(one, &prefix);
		if (wrong)
			failure_set(failure, EXIT_BAD_INPUT, "--inside %s: %s", one, wrong);
		else
			prefixes_add(inside, &prefix);
	}
	free(copy);
	return !wrong;
}

static bool read_inside(struct replay *replay, struct failure *failure)
{
	const struct option_list *given = &replay->options.inside;

	if (!given->count) {
		replay->inside = prefixes_private();
		return true;
	}
	replay->inside = prefixes_new();
	for (size_t i = 0; i < given->count; i++) {
		if (!add_inside(replay->inside, given->items[i], failure))
			return false;
	}
	prefixes_seal(replay->inside);
	return true;
}

static bool prepare(struct replay *replay, int argc, char **argv, struct failure *failure)
{
	struct playback_options of = {
		.files = replay->captures.count,
		.seed = replay->options.seed,
		.flows = replay->options.flows,
		.hold = replay->options.hold,
		.workers = replay->options.workers,
		.speed = replay->options.speed,
		.guess_ports = replay->options.guess_ports,
		.what = "replay",
	};

	if (!check_usage(replay, failure) ||
		!protos_load(&replay->protos, replay->options.choice.protos,
			replay->options.choice.skip_bad, failure))
		return false;
	replay->rules = choice_load(&replay->options.choice, failure);
	if (!replay->rules || !read_inside(replay, failure) || !keep_inputs(replay, failure))
		return false;
	replay->capture = capture_open(replay->captures.items, replay->captures.count, failure);
	if (!replay->capture)
		return false;
	replay->folder = folder_begin(replay->options.output, replay->options.force, failure);
	if (!replay->folder)
		return false;
	of.capture = replay->capture;
	of.ruleset = rules_compiled(replay->rules);
	of.inside = replay->inside;
	replay->manifest = manifest_begin("replay", argc, argv);
	manifest_seed(replay->manifest, replay->options.seed);
	replay->playback = playback_new(&of, failure);
	if (!replay->playback)
		return false;
	replay->outputs = outputs_begin(
		replay->folder, replay->playback, of.ruleset, !replay->options.no_packets, failure);
	return replay->outputs != NULL;
}

static bool note_inputs(struct replay *replay, struct failure *failure)
{
	for (size_t i = 0; i < replay->captures.count; i++) {
		char digest[65];
		uint64_t bytes;

		if (!capture_digest(replay->capture, i, digest, &bytes, failure))
			return false;
		manifest_input(replay->manifest, replay->captures.items[i], bytes, digest);
	}
	return true;
}

static json_t *rules_json(const struct rules *rules)
{
	json_t *parameters = json_array();
	char digest[65];
	size_t len;
	const char *text = rules_text(rules, &len);

	manifest_sha256(text, len, digest);
	for (size_t i = 0; i < rules_parameter_count(rules); i++) {
		struct rules_parameter each = rules_parameter(rules, i);

		json_array_append_new(
			parameters, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", each.name,
					    "value", each.value, "source", each.source, "certainty",
					    each.certainty, "set", each.set));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", rules_id(rules), "title",
		rules_title(rules), "origin", rules_origin(rules), "sha256", digest, "parameters",
		parameters);
}

static void note_results(struct replay *replay)
{
	manifest_set(replay->manifest, "clock", json_string("capture"));
	manifest_set(replay->manifest, "rules", rules_json(replay->rules));
	if (replay->protos)
		manifest_set(replay->manifest, "protos", protos_json(replay->protos));
	manifest_set(replay->manifest, "results",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "packets",
			(json_int_t)replay->totals.packets, "flows",
			(json_int_t)replay->totals.flows.flows, "flows_throttled",
			(json_int_t)replay->totals.flows.throttled, "packets_held",
			(json_int_t)replay->totals.flows.held, "first_ns",
			(json_int_t)replay->totals.first_ns, "last_ns",
			(json_int_t)replay->totals.last_ns));
}

static bool play(struct replay *replay, struct failure *failure)
{
	if (!playback_run(
		    replay->playback, outputs_chunk, replay->outputs, &replay->warnings, failure))
		return false;
	if (!playback_counters(replay->playback, &replay->counters))
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	if (!outputs_finish(replay->outputs, &replay->counters, &replay->totals, failure))
		return false;
	rules_warn(replay->rules, &replay->warnings);
	caveats_of_time(&replay->warnings, playback_timeline(replay->playback), &replay->totals);
	caveats_of_events(&replay->warnings, &replay->counters);
	if (!note_inputs(replay, failure))
		return false;
	note_results(replay);
	return manifest_write(replay->manifest, &replay->warnings,
		       folder_path(replay->folder, "run.json"), failure) &&
	       report_write(folder_path(replay->folder, ""), failure);
}

static void tell(const struct replay *replay)
{
	struct fates total = counters_total(&replay->counters);
	uint64_t dropped = total.received.packets - total.forwarded.packets - total.held.packets;
	char held[40] = "";

	for (int i = 0; i < replay->warnings.count; i++)
		fprintf(stderr, "sluice: warning: %s\n", replay->warnings.text[i]);
	if (replay->totals.flows.held)
		snprintf(held, sizeof(held), " and %llu delayed",
			(unsigned long long)replay->totals.flows.held);
	printf("%s throttled %llu of %llu flows: %llu of %llu packets dropped%s. See "
	       "%s/report.html\n",
		rules_id(replay->rules), (unsigned long long)replay->totals.flows.throttled,
		(unsigned long long)replay->totals.flows.flows, (unsigned long long)dropped,
		(unsigned long long)total.received.packets, held, replay->options.output);
}

static void clean(struct replay *replay)
{
	outputs_free(replay->outputs);
	playback_free(replay->playback);
	manifest_free(replay->manifest);
	folder_abandon(replay->folder);
	if (replay->capture)
		capture_close(replay->capture);
	counters_end(&replay->counters);
	prefixes_free(replay->inside);
	rules_free(replay->rules);
	protos_free(replay->protos);
	options_free(&command_replay, &replay->options, &replay->captures);
	free(replay);
}

static uint64_t default_workers(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus <= 2 ? 1 : cpus > SHARDS ? SHARDS : cpus - 1;
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	struct folder *folder;
	int parsed;

	if (!replay) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return EXIT_REFUSED;
	}
	replay->options = (struct replay_options){.seed = 1,
		.workers = default_workers(),
		.flows = 1 << 20,
		.hold = 1 << 18,
		.speed = 1};
	parsed = options_parse(
		&command_replay, argc, argv, &replay->options, &replay->captures, failure);
	if (!parsed && prepare(replay, argc, argv, failure) && play(replay, failure)) {
		folder = replay->folder;
		replay->folder = NULL;
		if (folder_commit(folder, failure))
			tell(replay);
	}
	clean(replay);
	return failure->exit_code;
}

const struct command command_replay = {
	.name = "replay",
	.synopsis = "CAPTURE... (--model ID | --rules FILE) -o DIR [options]",
	.help = "play a capture through a throttling model, in the capture's own time",
	.details = "Captures are pcap or pcapng; `-` is standard input; several are merged in time "
		   "order.\n\n"
		   "DIR gets run.json, flows.csv, counters.json, series.csv, sequences.json,\n"
		   "verdicts.pcapng (every packet with its verdict as a comment), out.pcapng (what "
		   "comes out)\nand report.html. It appears whole or not at all.\n",
	.options = options,
	.run = run,
};
