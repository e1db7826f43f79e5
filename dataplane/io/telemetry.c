/* SPDX-License-Identifier: BSD-3-Clause */
/* How DPDK's threads come by numbers that only the control thread can read. */
#include "dataplane/io/telemetry.h"

#include "dataplane/io/telemetry_answers.h"

#include <errno.h>
#include <pthread.h>
#include <rte_telemetry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 8, WAIT_SECONDS = 1 };

/* A snapshot that somebody was given; freed when nobody reads it and it is no longer kept. */
struct kept {
	struct snapshot snapshot;
	uint64_t number; /* from 1 */
	unsigned users;
};

/* DPDK's callbacks know no context, hence the one global. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t published;
	int fd; /* -1: nobody to ask */
	bool registered;
	uint64_t asked, served;
	uint64_t count;          /* of snapshots */
	struct kept *kept[KEPT]; /* snapshot n at n % KEPT */
} telemetry = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* Snapshots */

static void release(struct kept *kept)
{
	if (--kept->users)
		return;
	snapshot_end(&kept->snapshot);
	free(kept);
}

static void forget_all(void)
{
	for (int i = 0; i < KEPT; i++) {
		if (telemetry.kept[i])
			release(telemetry.kept[i]);
		telemetry.kept[i] = NULL;
	}
}

static struct kept *by_number(uint64_t number)
{
	struct kept *kept = telemetry.kept[number % KEPT];

	return kept && kept->number == number ? kept : NULL;
}

/* Asks the control thread and waits. When it does not answer in time, what it said last. */
static struct kept *fresh(void)
{
	uint64_t ticket = ++telemetry.asked, one = 1;
	struct timespec limit;

	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += WAIT_SECONDS;
	if (telemetry.fd < 0 || write(telemetry.fd, &one, sizeof(one)) < 0)
		return NULL;
	while (telemetry.fd >= 0 && telemetry.served < ticket) {
		if (pthread_cond_timedwait(&telemetry.published, &telemetry.lock, &limit) != 0)
			break;
	}
	return telemetry.fd >= 0 ? by_number(telemetry.count) : NULL;
}

/* `number` 0: a fresh one. The caller releases it by give_back(). */
static struct kept *take(uint64_t number)
{
	struct kept *kept;

	pthread_mutex_lock(&telemetry.lock);
	kept = number ? by_number(number) : fresh();
	if (kept)
		kept->users++;
	pthread_mutex_unlock(&telemetry.lock);
	return kept;
}

static void give_back(struct kept *kept)
{
	pthread_mutex_lock(&telemetry.lock);
	release(kept);
	pthread_mutex_unlock(&telemetry.lock);
}

static struct kept *copy(const struct snapshot *snapshot)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (kept && snapshot_copy(&kept->snapshot, snapshot)) {
		kept->users = 1;
		return kept;
	}
	free(kept);
	return NULL;
}

bool telemetry_publish(const struct snapshot *snapshot)
{
	struct kept *kept, **place;
	uint64_t wanted, ignored;

	pthread_mutex_lock(&telemetry.lock);
	wanted = telemetry.asked;
	if (telemetry.fd >= 0 && read(telemetry.fd, &ignored, sizeof(ignored)) < 0)
		ignored = 0; /* nobody had written: fine */
	pthread_mutex_unlock(&telemetry.lock);
	if (wanted == telemetry.served)
		return true;
	kept = copy(snapshot);
	if (!kept)
		return false;
	pthread_mutex_lock(&telemetry.lock);
	kept->number = ++telemetry.count;
	place = &telemetry.kept[kept->number % KEPT];
	if (*place)
		release(*place);
	*place = kept;
	telemetry.served = wanted;
	pthread_cond_broadcast(&telemetry.published);
	pthread_mutex_unlock(&telemetry.lock);
	return true;
}

/* Endpoints */

/* "FIRST,SNAPSHOT" or "SNAPSHOT"; both may be missing. */
static bool read_parameters(const struct telemetry_endpoint *endpoint, const char *text,
	uint32_t *first, uint64_t *number)
{
	unsigned long long value[2] = {0, 0};
	int wanted = endpoint->pages ? 2 : 1;
	char *end;

	for (int i = 0; text && *text; i++) {
		if (i == wanted || *text < '0' || *text > '9')
			return false;
		errno = 0;
		value[i] = strtoull(text, &end, 10);
		if (errno || (*end && (*end != ',' || !end[1])))
			return false;
		text = *end ? end + 1 : end;
	}
	*first = endpoint->pages ? (value[0] > UINT32_MAX ? UINT32_MAX : value[0]) : 0;
	*number = value[wanted - 1];
	return true;
}

static int answer(const char *name, const char *parameters, struct rte_tel_data *data)
{
	const struct telemetry_endpoint *endpoint = telemetry_endpoints;
	struct page page = {.data = data};
	struct kept *kept;
	uint64_t number;
	uint32_t first;

	while (strcmp(endpoint->name, name) != 0)
		endpoint++;
	if (!read_parameters(endpoint, parameters, &first, &number))
		return -EINVAL;
	kept = take(number);
	if (!kept)
		return -ENOENT;
	rte_tel_data_start_dict(data);
	page_number(&page, "snapshot", kept->number);
	page_number(&page, "time_ns", kept->snapshot.counters.time_ns);
	endpoint->answer(&page, &kept->snapshot, first);
	give_back(kept);
	return 0;
}

static bool register_all(void)
{
	const struct telemetry_endpoint *endpoint = telemetry_endpoints;

	for (; endpoint->name && !telemetry.registered; endpoint++) {
		if (rte_telemetry_register_cmd(endpoint->name, answer, endpoint->help) != 0)
			return false;
	}
	return telemetry.registered = true;
}

bool telemetry_begin(void)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&telemetry.published, &monotonic);
	pthread_condattr_destroy(&monotonic);
	telemetry.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return telemetry.fd >= 0 && register_all();
}

void telemetry_end(void)
{
	pthread_mutex_lock(&telemetry.lock);
	if (telemetry.fd >= 0) {
		close(telemetry.fd);
		telemetry.fd = -1;
		pthread_cond_broadcast(&telemetry.published);
	}
	forget_all();
	pthread_mutex_unlock(&telemetry.lock);
}

int telemetry_fd(void)
{
	return telemetry.fd;
}
