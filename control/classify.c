/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice classify: what the flows of a capture are. */
#include "control/agreement.h"
#include "control/caveats.h"
#include "control/class_rows.h"
#include "control/commands.h"
#include "control/playback.h"
#include "control/protos.h"
#include "control/rules.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct classify_options {
	const char *against, *protos;
	double at_least;
	uint64_t workers, flows;
	bool json, csv, fingerprints, guess_ports, skip_bad;
};

static const struct option_row options[] = {
	{"--json", 0, OPTION_FLAG, NULL, "an object a line",
		offsetof(struct classify_options, json), 0, 0},
	{"--csv", 0, OPTION_FLAG, NULL, "RFC 4180", offsetof(struct classify_options, csv), 0, 0},
	{"--against", 0, OPTION_TEXT, "ndpi",
		"print no flows, but how nDPI alone would have classed them",
		offsetof(struct classify_options, against), 0, 0},
	{"--at-least", 0, OPTION_FACTOR, "PERCENT",
		"with --against: exit with 1 when fewer of nDPI's classes are also sluice's",
		offsetof(struct classify_options, at_least), 0, 0},
	{"--fingerprints", 0, OPTION_FLAG, NULL,
		"three columns more: JA3 and JA4 of the ClientHello, and whether the first payload "
		"from the client looks fully encrypted",
		offsetof(struct classify_options, fingerprints), 0, 0},
	{"--protos", 0, OPTION_TEXT, "FILE", "protocols that nDPI is to know too: its protos.txt",
		offsetof(struct classify_options, protos), 0, 0},
	{"--skip-bad", 0, OPTION_FLAG, NULL, "leave out, and tell, bad lines of --protos",
		offsetof(struct classify_options, skip_bad), 0, 0},
	{"--guess-ports", 0, OPTION_FLAG, NULL,
		"class what nothing recognises by its port; `by` is then \"guess\"",
		offsetof(struct classify_options, guess_ports), 0, 0},
	{"--workers", 'w', OPTION_COUNT, "N",
		"threads that classify; no result depends on it (default: what the machine has)",
		offsetof(struct classify_options, workers), 1, SHARDS},
	{"--flows", 0, OPTION_COUNT, "N", "most flows tracked at once (default 1048576)",
		offsetof(struct classify_options, flows), SHARDS * 64, 1 << 26},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

/* Nothing happens to any flow. One lasts until a new SYN: its FIN and what follows belong to it. */
static const char document[] = "sluice: 1\nrules: [{id: any, then: pass}]\n";

/* One classification from the command line to the last row. */
struct classify {
	struct classify_options options;
	struct option_list captures;
	struct protos *protos;
	struct rules *rules; /* the document above */
	struct prefixes *inside;
	struct agreement *agreement; /* NULL: rows are printed */
	struct warnings warnings;
};

/* One way through the captures. */
struct pass {
	struct classify *classify;
	struct capture *capture;
	struct playback *playback;
	bool ndpi_alone;
};

static bool check_usage(const struct classify *classify, struct failure *failure)
{
	const struct classify_options *given = &classify->options;
	size_t count = classify->captures.count;

	if (!count || count > PLAYBACK_INTERFACES_MAX)
		return failure_set(failure, EXIT_BAD_INPUT,
			"classify: give 1 to %d captures (see `sluice classify --help`)",
			PLAYBACK_INTERFACES_MAX);
	if (given->json && given->csv)
		return failure_set(failure, EXIT_BAD_INPUT, "either --json or --csv");
	if (given->against && strcmp(given->against, "ndpi") != 0)
		return failure_set(failure, EXIT_BAD_INPUT, "--against %s: only ndpi is known",
			given->against);
	if (given->against && given->csv)
		return failure_set(failure, EXIT_BAD_INPUT, "--against prints text or --json");
	if (given->at_least > 0 && !given->against)
		return failure_set(failure, EXIT_BAD_INPUT, "--at-least needs --against");
	if (given->at_least > 100)
		return failure_set(failure, EXIT_BAD_INPUT, "--at-least: 100 percent are all");
	for (size_t i = 0; given->against && i < count; i++) {
		if (!strcmp(classify->captures.items[i], "-"))
			return failure_set(failure, EXIT_BAD_INPUT,
				"--against reads its captures twice: standard input cannot be");
	}
	return true;
}

static enum class_format format_of(const struct classify_options *given)
{
	return given->json ? CLASS_JSON : given->csv ? CLASS_CSV : CLASS_TABLE;
}

static bool take_row(const struct pass *pass, const struct flow_row *row, struct failure *failure)
{
	struct classify *classify = pass->classify;
	bool good = true;

	if (!classify->agreement)
		class_row_write(row, format_of(&classify->options), classify->options.fingerprints,
			playback_pipeline(pass->playback), stdout);
	else if (pass->ndpi_alone)
		good = agreement_note(classify->agreement, row);
	else
		good = agreement_hear(classify->agreement, row);
	return good || failure_set(failure, EXIT_REFUSED,
			       "out of memory, or a capture changed while it was read");
}

static bool take_chunk(void *context, const struct chunk *chunk, struct failure *failure)
{
	const struct pass *pass = context;
	struct flow_rows *lists[SHARDS];
	const struct flow_row **rows;
	bool good = true;
	size_t count;

	for (int shard = 0; shard < SHARDS; shard++)
		lists[shard] = (struct flow_rows *)&chunk->rows[shard];
	rows = flow_rows_sorted(lists, SHARDS, &count);
	if (!rows)
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	for (size_t i = 0; good && i < count; i++)
		good = take_row(pass, rows[i], failure);
	free(rows);
	/* main says why; nobody reads any more, so nothing more is worth doing */
	return good && !ferror(stdout);
}

static bool play(struct pass *pass, struct failure *failure)
{
	struct classify *classify = pass->classify;
	struct playback_options of = {
		.capture = pass->capture,
		.files = classify->captures.count,
		.ruleset = rules_compiled(classify->rules),
		.inside = classify->inside,
		.flows = classify->options.flows,
		.workers = classify->options.workers,
		.speed = 1,
		.ndpi_alone = pass->ndpi_alone,
		.fingerprints = classify->options.fingerprints,
		.guess_ports = classify->options.guess_ports,
		.what = "classify",
	};
	struct counters counters;

	pass->playback = playback_new(&of, failure);
	if (!pass->playback ||
		!playback_run(pass->playback, take_chunk, pass, &classify->warnings, failure))
		return false;
	if (!playback_counters(pass->playback, &counters))
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	if (!pass->ndpi_alone)
		caveats_of_events(&classify->warnings, &counters);
	counters_end(&counters);
	return true;
}

/* What the second opinion on the same captures warns of is the same. */
static bool go_through(struct classify *classify, bool ndpi_alone, struct failure *failure)
{
	struct pass pass = {.classify = classify, .ndpi_alone = ndpi_alone};
	bool good;

	if (!ndpi_alone)
		classify->warnings = (struct warnings){0};
	pass.capture = capture_open(classify->captures.items, classify->captures.count, failure);
	good = pass.capture && play(&pass, failure);
	if (good && !ndpi_alone && classify->agreement)
		good = agreement_print(classify->agreement, playback_pipeline(pass.playback),
			       classify->options.json, stdout) ||
		       failure_set(failure, EXIT_REFUSED, "out of memory");
	playback_free(pass.playback);
	if (pass.capture)
		capture_close(pass.capture);
	return good;
}

/* No rule asks who is inside. */
static struct prefixes *everywhere(void)
{
	static const struct prefix all[] = {{{0}, 4, 0}, {{0}, 6, 0}};
	struct prefixes *prefixes = prefixes_new();

	prefixes_add(prefixes, &all[0]);
	prefixes_add(prefixes, &all[1]);
	prefixes_seal(prefixes);
	return prefixes;
}

static bool prepare(struct classify *classify, struct failure *failure)
{
	const struct classify_options *given = &classify->options;

	if (!check_usage(classify, failure) ||
		!protos_load(&classify->protos, given->protos, given->skip_bad, failure))
		return false;
	classify->rules = rules_load_text("classify", document, strlen(document), NULL, 0, failure);
	classify->inside = everywhere();
	if (given->against)
		classify->agreement = agreement_new();
	if (given->against && !classify->agreement)
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	return classify->rules != NULL;
}

static int do_classify(struct classify *classify, struct failure *failure)
{
	const struct classify_options *given = &classify->options;
	struct agreement_totals totals;

	if (!prepare(classify, failure))
		return failure->exit_code;
	if (!given->against)
		class_rows_header(format_of(given), given->fingerprints, stdout);
	else if (!go_through(classify, true, failure))
		return failure->exit_code;
	if (!go_through(classify, false, failure))
		return failure->exit_code;
	for (int i = 0; i < classify->warnings.count; i++)
		fprintf(stderr, "sluice: warning: %s\n", classify->warnings.text[i]);
	if (!given->against)
		return EXIT_DONE;
	totals = agreement_totals(classify->agreement);
	return agreement_percent(&totals) < given->at_least ? EXIT_ANSWER_NO : EXIT_DONE;
}

static int run(int argc, char **argv, struct failure *failure)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct classify classify = {
		.options = {.flows = 1 << 20,
			.workers = cpus <= 2       ? 1
				   : cpus > SHARDS ? SHARDS
						   : cpus - 1},
	};
	int parsed = options_parse(
		&command_classify, argc, argv, &classify.options, &classify.captures, failure);
	int answer = EXIT_DONE;

	if (!parsed)
		answer = do_classify(&classify, failure);
	agreement_free(classify.agreement);
	prefixes_free(classify.inside);
	rules_free(classify.rules);
	protos_free(classify.protos);
	options_free(&command_classify, &classify.options, &classify.captures);
	return answer;
}

const struct command command_classify = {
	.name = "classify",
	.synopsis = "CAPTURE... [options]",
	.help = "say what the flows of a capture are",
	.details =
		"A row a flow, as they end: class and host name, who knew it (`by`: a parser of "
		"our "
		"own,\nndpi, or guess) and at which of its packets (0: never).\n\n"
		"Captures are pcap or pcapng; `-` is standard input; several are merged in time "
		"order.\n\n"
		"--against ndpi counts each pair of nDPI's class and sluice's. nDPI alone gets the "
		"same\nfirst packets of each flow. Flows that it could not class do not count for "
		"--at-least.\n",
	.options = options,
	.run = run,
};
