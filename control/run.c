/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice run: the live box between pairs of ports. */
#include "control/commands.h"
#include "control/cores.h"
#include "control/membership.h"
#include "control/nearest.h"
#include "control/protos.h"
#include "control/scope.h"
#include "control/service.h"
#include "control/summary.h"
#include "control/units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run_options {
	struct choice choice;
	struct membership membership;
	const char *cores, *drain, *duration, *until_idle, *steer, *poll;
	struct option_list ports, inside, scope;
	uint64_t seed, flows, hold, memory, buffers, mtu;
	bool json, no_huge, bypass, verbose;
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
		offsetof(struct run_options, choice.model), 0, 0},
	{"--rules", 'r', OPTION_TEXT, "FILE",
		"a ruleset or model of your own instead; read again on SIGHUP",
		offsetof(struct run_options, choice.rules), 0, 0},
	{"--set", 's', OPTION_LIST, "P=V", "give a parameter of the model another value",
		offsetof(struct run_options, choice.settings), 0, 0},
	{"--protos", 0, OPTION_TEXT, "FILE", "protocols that nDPI is to know too: its protos.txt",
		offsetof(struct run_options, choice.protos), 0, 0},
	{"--skip-bad", 0, OPTION_FLAG, NULL,
		"leave out, and tell, bad lines of list files and of --protos",
		offsetof(struct run_options, choice.skip_bad), 0, 0},
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
	{"--until-idle", 0, OPTION_TEXT, "TIME", "stop when nothing has come for this time",
		offsetof(struct run_options, until_idle), 0, 0},
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
	{"--buffers", 0, OPTION_COUNT, "N", "packet buffers (default: as many as can be in use)",
		offsetof(struct run_options, buffers), 1024, 1 << 24},
	{"--bypass", 0, OPTION_FLAG, NULL,
		"flows that no rule will touch cross in the kernel (xdp ports)",
		offsetof(struct run_options, bypass), 0, 0},
	{"--no-huge", 0, OPTION_FLAG, NULL, "do not use huge pages",
		offsetof(struct run_options, no_huge), 0, 0},
	{"--lab", 0, OPTION_TEXT, "NAME",
		"name of this box (default: its process number); with --redis the lab's",
		offsetof(struct run_options, membership.redis.lab), 0, 0},
	MEMBERSHIP_OPTION_ROWS(struct run_options),
	{"--json", 0, OPTION_FLAG, NULL, "print the summary as JSON",
		offsetof(struct run_options, json), 0, 0},
	{"--verbose", 'v', OPTION_FLAG, NULL, "show what DPDK logs",
		offsetof(struct run_options, verbose), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

enum { STEER_AUTO, STEER_BY_FLOW, STEER_BY_HOST };
enum { POLL_ADAPTIVE, POLL_BUSY };

static const char *const steer_words[] = {"auto", "flow", "host", NULL};
static const char *const poll_words[] = {"adaptive", "busy", NULL};

/* A box from the command line to its summary. */
struct run {
	struct run_options options;
	struct protos *protos;
	struct scope scope, inside;
	char lab[BOX_NAME_SIZE];
	struct node_options node_options;
	struct node *node; /* NULL: of no lab */
	struct cores cores;
	int steer, poll;
	struct service service;
};

static bool read_time(const char *option, const char *text, uint64_t *ns, struct failure *failure)
{
	char why[UNITS_WHY];

	if (!text || units_parse(text, QUANTITY_DURATION, ns, why))
		return true;
	return failure_set(failure, EXIT_BAD_INPUT, "%s %s: %s", option, text, why);
}

/* Index of the word; the first one when nothing is said. */
static bool read_word(const char *option, const char *text, const char *const *words, int *index,
	struct failure *failure)
{
	char allowed[64] = "";
	const char *nearest;

	*index = 0;
	for (int i = 0; text && words[i]; i++) {
		if (strcmp(words[i], text) == 0)
			return *index = i, true;
		strcat(strcat(allowed, i ? ", " : ""), words[i]);
	}
	if (!text)
		return true;
	nearest = nearest_word(text, words);
	return failure_set(failure, EXIT_BAD_INPUT, "%s %s: there are %s%s%s%s", option, text,
		allowed, nearest ? "; did you mean " : "", nearest ? nearest : "",
		nearest ? "?" : "");
}

static bool check_ports(const struct run *run, struct failure *failure)
{
	const struct option_list *ports = &run->options.ports;

	if (ports->count < 2 || ports->count % 2 || ports->count > BOX_PORTS_MAX)
		return failure_set(failure, EXIT_BAD_INPUT,
			"run: ports come in pairs, -p INSIDE -p OUTSIDE, at most %d; %zu given",
			BOX_PORTS_MAX, ports->count);
	for (size_t i = 0; i < ports->count; i++) {
		struct trouble trouble;
		const char *rest;

		if (!port_parse(ports->items[i], &rest, &trouble))
			return failure_set(failure, EXIT_BAD_INPUT, "%s", trouble.line);
		for (size_t other = 0; other < i; other++) {
			if (strcmp(ports->items[i], ports->items[other]) == 0)
				return failure_set(failure, EXIT_BAD_INPUT,
					"port '%s' is given twice", ports->items[i]);
		}
	}
	return true;
}

static bool check_bypass(const struct run *run, struct failure *failure)
{
	const struct option_list *ports = &run->options.ports;

	for (size_t i = 0; run->options.bypass && i < ports->count; i++) {
		if (strncmp(ports->items[i], "xdp:", 4) != 0)
			return failure_set(failure, EXIT_BAD_INPUT,
				"--bypass: the kernel forwards between xdp: ports, and '%s' is "
				"none",
				ports->items[i]);
	}
	return true;
}

/* Cards have queues for many workers; what is virtual has one mostly. */
static bool has_card(const struct run *run)
{
	for (size_t i = 0; i < run->options.ports.count; i++) {
		if (strncmp(run->options.ports.items[i], "pci:", 4) == 0)
			return true;
	}
	return false;
}

static bool check_lab(struct run *run, struct failure *failure)
{
	const struct membership *membership = &run->options.membership;
	const char *given = membership->redis.lab;

	if (membership->redis.url)
		return membership_read(membership, &run->node_options, run->lab, failure);
	if (membership->node || membership->state || membership->publish)
		return failure_set(failure, EXIT_BAD_INPUT,
			"run: --node, --state and --publish need --redis URL");
	if (!given) {
		snprintf(run->lab, sizeof(run->lab), "%d", getpid());
		return true;
	}
	if (!store_name_valid(given))
		return failure_set(failure, EXIT_BAD_INPUT,
			"--lab %s: a name is 1 to %d letters, digits, - and _", given,
			LAB_SIZE - 1);
	strcpy(run->lab, given);
	return true;
}

static bool check_choice(const struct run *run, struct failure *failure)
{
	const struct choice *choice = &run->options.choice;

	if (!!choice->model + !!choice->rules + !!run->options.membership.redis.url > 1)
		return failure_set(failure, EXIT_BAD_INPUT,
			"run: give one of --model ID, --rules FILE and --redis URL");
	if (choice->settings.count && !choice->model && !choice->rules)
		return failure_set(failure, EXIT_BAD_INPUT,
			"--set %s: of which rules? give --model ID or --rules FILE",
			choice->settings.items[0]);
	return true;
}

static bool check_usage(struct run *run, struct failure *failure)
{
	const struct run_options *given = &run->options;
	struct service *service = &run->service;

	service->drain_ns = 2000000000ull;
	if (!check_ports(run, failure) || !check_bypass(run, failure) ||
		!check_choice(run, failure) || !check_lab(run, failure) ||
		!read_time("--drain", given->drain, &service->drain_ns, failure) ||
		!read_time("--duration", given->duration, &service->duration_ns, failure) ||
		!read_time("--until-idle", given->until_idle, &service->idle_ns, failure) ||
		!read_word("--steer", given->steer, steer_words, &run->steer, failure) ||
		!read_word("--poll", given->poll, poll_words, &run->poll, failure))
		return false;
	if (given->cores)
		return cores_read(&run->cores, "--cores", given->cores, failure);
	cores_default(&run->cores, has_card(run));
	return true;
}

static struct rules *first_rules(struct run *run, struct failure *failure)
{
	const struct choice *choice = run->service.choice;

	if (choice->model || choice->rules)
		return choice_load(choice, failure);
	if (!run->options.membership.redis.url)
		return rules_none(failure);
	run->node = node_new(&run->node_options, failure);
	if (!run->node)
		return NULL;
	run->service.mailbox = node_mailbox(run->node);
	return node_first_rules(run->node, failure);
}

static bool prepare(struct run *run, struct failure *failure)
{
	struct service *service = &run->service;

	if (!check_usage(run, failure) ||
		!scope_read(&run->scope, "--scope", &run->options.scope, failure) ||
		!scope_read_within(
			&run->inside, "--inside", &run->options.inside, &run->scope, failure) ||
		!protos_load(&run->protos, run->options.choice.protos, run->options.choice.skip_bad,
			failure))
		return false;
	service->choice = &run->options.choice;
	service->rules = first_rules(run, failure);
	if (!service->rules)
		return false;
	choice_tell(service->rules);
	service->by_host = run->steer == STEER_BY_HOST || run->cores.count == 1;
	if (!service_wants_hosts(rules_compiled(service->rules)) || service->by_host)
		return true;
	if (run->steer == STEER_BY_FLOW)
		return failure_set(failure, EXIT_BAD_INPUT,
			"--steer flow would split buckets per inside-host among %u workers",
			run->cores.count);
	service->by_host = true;
	return true;
}

static bool open_box(struct run *run, struct failure *failure)
{
	const struct run_options *given = &run->options;
	struct box_options of = {
		.eal = {.lab = run->lab,
			.cores = run->cores.list,
			.core_count = run->cores.count,
			.memory_mb = given->memory,
			.no_huge = given->no_huge,
			.verbose = given->verbose},
		.ports = given->ports.items,
		.port_count = given->ports.count,
		.ruleset = rules_compiled(run->service.rules),
		.inside = run->inside.set,
		.scope = run->scope.set,
		.scope_list = run->scope.list,
		.scope_count = run->scope.count,
		.seed = given->seed,
		.flows = given->flows,
		.hold = given->hold,
		.buffers = given->buffers,
		.mtu = given->mtu,
		.steering = run->service.by_host ? STEER_HOST : STEER_FLOW,
		.adaptive = run->poll == POLL_ADAPTIVE,
		.bypass = given->bypass,
	};
	struct trouble trouble = {0};
	char *lines;

	service_take_signals();
	/* Before the box puts this thread on a core of its own. */
	if (run->node && !node_begin(run->node, failure))
		return false;
	run->service.box = box_new(&of, &lines, &trouble);
	if (!run->service.box)
		return failure_set(failure, trouble.system ? EXIT_REFUSED : EXIT_BAD_INPUT, "%s",
			trouble.line);
	service_tell(lines);
	return readings_begin(&run->service.readings, run->service.box, run->lab, of.ruleset,
		of.ports, of.port_count, failure);
}

static bool summarise(struct run *run, struct failure *failure)
{
	struct readings *readings = &run->service.readings;
	json_t *json;

	if (!readings_take(readings))
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	if (!run->options.json) {
		summary_print(&readings->last, &readings->first, stdout);
		return true;
	}
	json = summary_json(&readings->last, &readings->first);
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
	return true;
}

static void clean(struct run *run)
{
	node_end(run->node, NULL);
	readings_end(&run->service.readings);
	box_free(run->service.box);
	rules_free(run->service.rules);
	protos_free(run->protos);
	scope_free(&run->scope);
	scope_free(&run->inside);
	options_free(&command_run, &run->options, NULL);
	free(run);
}

static int run_box(int argc, char **argv, struct failure *failure)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return EXIT_REFUSED;
	}
	run->options = (struct run_options){.seed = 1, .flows = 1 << 18, .hold = 8192};
	if (options_parse(&command_run, argc, argv, &run->options, NULL, failure) == 0 &&
		prepare(run, failure) && open_box(run, failure)) {
		service_run(&run->service);
		if (summarise(run, failure)) {
			node_end(run->node, &run->service.readings.last);
			run->node = NULL;
		}
	}
	clean(run);
	return failure->exit_code;
}

const struct command command_run = {
	.name = "run",
	.synopsis = "-p PORT -p PORT --scope CIDR --inside CIDR [--model ID | --rules FILE | "
		    "--redis URL]",
	.help = "be the box between pairs of ports",
	.options = options,
	.run = run_box,
};
