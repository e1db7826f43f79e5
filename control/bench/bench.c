/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice bench: what things cost, beside peers in the same run, against targets. */
#include "control/bench/corpus.h"
#include "control/bench/trials.h"
#include "control/commands.h"
#include "control/cores.h"
#include "control/nearest.h"

#include "dataplane/io/eal.h"

#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPEATS = 10, REPEATS_QUICK = 3, MEMORY_MB = 4096, MEMORY_QUICK_MB = 256 };

struct bench_options {
	uint64_t repeats, memory;
	const char *core, *setting;
	struct option_list captures;
	bool all, quick, list, json, verbose;
};

static const struct option_row options[] = {
	{"--all", 0, OPTION_FLAG, NULL, "every contest", offsetof(struct bench_options, all), 0, 0},
	{"--quick", 'q', OPTION_FLAG, NULL,
		"three repeats, and only what fits into a little memory and time",
		offsetof(struct bench_options, quick), 0, 0},
	{"--list", 0, OPTION_FLAG, NULL, "say what there is, and end",
		offsetof(struct bench_options, list), 0, 0},
	{"--setting", 0, OPTION_TEXT, "LABEL", "only under this setting, as in \"1M\"",
		offsetof(struct bench_options, setting), 0, 0},
	{"--capture", 'c', OPTION_LIST, "FILE", "real traffic for the contests that want it",
		offsetof(struct bench_options, captures), 0, 0},
	{"--repeats", 0, OPTION_COUNT, "N", "of each contender (default 10)",
		offsetof(struct bench_options, repeats), 1, SPREAD_VALUES_MAX},
	{"--core", 'l', OPTION_TEXT, "N", "core to measure on (default: the last)",
		offsetof(struct bench_options, core), 0, 0},
	{"--memory", 0, OPTION_COUNT, "MB", "memory for the peers (default 4096, quick 256)",
		offsetof(struct bench_options, memory), 64, 1 << 20},
	{"--json", 0, OPTION_FLAG, NULL, "print JSON", offsetof(struct bench_options, json), 0, 0},
	{"--verbose", 'v', OPTION_FLAG, NULL, "show what DPDK logs",
		offsetof(struct bench_options, verbose), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

/* One run from the command line to its table. */
struct bench {
	struct bench_options options;
	struct option_list ids;
	struct corpus corpus;
	struct cores core;
	uint32_t repeats;
	bool huge; /* the peers' memory is in huge pages, as ours is */
	json_t *results;
	uint32_t missed;
	struct failure *failure;
};

static const struct contest *find(const char *id, struct failure *failure)
{
	const char *words[32] = {NULL};
	const char *near;

	for (size_t i = 0; contests[i]; i++) {
		if (!strcmp(contests[i]->id, id))
			return contests[i];
		words[i] = contests[i]->id;
	}
	near = nearest_word(id, words);
	failure_set(failure, EXIT_BAD_INPUT, "bench: no contest '%s'%s%s; sluice bench --list", id,
		near ? ", did you mean " : "", near ? near : "");
	return NULL;
}

/* The setting's label must be there in each contest that is named. */
static bool has_setting(const struct contest *contest, const char *label, struct failure *failure)
{
	char labels[256] = "";

	for (const struct setting *row = contest->settings; row->label; row++) {
		if (!strcmp(row->label, label))
			return true;
		if (strlen(labels) + strlen(row->label) + 3 > sizeof(labels))
			continue;
		strcat(labels, labels[0] ? ", " : "");
		strcat(labels, row->label);
	}
	return failure_set(
		failure, EXIT_BAD_INPUT, "--setting '%s': %s has %s", label, contest->id, labels);
}

static bool is_wanted(const struct bench *bench, const struct contest *contest)
{
	if (!bench->ids.count)
		return true;
	for (size_t i = 0; i < bench->ids.count; i++) {
		if (!strcmp(bench->ids.items[i], contest->id))
			return true;
	}
	return false;
}

static bool is_wanted_setting(const struct bench *bench, const struct setting *setting)
{
	if (bench->options.setting)
		return !strcmp(bench->options.setting, setting->label);
	return !bench->options.quick || !setting->slow;
}

/* Results */

static void print_head(const struct contest *contest, const struct setting *setting)
{
	printf("%s  %s: %s\n", contest->id, contest->title, setting->label);
	printf("    %-28s %10s %21s %10s   %s\n", "", "median", "95 % of medians", "least",
		contest->unit);
}

static void print_contenders(const struct contest *contest, const struct trials_result *result)
{
	for (uint32_t i = 0; i < CONTENDERS_MAX && contest->contenders[i].name; i++) {
		const struct spread *spread = &result->spreads[i];

		printf("    %-28s %10.4g %10.4g %10.4g %10.4g\n", contest->contenders[i].name,
			spread->median, spread->low, spread->high, spread->least);
	}
}

static void print_target(const struct contest *contest, const struct target *target,
	const struct trials_result *result)
{
	bool met = trials_met(contest, target, result);

	if (target->beside)
		printf("    %s: %.2f times %s than %s, wanted %.2f\n", met ? "met" : "NOT MET",
			trials_ratio(contest, target, result),
			contest->more_is_better ? "as much" : "cheaper", target->beside,
			target->bound);
	else
		printf("    %s: %.4g, wanted at %s %.4g\n", met ? "met" : "NOT MET",
			trials_ratio(contest, target, result),
			contest->more_is_better ? "least" : "most", target->bound);
}

static json_t *spread_object(const char *name, const struct spread *spread)
{
	return json_pack("{ss sf sf sf sf sf si}", "contender", name, "median", spread->median,
		"low", spread->low, "high", spread->high, "least", spread->least, "most",
		spread->most, "repeats", spread->count);
}

static json_t *target_object(const struct contest *contest, const struct target *target,
	const struct trials_result *result)
{
	return json_pack("{ss? sf sf sb}", "beside", target->beside, "bound", target->bound,
		"value", trials_ratio(contest, target, result), "met",
		trials_met(contest, target, result));
}

static void add_result(struct bench *bench, const struct contest *contest,
	const struct setting *setting, const struct trials_result *result)
{
	json_t *contenders = json_array(), *targets = json_array();

	for (uint32_t i = 0; i < CONTENDERS_MAX && contest->contenders[i].name; i++)
		json_array_append_new(contenders,
			spread_object(contest->contenders[i].name, &result->spreads[i]));
	for (const struct target *target = contest->targets; target->bound > 0; target++) {
		if (target->setting && strcmp(target->setting, setting->label) != 0)
			continue;
		bench->missed += !trials_met(contest, target, result);
		json_array_append_new(targets, target_object(contest, target, result));
		if (!bench->options.json)
			print_target(contest, target, result);
	}
	json_array_append_new(
		bench->results, json_pack("{ss ss ss ss so so si si}", "contest", contest->id,
					"title", contest->title, "setting", setting->label, "unit",
					contest->unit, "contenders", contenders, "targets", targets,
					"spoilt", result->spoilt, "doubted", result->doubted));
}

static bool run_setting(
	struct bench *bench, const struct contest *contest, const struct setting *setting)
{
	struct setting given = *setting;
	struct trials_result result;

	given.corpus = &bench->corpus;
	if (!trials_run(contest, &given, bench->repeats, &result, bench->failure))
		return false;
	if (!bench->options.json) {
		print_head(contest, setting);
		print_contenders(contest, &result);
	}
	add_result(bench, contest, setting, &result);
	if (!bench->options.json && result.spoilt + result.doubted)
		printf("    the machine spoilt %u repeats; %u of those counted could not be had "
		       "better\n",
			result.spoilt + result.doubted, result.doubted);
	fflush(stdout);
	return true;
}

/* What is asked for by its name must be there. */
static bool lacks_corpus(struct bench *bench, const struct contest *contest)
{
	if (!contest->wants_corpus || bench->options.captures.count)
		return false;
	if (bench->ids.count)
		failure_set(bench->failure, EXIT_BAD_INPUT,
			"bench %s: name captures with --capture FILE", contest->id);
	else
		fprintf(stderr, "sluice: %s left out: it wants --capture FILE\n", contest->id);
	return true;
}

static bool run_contest(struct bench *bench, const struct contest *contest)
{
	if (lacks_corpus(bench, contest))
		return !bench->failure->exit_code;
	for (const struct setting *setting = contest->settings; setting->label; setting++) {
		if (is_wanted_setting(bench, setting) && !run_setting(bench, contest, setting))
			return false;
	}
	if (contest->note && !bench->options.json)
		printf("    (%s)\n", contest->note);
	return true;
}

static bool run_all(struct bench *bench)
{
	for (size_t i = 0; contests[i]; i++) {
		if (is_wanted(bench, contests[i]) && !run_contest(bench, contests[i]))
			return false;
	}
	return true;
}

/* Setting up */

static bool check(struct bench *bench)
{
	bench->repeats = bench->options.repeats ? bench->options.repeats
			 : bench->options.quick ? REPEATS_QUICK
						: REPEATS;
	for (size_t i = 0; i < bench->ids.count; i++) {
		const struct contest *contest = find(bench->ids.items[i], bench->failure);

		if (!contest ||
			(bench->options.setting &&
				!has_setting(contest, bench->options.setting, bench->failure)))
			return false;
	}
	if (!bench->ids.count && !bench->options.all && !bench->options.quick)
		return failure_set(bench->failure, EXIT_BAD_INPUT,
			"bench: name contests (sluice bench --list), or give --all or --quick");
	if (!bench->options.core) {
		cores_default(&bench->core, false);
		return true;
	}
	return cores_read(&bench->core, "--core", bench->options.core, bench->failure) &&
	       (bench->core.count == 1 ||
		       failure_set(bench->failure, EXIT_BAD_INPUT, "--core: one core, as in 1"));
}

static bool begin(struct bench *bench)
{
	struct trouble trouble = {0};
	char lab[32];
	struct eal_options eal = {
		.lab = lab,
		.memory_mb = bench->options.memory  ? bench->options.memory
			     : bench->options.quick ? MEMORY_QUICK_MB
						    : MEMORY_MB,
		.verbose = bench->options.verbose,
	};
	bool fell_back;
	cpu_set_t core;

	snprintf(lab, sizeof(lab), "bench-%d", getpid());
	if (!eal_begin(&eal, &fell_back, &trouble))
		return failure_set(bench->failure, trouble.system ? EXIT_REFUSED : EXIT_BAD_INPUT,
			"%s", trouble.line);
	bench->huge = !fell_back;
	CPU_ZERO(&core);
	CPU_SET(bench->core.list[0], &core);
	if (sched_setaffinity(0, sizeof(core), &core) < 0)
		return failure_set(bench->failure, EXIT_REFUSED, "core %u: %s", bench->core.list[0],
			strerror(errno));
	if (fell_back)
		fprintf(stderr,
			"sluice: warning: no %u MB of huge pages: the peers are slower by "
			"that, ratios to them flatter (sysctl vm.nr_hugepages=%u)\n",
			eal.memory_mb, eal.memory_mb / 2);
	return true;
}

static int answer(struct bench *bench)
{
	json_t *object;

	if (bench->options.json) {
		object = json_pack("{sb sb si sO}", "huge_pages", bench->huge, "quick",
			bench->options.quick, "targets_missed", bench->missed, "results",
			bench->results);
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(object);
	} else {
		printf("%u target%s not met\n", bench->missed, bench->missed == 1 ? "" : "s");
	}
	return bench->missed ? EXIT_ANSWER_NO : EXIT_DONE;
}

static int list(void)
{
	for (size_t i = 0; contests[i]; i++) {
		printf("%-12s %s\n%12s ", contests[i]->id, contests[i]->title, "");
		for (const struct setting *row = contests[i]->settings; row->label; row++)
			printf("%s%s", row == contests[i]->settings ? "" : ", ", row->label);
		printf("\n");
	}
	return EXIT_DONE;
}

static int measure(struct bench *bench)
{
	bool good;

	if (bench->options.list)
		return list();
	if (!check(bench))
		return bench->failure->exit_code;
	bench->results = json_array();
	good = (!bench->options.captures.count ||
		       corpus_read(&bench->corpus, bench->options.captures.items,
			       bench->options.captures.count, bench->failure)) &&
	       begin(bench) && run_all(bench);
	eal_end();
	if (good)
		good = answer(bench) == EXIT_DONE;
	json_decref(bench->results);
	corpus_free(&bench->corpus);
	return bench->failure->exit_code ? bench->failure->exit_code
	       : good                    ? EXIT_DONE
					 : EXIT_ANSWER_NO;
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct bench bench = {.failure = failure};
	int parsed = options_parse(&command_bench, argc, argv, &bench.options, &bench.ids, failure);
	int code = parsed == 0 ? measure(&bench) : failure->exit_code;

	options_free(&command_bench, &bench.options, &bench.ids);
	return code;
}

const struct command command_bench = {
	.name = "bench",
	.synopsis = "CONTEST... | --all | --quick",
	.help = "measure what things cost, beside peers in the same run",
	.details = "Contenders take turns; medians count, with the interval that holds 95 % of "
		   "the medians of\nresamples. Repeats during which the core was taken away or "
		   "changed its clock are taken again.\nExit code 1: a target was not met.",
	.options = options,
	.run = run,
};
