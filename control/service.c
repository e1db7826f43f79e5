/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/service.h"

#include "control/notice.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define MS_NS   (1000ull * 1000)
#define TICK_NS (100 * MS_NS)

static sigset_t signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

void service_take_signals(void)
{
	sigset_t set = signals();

	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

bool service_wants_hosts(const struct ruleset *ruleset)
{
	for (uint32_t i = 0; i < ruleset->throttle_count; i++) {
		if (ruleset->throttles[i].per.scope == SCOPE_INSIDE_HOST)
			return true;
	}
	return false;
}

void service_tell(char *lines)
{
	char *rest = lines, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (*line)
			notice("%s", line);
	}
	free(lines);
}

static bool can_follow(
	const struct service *service, const struct rules *rules, struct failure *failure)
{
	if (service->by_host || !service_wants_hosts(rules_compiled(rules)))
		return true;
	return failure_set(failure, EXIT_BAD_INPUT,
		"%s: has buckets per inside-host, which this run splits among its workers; start "
		"it with --steer host",
		rules_origin(rules));
}

static bool succeed(const struct service *service, struct rules *rules, struct failure *failure)
{
	return rules_succeed(rules, rules_compiled(service->rules)) ||
	       failure_set(failure, EXIT_REFUSED, "out of memory");
}

/* Rules that are not good change nothing. When they are, they are the service's. */
static bool exchange(struct service *service, struct rules *rules, struct failure *failure)
{
	if (!can_follow(service, rules, failure) || !succeed(service, rules, failure))
		return false;
	box_swap(service->box, rules_compiled(rules));
	readings_rename(&service->readings, rules_compiled(rules));
	rules_free(service->rules);
	service->rules = rules;
	choice_tell(rules);
	notice("%s: in force", rules_origin(rules));
	return true;
}

static void read_again(struct service *service)
{
	struct failure failure = {0};
	struct rules *rules = NULL;

	if (service->choice->rules)
		rules = choice_load(service->choice, &failure);
	else
		failure_set(&failure, EXIT_BAD_INPUT, "no --rules FILE was given to read again");
	if (rules && exchange(service, rules, &failure))
		return;
	rules_free(rules);
	notice("%s (the rules stay as they were)", failure.line);
}

/* What the node's thread waits for. */
static void answer(struct service *service)
{
	struct request *request = mailbox_take(service->mailbox);

	if (!request)
		return;
	if (request->kind == REQUEST_RULES)
		exchange(service, request->rules, &request->failure);
	else if (!readings_take(&service->readings) ||
		 !snapshot_copy(request->numbers, &service->readings.last))
		failure_set(&request->failure, EXIT_REFUSED, "out of memory");
	mailbox_answer(service->mailbox, request);
}

/* The next of them within the time, or 0; meanwhile who asks for something gets it. */
static int next_signal(struct service *service, uint64_t within_ns)
{
	uint64_t end_ns = now_ns() + within_ns, now;
	struct pollfd waiting[] = {{.fd = service->signals, .events = POLLIN},
		{.fd = readings_fd(), .events = POLLIN},
		{.fd = service->mailbox ? mailbox_fd(service->mailbox) : -1, .events = POLLIN}};
	struct signalfd_siginfo got;

	for (now = end_ns - within_ns; now < end_ns; now = now_ns()) {
		struct timespec left = {.tv_sec = (end_ns - now) / 1000000000,
			.tv_nsec = (end_ns - now) % 1000000000};

		if (ppoll(waiting, 3, &left, NULL) <= 0)
			continue;
		if (waiting[1].revents)
			readings_take(&service->readings);
		if (waiting[2].revents)
			answer(service);
		if (waiting[0].revents && read(service->signals, &got, sizeof(got)) == sizeof(got))
			return (int)got.ssi_signo;
	}
	return 0;
}

static uint64_t received(const struct service *service)
{
	const struct box_counters *counters = &service->readings.last.counters;
	uint64_t sum = counters_total(&counters->sum).received.packets;

	for (unsigned port = 0; port < BOX_PORTS_MAX; port++)
		sum += counters->kernel[port].paths[STEER_BYPASS].packets;
	return sum;
}

/* True when the run is over without anybody having said so. */
struct patience {
	uint64_t begin_ns, heard_ns, packets;
};

static bool is_over(struct service *service, struct patience *patience)
{
	uint64_t now = now_ns(), packets;

	if (service->duration_ns && now - patience->begin_ns >= service->duration_ns)
		return true;
	if (box_at_end(service->box))
		return true;
	if (!service->idle_ns)
		return false;
	packets = received(service);
	if (packets != patience->packets || !packets)
		patience->heard_ns = now;
	patience->packets = packets;
	return now - patience->heard_ns >= service->idle_ns;
}

static uint64_t tick_before(const struct service *service, const struct patience *patience)
{
	uint64_t passed = now_ns() - patience->begin_ns;

	if (!service->duration_ns || passed + TICK_NS < service->duration_ns)
		return TICK_NS;
	return passed < service->duration_ns ? service->duration_ns - passed : 1;
}

static void drain(struct service *service)
{
	uint64_t begin_ns = now_ns();

	box_drain(service->box);
	while (!box_is_drained(service->box) && now_ns() - begin_ns < service->drain_ns) {
		int got = next_signal(service, MS_NS);

		if (got == SIGINT || got == SIGTERM)
			break;
	}
	box_stop(service->box);
}

void service_run(struct service *service)
{
	struct patience patience = {.begin_ns = now_ns(), .heard_ns = now_ns()};
	sigset_t set = signals();

	service->signals = signalfd(-1, &set, SFD_CLOEXEC);
	for (;;) {
		int got = next_signal(service, tick_before(service, &patience));

		if (got == SIGINT || got == SIGTERM)
			break;
		if (got == SIGHUP)
			read_again(service);
		service_tell(box_tend(service->box));
		readings_take(&service->readings);
		if (is_over(service, &patience))
			break;
	}
	service->ran_ns = now_ns() - patience.begin_ns;
	drain(service);
	close(service->signals);
}
