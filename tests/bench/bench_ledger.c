/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the counters of a large lab cost its Redis: NODES nodes, each with RULES rules of which
 * CHANGING percent count something in every second, write them once a second for SECONDS. Told: the
 * processor time of Redis, how long a batch takes, and how many nodes missed an interval.
 *
 *   redis-server --port 0 --unixsocket /tmp/r.sock --save "" &
 *   build/tests/bench/bench_ledger unix:///tmp/r.sock [NODES RULES CHANGING SECONDS]
 */
#include "control/ledger.h"
#include "control/redis_options.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_NS 1000000000ull

enum { NODES_MAX = 1000, SECONDS_MAX = 3600, WAIT_MS = 5000, PORTS = 2 };

static struct redis_target target;
static unsigned nodes = 100, rules = 1000, changing = 100, seconds = 30;

struct node {
	pthread_t thread;
	struct snapshot numbers;
	struct ledger *ledger;
	struct redis *redis;
	uint64_t begin_ns;
	uint64_t took_ns[SECONDS_MAX];
	unsigned missed, failed;
	struct failure why; /* of the first that failed */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	const struct timespec until = {
		.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		continue;
}

static void die(const char *why)
{
	fprintf(stderr, "bench_ledger: %s\n", why);
	exit(1);
}

/* A box with rules r0, r1 and so on, and one worker. */
static void make_numbers(struct snapshot *numbers)
{
	numbers->rules = calloc(rules, sizeof(*numbers->rules));
	numbers->rule_count = rules;
	numbers->counters.worker_count = 1;
	if (!numbers->rules || !counters_begin(&numbers->counters.sum, rules, PORTS))
		die("no memory");
	for (unsigned i = 0; i < rules; i++) {
		snprintf(numbers->rules[i].id, sizeof(numbers->rules[i].id), "r%u", i);
		numbers->rules[i].slot = i;
	}
}

/* Nine of ten packets go on; bytes and packets of received, forwarded and one reason change. */
static void count(struct fates *fates)
{
	const struct tally ten = {10, 10 * 1234}, nine = {9, 9 * 1234};

	fates->received.packets += ten.packets;
	fates->received.bytes += ten.bytes;
	fates->forwarded.packets += nine.packets;
	fates->forwarded.bytes += nine.bytes;
	fates->dropped[DROP_NONE + 1].packets += ten.packets - nine.packets;
	fates->dropped[DROP_NONE + 1].bytes += ten.bytes - nine.bytes;
}

static void pass_a_second(struct snapshot *numbers)
{
	struct counters *sum = &numbers->counters.sum;

	for (unsigned i = 0; i < rules * changing / 100; i++)
		count(&sum->rules[i]);
	for (unsigned i = 0; i < PORTS; i++)
		count(&sum->ports[i]);
	numbers->counters.time_ns = clock_ns(CLOCK_REALTIME);
}

static void write_once(struct node *node)
{
	pass_a_second(&node->numbers);
	if (!ledger_write(node->ledger, node->redis, &node->numbers, &node->why))
		node->failed++;
}

/* A batch that ends after the next one is due makes that one missed. */
static void *live(void *context)
{
	struct node *node = context;

	for (unsigned i = 0; i < seconds; i++) {
		uint64_t due_ns = node->begin_ns + i * SECOND_NS;
		uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

		if (now_ns >= due_ns + SECOND_NS)
			node->missed++;
		sleep_until(due_ns);
		now_ns = clock_ns(CLOCK_MONOTONIC);
		write_once(node);
		node->took_ns[i] = clock_ns(CLOCK_MONOTONIC) - now_ns;
	}
	return NULL;
}

static void begin(struct node *node, unsigned number)
{
	struct failure failure = {0};
	char name[LAB_SIZE];

	snprintf(name, sizeof(name), "node%u", number);
	make_numbers(&node->numbers);
	node->ledger = ledger_new(target.lab, name, clock_ns(CLOCK_REALTIME), SECOND_NS);
	node->redis = redis_target_connect(&target, WAIT_MS, &failure);
	if (!node->redis)
		die(failure.line);
	write_once(node); /* all of it, as after every start */
	if (node->failed)
		die(node->why.line);
}

/* used_cpu_user + used_cpu_sys, in seconds. */
static double redis_seconds(struct redis *redis)
{
	static const char *const names[] = {"\nused_cpu_user:", "\nused_cpu_sys:"};
	struct failure failure = {0};
	struct redis_answer *answer = redis_ask(redis, &failure, "INFO cpu");
	const char *text = redis_text(answer, NULL);
	double sum = 0;

	for (int i = 0; i < 2; i++) {
		const char *at = text ? strstr(text, names[i]) : NULL;

		sum += at ? strtod(at + strlen(names[i]), NULL) : 0;
	}
	redis_forget(answer);
	return sum;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void tell(struct node *node, double redis, double wall)
{
	size_t total = (size_t)nodes * seconds;
	uint64_t *took = malloc(total * sizeof(*took));
	unsigned missed = 0, failed = 0;

	if (!took)
		die("no memory");
	for (unsigned i = 0; i < nodes; i++) {
		memcpy(took + (size_t)i * seconds, node[i].took_ns, seconds * sizeof(*took));
		missed += node[i].missed;
		failed += node[i].failed;
	}
	qsort(took, total, sizeof(*took), ascending);
	printf("%u nodes, %u rules each, %u %% of them changing, %.0f s\n", nodes, rules, changing,
		wall);
	printf("redis: %.1f %% of one core\n", 100 * redis / wall);
	printf("batch: median %.1f ms, p99 %.1f ms, most %.1f ms\n", (double)took[total / 2] / 1e6,
		(double)took[total * 99 / 100] / 1e6, (double)took[total - 1] / 1e6);
	printf("intervals: %zu, missed %u, failed %u\n", total, missed, failed);
	free(took);
}

static unsigned number_word(int argc, char **argv, int i, unsigned otherwise, unsigned most)
{
	unsigned long given = argc > i ? strtoul(argv[i], NULL, 10) : otherwise;

	if (!given || given > most)
		die("a number is out of range");
	return (unsigned)given;
}

int main(int argc, char **argv)
{
	struct redis_choice choice = {.url = argc > 1 ? argv[1] : NULL, .lab = "bench"};
	struct node *node = calloc(NODES_MAX, sizeof(*node));
	struct failure failure = {0};
	struct redis *redis;
	double used;

	if (!node || !redis_target_read(&choice, &target, &failure))
		die(node ? failure.line : "no memory");
	nodes = number_word(argc, argv, 2, nodes, NODES_MAX);
	rules = number_word(argc, argv, 3, rules, 100000);
	changing = number_word(argc, argv, 4, changing, 100);
	seconds = number_word(argc, argv, 5, seconds, SECONDS_MAX);
	redis = redis_target_connect(&target, WAIT_MS, &failure);
	if (!redis)
		die(failure.line);
	for (unsigned i = 0; i < nodes; i++)
		begin(&node[i], i);
	used = redis_seconds(redis);
	for (unsigned i = 0; i < nodes; i++) {
		node[i].begin_ns = clock_ns(CLOCK_MONOTONIC) + i * SECOND_NS / nodes;
		if (pthread_create(&node[i].thread, NULL, live, &node[i]))
			die("no thread");
	}
	for (unsigned i = 0; i < nodes; i++)
		pthread_join(node[i].thread, NULL);
	tell(node, redis_seconds(redis) - used, seconds);
	return 0;
}
