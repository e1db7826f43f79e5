/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice send: a capture onto a port, each packet when it is due. */
#include "control/achieved.h"
#include "control/commands.h"
#include "control/confines.h"
#include "control/cores.h"
#include "control/load.h"
#include "control/mend.h"
#include "control/progress.h"
#include "control/scope.h"
#include "control/units.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct send_options {
	struct option_list ports, scope;
	const char *rate, *duration, *fresh, *addresses, *cores;
	double speed, tolerance;
	uint64_t pps, loop, limit, memory, seed;
	bool flat, json, no_huge, verbose;
};

static const struct option_row options[] = {
	{"--port", 'p', OPTION_LIST, "PORT", "where to send (kinds as for `sluice run`)",
		offsetof(struct send_options, ports), 0, 0},
	{"--speed", 0, OPTION_FACTOR, "X", "X times as fast as captured (default 1)",
		offsetof(struct send_options, speed), 0, 0},
	{"--rate", 0, OPTION_TEXT, "RATE", "so much on the wire with FCS, as in 10Mbit/s",
		offsetof(struct send_options, rate), 0, 0},
	{"--pps", 0, OPTION_COUNT, "N", "packets a second", offsetof(struct send_options, pps), 1,
		1000000000},
	{"--flat-out", 0, OPTION_FLAG, NULL, "as fast as the port takes them",
		offsetof(struct send_options, flat), 0, 0},
	{"--loop", 0, OPTION_COUNT, "N", "send the whole N times, 0 without end (default 1)",
		offsetof(struct send_options, loop), 0, UINT32_MAX},
	{"--limit", 0, OPTION_COUNT, "N", "send at most N packets",
		offsetof(struct send_options, limit), 1, INT64_MAX},
	{"--duration", 0, OPTION_TEXT, "TIME", "send only what is due within it, as in 30s",
		offsetof(struct send_options, duration), 0, 0},
	{"--fresh-flows", 0, OPTION_TEXT, "WHAT",
		"new `ports` in every pass, or new `hosts` and ports",
		offsetof(struct send_options, fresh), 0, 0},
	{"--addresses", 0, OPTION_TEXT, "HOW",
		"map public ones into `lab` ranges, or `keep` them (default lab on real ports)",
		offsetof(struct send_options, addresses), 0, 0},
	{"--scope", 0, OPTION_LIST, "CIDR", "the testbed's prefixes; needed on real ports",
		offsetof(struct send_options, scope), 0, 0},
	{"--tolerance", 0, OPTION_FACTOR, "PCT",
		"packets and duration may differ by so many percent (default 1)",
		offsetof(struct send_options, tolerance), 0, 0},
	{"--memory", 0, OPTION_COUNT, "MB", "most memory for frames (default 1024)",
		offsetof(struct send_options, memory), 1, 1 << 20},
	{"--seed", 0, OPTION_COUNT, "N", "seed of addresses and ports (default 1)",
		offsetof(struct send_options, seed), 0, UINT64_MAX},
	{"--core", 'l', OPTION_TEXT, "N", "core that sends", offsetof(struct send_options, cores),
		0, 0},
	{"--no-huge", 0, OPTION_FLAG, NULL, "do not use huge pages",
		offsetof(struct send_options, no_huge), 0, 0},
	{"--json", 0, OPTION_FLAG, NULL, "print the result as JSON",
		offsetof(struct send_options, json), 0, 0},
	{"--verbose", 'v', OPTION_FLAG, NULL, "show what DPDK logs",
		offsetof(struct send_options, verbose), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

/* One sending from the command line to its summary. */
struct send {
	struct send_options options;
	struct option_list captures;
	const struct port_kind *kind;
	struct cores cores;
	struct scope scope;
	struct confines *confines;
	enum fresh fresh;
	struct pace pace;
	struct pace_limits limits;
	struct pace_plan plan;
	struct readdress *readdress;
	struct load load;
	struct warnings warnings;
	struct sender *sender;
	bool stopped;
};

static bool read_pace(struct send *send, struct failure *failure)
{
	const struct send_options *given = &send->options;
	char why[UNITS_WHY];

	if ((given->speed > 0) + !!given->rate + !!given->pps + given->flat > 1)
		return failure_set(failure, EXIT_BAD_INPUT,
			"send: give one of --speed, --rate, --pps and --flat-out");
	if (given->speed > 0 && (given->speed < 1e-6 || given->speed > 1e6))
		return failure_set(
			failure, EXIT_BAD_INPUT, "--speed: from 0.000001 to 1000000 is possible");
	send->pace = (struct pace){.kind = PACE_CAPTURE,
		.units_per_second =
			(uint64_t)llround((given->speed > 0 ? given->speed : 1) * PACE_SPEED_ONE)};
	if (given->pps)
		send->pace = (struct pace){PACE_PACKETS, given->pps, 0};
	if (given->flat)
		send->pace = (struct pace){PACE_FLAT, 1, 0};
	if (!given->rate)
		return true;
	send->pace.kind = PACE_BITS;
	return units_parse(given->rate, QUANTITY_RATE, &send->pace.units_per_second, why) ||
	       failure_set(failure, EXIT_BAD_INPUT, "--rate %s: %s", given->rate, why);
}

static bool read_limits(struct send *send, struct failure *failure)
{
	const struct send_options *given = &send->options;
	char why[UNITS_WHY];

	send->limits = (struct pace_limits){.passes = given->loop, .packets = given->limit};
	if (given->duration &&
		!units_parse(given->duration, QUANTITY_DURATION, &send->limits.duration_ns, why))
		return failure_set(
			failure, EXIT_BAD_INPUT, "--duration %s: %s", given->duration, why);
	if (!given->fresh)
		return true;
	send->fresh = strcmp(given->fresh, "hosts") == 0 ? FRESH_HOSTS : FRESH_PORTS;
	return send->fresh == FRESH_HOSTS || strcmp(given->fresh, "ports") == 0 ||
	       failure_set(failure, EXIT_BAD_INPUT, "--fresh-flows %s: there are ports, hosts",
		       given->fresh);
}

static bool read_port(struct send *send, struct failure *failure)
{
	struct trouble trouble;
	const char *rest;

	if (send->options.ports.count != 1)
		return failure_set(failure, EXIT_BAD_INPUT, "send: one port is needed, -p PORT");
	send->kind = port_parse(send->options.ports.items[0], &rest, &trouble);
	if (!send->kind)
		return failure_set(failure, EXIT_BAD_INPUT, "%s", trouble.line);
	if (send->kind->real && !send->options.scope.count)
		return failure_set(failure, EXIT_BAD_INPUT,
			"port %s reaches a wire: name the testbed's prefixes with --scope CIDR",
			send->options.ports.items[0]);
	return !send->options.scope.count ||
	       scope_read(&send->scope, "--scope", &send->options.scope, failure);
}

static bool read_addresses(struct send *send, struct failure *failure)
{
	const char *how = send->options.addresses;
	struct readdress_options of = {.seed = send->options.seed, .fresh = send->fresh};

	of.lab = how ? strcmp(how, "lab") == 0 : send->kind->real;
	if (how && !of.lab && strcmp(how, "keep") != 0)
		return failure_set(
			failure, EXIT_BAD_INPUT, "--addresses %s: there are lab, keep", how);
	send->readdress = readdress_new(&of);
	return true;
}

static bool check_usage(struct send *send, struct failure *failure)
{
	if (!send->captures.count)
		return failure_set(failure, EXIT_BAD_INPUT,
			"send: no capture given (see `sluice send --help`)");
	if (!read_port(send, failure) || !read_pace(send, failure) || !read_limits(send, failure) ||
		!read_addresses(send, failure))
		return false;
	if (!send->options.cores)
		return cores_default(&send->cores, false), true;
	return cores_read(&send->cores, "--core", send->options.cores, failure) &&
	       (send->cores.count == 1 ||
		       failure_set(failure, EXIT_BAD_INPUT, "--core %s: one core sends",
			       send->options.cores));
}

static bool check_scope(const struct send *send, struct failure *failure)
{
	uint64_t outside = 0;

	for (size_t i = 0; i < send->load.count && send->kind->real; i++)
		outside += !confines_hold(
			send->confines, send->load.parcels[i].data, send->load.parcels[i].bytes);
	return !outside || failure_set(failure, EXIT_BAD_INPUT,
				   "%llu of %zu packets have an end outside --scope or cannot be "
				   "read, and the port reaches a wire: nothing was sent",
				   (unsigned long long)outside, send->load.count);
}

/* For passes after the first one, in the worker. */
static bool prepare_copy(void *context, uint64_t pass, const struct parcel *parcel, uint8_t *frame)
{
	struct send *send = context;

	if (!pass)
		return true;
	mend_frame(send->readdress, pass, frame, parcel->captured, parcel->bytes);
	return !send->kind->real || confines_hold(send->confines, frame, parcel->bytes);
}

static bool load(struct send *send, struct failure *failure)
{
	const struct load_options of = {.paths = send->captures.items,
		.count = send->captures.count,
		.memory_max = send->options.memory << 20,
		.readdress = send->readdress};

	send->confines = confines_new(send->scope.set);
	if (!load_captures(&send->load, &of, &send->warnings, failure) ||
		!check_scope(send, failure))
		return false;
	pace_lay_out(&send->pace, send->load.parcels, send->load.count);
	send->plan = pace_plan(&send->pace, send->load.parcels, send->load.count, &send->limits);
	return true;
}

static void tell_plan(const struct send *send)
{
	const struct pace_plan *plan = &send->plan;

	for (int i = 0; i < send->warnings.count; i++)
		fprintf(stderr, "sluice: warning: %s\n", send->warnings.text[i]);
	if (send->load.cut)
		fprintf(stderr, "sluice: %llu frames were cut in the capture: zeros fill them\n",
			(unsigned long long)send->load.cut);
	if (send->load.skipped)
		fprintf(stderr, "sluice: %llu frames cannot be sent as Ethernet: left out\n",
			(unsigned long long)send->load.skipped);
	fprintf(stderr, "sluice: a pass has %zu packets in %llu flows; ", send->load.count,
		(unsigned long long)send->load.flows);
	if (plan->packets == UINT64_MAX)
		fprintf(stderr, "sending until it is stopped\n");
	else
		fprintf(stderr, "sending %llu packets, %llu bytes in %.3f s\n",
			(unsigned long long)plan->packets, (unsigned long long)plan->bytes,
			(double)plan->last_ns / 1e9);
}

static sigset_t stopping(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return set;
}

static bool open_sender(struct send *send, struct failure *failure)
{
	const struct sender_options of = {
		.eal = {.cores = send->cores.list,
			.core_count = 1,
			.no_huge = send->options.no_huge,
			.verbose = send->options.verbose},
		.port = send->options.ports.items[0],
		.parcels = send->load.parcels,
		.count = send->load.count,
		.pace = send->pace,
		.packets = send->plan.packets,
		.duration_ns = send->limits.duration_ns,
		.prepare = send->fresh == FRESH_NONE ? NULL : prepare_copy,
		.context = send,
	};
	struct sender_options named = of;
	struct trouble trouble = {0};
	sigset_t set = stopping();
	bool fell_back = false;
	char lab[32];

	snprintf(lab, sizeof(lab), "send-%d", getpid());
	named.eal.lab = lab;
	pthread_sigmask(SIG_BLOCK, &set, NULL); /* its threads leave them to this one */
	send->sender = sender_new(&named, &fell_back, &trouble);
	if (!send->sender)
		return failure_set(failure, trouble.system ? EXIT_REFUSED : EXIT_BAD_INPUT, "%s",
			trouble.line);
	if (fell_back)
		fprintf(stderr, "sluice: not enough free huge pages: ordinary memory is used\n");
	return true;
}

static void watch(struct send *send)
{
	const struct timespec tick = {.tv_nsec = 50 * 1000 * 1000};
	bool known = send->plan.packets != UINT64_MAX;
	struct progress progress;
	sigset_t set = stopping();

	progress_begin(&progress, "send");
	for (unsigned ticks = 1; !sender_is_done(send->sender); ticks++) {
		if (sigtimedwait(&set, NULL, &tick) > 0) {
			send->stopped = true;
			sender_stop(send->sender);
		}
		if (ticks % 20 == 0)
			sender_tend(send->sender);
		progress_update(
			&progress, sender_done(send->sender), known ? send->plan.packets : 0);
	}
	progress_end(&progress);
	sender_wait(send->sender);
}

static void summarise(const struct send *send, struct failure *failure)
{
	const struct achieved achieved = {
		.plan = send->plan,
		.flat = send->options.flat,
		.stopped = send->stopped,
		.tolerance = send->options.tolerance / 100,
		.counts = sender_counts(send->sender),
		.punctuality = sender_punctuality(send->sender),
	};
	json_t *json;

	if (!send->options.json) {
		achieved_print(&achieved, stdout);
	} else {
		json = achieved_json(&achieved);
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(json);
	}
	if (!achieved_enough(&achieved))
		failure_set(failure, EXIT_ANSWER_NO,
			"send: outside the tolerance of %g %%: not all that was asked for left in "
			"its time",
			send->options.tolerance);
}

static void clean(struct send *send)
{
	sender_free(send->sender);
	load_free(&send->load);
	readdress_free(send->readdress);
	confines_free(send->confines);
	scope_free(&send->scope);
	options_free(&command_send, &send->options, &send->captures);
	free(send);
}

static int run_send(int argc, char **argv, struct failure *failure)
{
	struct send *send = calloc(1, sizeof(*send));

	if (!send) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return EXIT_REFUSED;
	}
	send->options = (struct send_options){.loop = 1, .memory = 1024, .seed = 1, .tolerance = 1};
	if (options_parse(&command_send, argc, argv, &send->options, &send->captures, failure) ==
			0 &&
		check_usage(send, failure) && load(send, failure) && open_sender(send, failure)) {
		tell_plan(send);
		if (sender_start(send->sender)) {
			watch(send);
			summarise(send, failure);
		} else {
			failure_set(failure, EXIT_REFUSED, "send: the core does not start");
		}
	}
	clean(send);
	return failure->exit_code;
}

const struct command command_send = {
	.name = "send",
	.synopsis = "CAPTURE... -p PORT [--speed X | --rate RATE | --pps N | --flat-out]",
	.help = "send a capture onto a port, each packet when it is due",
	.options = options,
	.run = run_send,
};
