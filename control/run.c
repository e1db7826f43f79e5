/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice run: the live box between pairs of ports. */
#include "control/commands.h"
#include "control/counters_file.h"
#include "control/rules.h"
#include "control/scope.h"
#include "control/units.h"

#include "dataplane/io/box.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct run_options {
	const char *model, *rules, *cores, *lab, *drain, *duration, *until_idle, *steer, *poll;
	struct option_list ports, settings, inside, scope;
	uint64_t seed, flows, hold, memory, mtu;
	bool json, no_huge, verbose;
};

static const struct option_row options[] = {
	{"--port", 'p', OPTION_LIST, "PORT",
		"a port; twice a pair, the inside one first (see below for kinds)",
		offsetof(struct run_options, ports), 0, 0},
	{"--scope", 0, OPTION_LIST, "CIDR", "the testbed's prefixes; nothing else is looked at",
		offsetof(struct run_options, scope), 0, 0},
	{"--inside", 'i', OPTION_LIST, "CIDR", "addresses on the subscribers' side, within --scope",
		offsetof(struct run_options, inside), 0, 0},
	{"--model", 'm', OPTION_TEXT, "ID", "a model of the library (see `sluice model list`)",
		offsetof(struct run_options, model), 0, 0},
	{"--rules", 'r', OPTION_TEXT, "FILE",
		"a ruleset or model of your own instead; read again on SIGHUP",
		offsetof(struct run_options, rules), 0, 0},
	{"--set", 's', OPTION_LIST, "P=V", "give a parameter of the model another value",
		offsetof(struct run_options, settings), 0, 0},
	{"--cores", 'l', OPTION_TEXT, "LIST", "cores of the workers, as in 1,2 or 2-5",
		offsetof(struct run_options, cores), 0, 0},
	{"--steer", 0, OPTION_TEXT, "HOW",
		"packets of one `flow` or one inside `host` meet on one worker (default auto)",
		offsetof(struct run_options, steer), 0, 0},
	{"--poll", 0, OPTION_TEXT, "HOW",
		"`busy` polls on when idle, `adaptive` sleeps a little (default)",
		offsetof(struct run_options, poll), 0, 0},
	{"--duration", 0, OPTION_TEXT, "TIME", "stop after this time, as in 30s",
		offsetof(struct run_options, duration), 0, 0},
	{"--drain", 0, OPTION_TEXT, "TIME",
		"when stopping, send what is held for so long (default 2s)",
		offsetof(struct run_options, drain), 0, 0},
	{"--seed", 0, OPTION_COUNT, "N", "seed of every random draw (default 1)",
		offsetof(struct run_options, seed), 0, UINT64_MAX},
	{"--flows", 0, OPTION_COUNT, "N", "most flows tracked at once (default 262144)",
		offsetof(struct run_options, flows), 1024, 1 << 26},
	{"--hold", 0, OPTION_COUNT, "N", "most packets held at once (default 8192)",
		offsetof(struct run_options, hold), 0, 1 << 22},
	{"--mtu", 0, OPTION_COUNT, "BYTES", "set the MTU of cards (default 1500)",
		offsetof(struct run_options, mtu), 68, 16000},
	{"--memory", 0, OPTION_COUNT, "MB", "memory for packets (default: as needed)",
		offsetof(struct run_options, memory), 16, 1 << 20},
	{"--no-huge", 0, OPTION_FLAG, NULL, "do not use huge pages",
		offsetof(struct run_options, no_huge), 0, 0},
	{"--lab", 0, OPTION_TEXT, "NAME", "name of this box (default: its process number)",
		offsetof(struct run_options, lab), 0, 0},
	{"--json", 0, OPTION_FLAG, NULL, "print the summary as JSON",
		offsetof(struct run_options, json), 0, 0},
	{"--verbose", 'v', OPTION_FLAG, NULL, "show what DPDK logs",
		offsetof(struct run_options, verbose), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

struct run {
	struct run_options options;
	struct scope scope, inside;
	struct rules *rules;
	char lab[32];
	unsigned cores[BOX_WORKERS_MAX];
	unsigned core_count;
	uint64_t drain_ns, duration_ns;
	struct box *box;
};

static volatile sig_atomic_t stops;

static void ask_to_stop(int signal_number)
{
	stops++;
}

static bool read_time(const char *option, const char *text, uint64_t *ns, struct failure *failure)
{
	char why[UNITS_WHY];

	if (!text || units_parse(text, QUANTITY_DURATION, ns, why))
		return true;
	return failure_set(failure, EXIT_BAD_INPUT, "%s %s: %s", option, text, why);
}

static bool check(struct run *run, struct failure *failure)
{
	const struct run_options *given = &run->options;

	if (given->ports.count < 2 || given->ports.count % 2 || given->ports.count > BOX_PORTS_MAX)
		return failure_set(failure, EXIT_BAD_INPUT,
			"run: give ports in pairs, -p INSIDE -p OUTSIDE, up to %d", BOX_PORTS_MAX);
	run->drain_ns = 2000000000ull;
	if (!read_time("--drain", given->drain, &run->drain_ns, failure) ||
		!read_time("--duration", given->duration, &run->duration_ns, failure))
		return false;
	return scope_read(&run->scope, "--scope", &given->scope, failure) &&
	       scope_read_within(&run->inside, "--inside", &given->inside, &run->scope, failure);
}

static bool open_box(struct run *run, struct failure *failure)
{
	const struct run_options *given = &run->options;
	struct box_options of = {
		.eal = {.lab = run->lab,
			.cores = run->cores,
			.core_count = run->core_count,
			.memory_mb = given->memory,
			.no_huge = given->no_huge,
			.verbose = given->verbose},
		.ports = given->ports.items,
		.port_count = given->ports.count,
		.ruleset = rules_compiled(run->rules),
		.inside = run->inside.set,
		.scope = run->scope.set,
		.scope_list = run->scope.list,
		.scope_count = run->scope.count,
		.seed = given->seed,
		.flows = given->flows,
		.mtu = given->mtu,
		.adaptive = !given->poll || strcmp(given->poll, "busy") != 0,
	};
	struct trouble trouble = {0};
	char *said;

	run->box = box_new(&of, &said, &trouble);
	if (!run->box)
		return failure_set(failure, trouble.system ? EXIT_REFUSED : EXIT_BAD_INPUT, "%s",
			trouble.line);
	if (said)
		fputs(said, stderr);
	free(said);
	return true;
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void serve(struct run *run)
{
	uint64_t begin_ns = clock_ns();

	while (!stops) {
		struct timespec time = {.tv_nsec = 100000000};
		char *said;

		nanosleep(&time, NULL);
		said = box_tend(run->box);
		if (said)
			fputs(said, stderr);
		free(said);
		if (run->duration_ns && clock_ns() - begin_ns >= run->duration_ns)
			break;
	}
}

static bool summarise(struct run *run, struct failure *failure)
{
	struct box_counters counters;
	json_t *json;

	if (!box_counters(run->box, &counters))
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	json = counters_json(&counters.sum, rules_compiled(run->rules), true);
	json_dumpf(json, stdout, JSON_INDENT(2));
	puts("");
	json_decref(json);
	box_counters_end(&counters);
	return true;
}

static bool load_rules(struct run *run, struct failure *failure)
{
	if (run->options.rules)
		run->rules = rules_load_file(run->options.rules, NULL, 0, failure);
	else
		run->rules = rules_none(failure);
	return run->rules != NULL;
}

static void clean(struct run *run)
{
	box_free(run->box);
	rules_free(run->rules);
	scope_free(&run->scope);
	scope_free(&run->inside);
	options_free(&command_run, &run->options, NULL);
	free(run);
}

static int start(int argc, char **argv, struct failure *failure)
{
	struct run *run = calloc(1, sizeof(*run));
	struct sigaction stop = {.sa_handler = ask_to_stop};

	if (!run) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return EXIT_REFUSED;
	}
	run->options = (struct run_options){.seed = 1, .flows = 1 << 18, .hold = 8192};
	if (options_parse(&command_run, argc, argv, &run->options, NULL, failure) == 0 &&
		check(run, failure) && load_rules(run, failure)) {
		snprintf(run->lab, sizeof(run->lab), "%d", getpid());
		run->cores[0] = 1;
		run->core_count = 1;
		sigaction(SIGINT, &stop, NULL);
		sigaction(SIGTERM, &stop, NULL);
		if (open_box(run, failure)) {
			serve(run);
			box_stop(run->box, run->drain_ns);
			summarise(run, failure);
		}
	}
	clean(run);
	return failure->exit_code;
}

const struct command command_run = {
	.name = "run",
	.synopsis = "-p PORT -p PORT --scope CIDR --inside CIDR [--model ID | --rules FILE]",
	.help = "be the box between pairs of ports",
	.options = options,
	.run = start,
};
