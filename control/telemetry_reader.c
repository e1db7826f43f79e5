/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/telemetry_reader.h"

#include "control/living_boxes.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536, ATTEMPTS = 20 };

struct telemetry_reader {
	int socket;
	uint64_t snapshot; /* number of the one that is being read */
	char answer[ANSWER_BYTES];
};

/* What it says first: version, process, longest answer. */
static bool greet(struct telemetry_reader *reader, struct failure *failure)
{
	ssize_t len = recv(reader->socket, reader->answer, sizeof(reader->answer), 0);

	return len > 0 || failure_set(failure, EXIT_REFUSED, "the box does not answer: %s",
				  len < 0 ? strerror(errno) : "too many ask at once");
}

struct telemetry_reader *telemetry_reader_open(const char *lab, struct failure *failure)
{
	struct telemetry_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	reader->socket = living_box(lab, failure);
	if (reader->socket >= 0 && greet(reader, failure))
		return reader;
	telemetry_reader_close(reader);
	return NULL;
}

void telemetry_reader_close(struct telemetry_reader *reader)
{
	if (!reader)
		return;
	if (reader->socket >= 0)
		close(reader->socket);
	free(reader);
}

/* Asking */

/* The answer inside {"/sluice/ports": ...}; JSON null when the snapshot is not kept any more. A new
 * reference, or NULL with *failure set. */
static json_t *ask(struct telemetry_reader *reader, const char *question, struct failure *failure)
{
	json_t *root, *inside;
	const char *key;
	ssize_t len;

	if (send(reader->socket, question, strlen(question), 0) < 0) {
		failure_set(failure, EXIT_REFUSED, "the box has gone: %s", strerror(errno));
		return NULL;
	}
	len = recv(reader->socket, reader->answer, sizeof(reader->answer), 0);
	if (len <= 0) {
		failure_set(failure, EXIT_REFUSED, "the box has gone%s%s", len < 0 ? ": " : "",
			len < 0 ? strerror(errno) : "");
		return NULL;
	}
	root = json_loadb(reader->answer, (size_t)len, 0, NULL);
	key = json_object_iter_key(json_object_iter(root));
	inside = key ? json_incref(json_object_get(root, key)) : NULL;
	json_decref(root);
	if (!inside)
		failure_set(failure, EXIT_REFUSED, "the box's answer to %s is no JSON", question);
	return inside;
}

/* "/sluice/flows" of the snapshot at hand. */
static json_t *ask_one(struct telemetry_reader *reader, const char *name, struct failure *failure)
{
	char question[64];

	snprintf(question, sizeof(question), "%s,%llu", name, (unsigned long long)reader->snapshot);
	return ask(reader, question, failure);
}

static json_t *ask_page(
	struct telemetry_reader *reader, const char *name, uint32_t first, struct failure *failure)
{
	char question[64];

	snprintf(question, sizeof(question), "%s,%u,%llu", name, first,
		(unsigned long long)reader->snapshot);
	return ask(reader, question, failure);
}

/* Reading answers */

static uint64_t number(const json_t *object, const char *name)
{
	char safe[64];

	snprintf(safe, sizeof(safe), "%s", name);
	for (char *c = safe; *c; c++)
		*c = *c == '-' || *c == '.' ? '_' : *c;
	return (uint64_t)json_integer_value(json_object_get(object, safe));
}

static void take_text(char *into, size_t size, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	snprintf(into, size, "%s", text ? text : "");
}

static void take_fates(struct fates *fates, const json_t *object)
{
	const json_t *dropped = json_object_get(object, "dropped");
	const json_t *bytes = json_object_get(object, "dropped_bytes");

	fates->received =
		(struct tally){number(object, "received"), number(object, "received_bytes")};
	fates->forwarded =
		(struct tally){number(object, "forwarded"), number(object, "forwarded_bytes")};
	fates->held = (struct tally){number(object, "held"), number(object, "held_bytes")};
	for (int drop = DROP_NONE + 1; drop < DROP_COUNT; drop++)
		fates->dropped[drop] = (struct tally){
			number(dropped, drop_words[drop]), number(bytes, drop_words[drop])};
}

static void take_kernel(struct steer_counters *kernel, const json_t *object)
{
	const json_t *packets = json_object_get(object, "kernel");
	const json_t *bytes = json_object_get(object, "kernel_bytes");
	const json_t *lost = json_object_get(object, "kernel_lost");

	kernel->serves = packets != NULL;
	for (int path = 0; path < STEER_PATH_COUNT; path++) {
		kernel->paths[path].packets = number(packets, steer_path_words[path]);
		kernel->paths[path].bytes = number(bytes, steer_path_words[path]);
	}
	kernel->losses.known = number(lost, "known");
	kernel->losses.to_user = number(lost, "to_user");
	kernel->losses.to_other = number(lost, "to_other");
}

static void take_port(struct snapshot *snapshot, uint32_t port, const json_t *object)
{
	const json_t *driver = json_object_get(object, "driver");

	take_text(snapshot->ports[port], sizeof(snapshot->ports[port]), object, "port");
	take_fates(&snapshot->counters.sum.ports[port], object);
	take_kernel(&snapshot->counters.kernel[port], object);
	snapshot->counters.driver[port] = (struct port_driver_counters){
		.rx_packets = number(driver, "rx_packets"),
		.tx_packets = number(driver, "tx_packets"),
		.rx_bytes = number(driver, "rx_bytes"),
		.tx_bytes = number(driver, "tx_bytes"),
		.rx_missed = number(driver, "rx_missed"),
		.rx_errors = number(driver, "rx_errors"),
		.rx_no_buffer = number(driver, "rx_no_buffer"),
		.tx_errors = number(driver, "tx_errors"),
	};
}

static void take_rule(struct snapshot *snapshot, uint32_t rule, const json_t *object)
{
	take_text(snapshot->rules[rule].id, sizeof(snapshot->rules[rule].id), object, "id");
	snapshot->rules[rule].slot = rule;
	take_fates(&snapshot->counters.sum.rules[rule], object);
}

static void take_worker(struct snapshot *snapshot, uint32_t at, const json_t *object)
{
	struct worker_counters *worker = &snapshot->counters.workers[at];

#define X(name) worker->name = number(object, #name);
	WORKER_NUMBERS(X)
#undef X
	for (int i = 0; i < BURST_SIZES; i++)
		worker->bursts[i] = number(object, burst_words[i]);
}

static void take_flows(struct snapshot *snapshot, const json_t *object)
{
	for (int event = 0; event < EVENT_COUNT; event++)
		snapshot->counters.sum.events[event] =
			number(object, counter_event_names[event].word);
}

static void take_pools(struct snapshot *snapshot, const json_t *object)
{
	snapshot->counters.buffers = number(object, "buffers");
	snapshot->counters.buffers_free = number(object, "buffers_free");
	snapshot->counters.buffers_free_least = number(object, "buffers_free_least");
}

/* 1 read, 0 the snapshot is not kept any more, -1 failed. */
static int read_one(struct telemetry_reader *reader, const char *name, struct snapshot *snapshot,
	void (*take)(struct snapshot *snapshot, const json_t *object), struct failure *failure)
{
	json_t *answer = ask_one(reader, name, failure);
	int read = !answer ? -1 : json_is_object(answer);

	if (read > 0)
		take(snapshot, answer);
	json_decref(answer);
	return read;
}

struct list {
	const char *endpoint, *name;
	uint32_t count;
	void (*take)(struct snapshot *snapshot, uint32_t at, const json_t *object);
};

/* As read_one(), page by page. */
static int read_list(struct telemetry_reader *reader, const struct list *list,
	struct snapshot *snapshot, struct failure *failure)
{
	for (uint32_t next = 0; next < list->count;) {
		json_t *answer = ask_page(reader, list->endpoint, next, failure), *item;
		int read = !answer ? -1 : json_is_object(answer);
		uint32_t first = next;
		const char *key;

		next = json_object_get(answer, "next") ? number(answer, "next") : list->count;
		json_object_foreach(json_object_get(answer, list->name), key, item)
		{
			uint32_t at = strtoul(key, NULL, 10);

			if (at < list->count)
				list->take(snapshot, at, item);
		}
		json_decref(answer);
		if (read > 0 && next <= first) {
			failure_set(failure, EXIT_REFUSED, "the box's %s do not go on at %u",
				list->name, first);
			return -1;
		}
		if (read <= 0)
			return read;
	}
	return 1;
}

/* Who it is and how much there will be to read. */
static bool begin_snapshot(struct telemetry_reader *reader, const json_t *list,
	struct snapshot *snapshot, struct failure *failure)
{
	uint64_t rules = number(list, "rules"), workers = number(list, "workers");
	size_t ports = json_object_size(json_object_get(list, "ports"));

	reader->snapshot = number(list, "snapshot");
	if (rules > RULE_MAX || workers > BOX_WORKERS_MAX || ports > BOX_PORTS_MAX)
		return failure_set(failure, EXIT_REFUSED,
			"the box is of another version of sluice: %s",
			json_string_value(json_object_get(list, "sluice")));
	take_text(snapshot->lab, sizeof(snapshot->lab), list, "lab");
	take_text(snapshot->ruleset, sizeof(snapshot->ruleset), list, "ruleset");
	snapshot->counters.time_ns = number(list, "time_ns");
	snapshot->counters.tsc_hz = (double)number(list, "tsc_hz");
	snapshot->counters.worker_count = workers;
	snapshot->rule_count = rules;
	snapshot->rules = calloc(rules + 1, sizeof(*snapshot->rules));
	return (snapshot->rules && counters_begin(&snapshot->counters.sum, rules, ports)) ||
	       failure_set(failure, EXIT_REFUSED, "out of memory");
}

static int read_all(
	struct telemetry_reader *reader, struct snapshot *snapshot, struct failure *failure)
{
	json_t *answer = ask(reader, "/sluice/list", failure);
	int read = !answer ? -1 : json_is_object(answer);

	if (read > 0 && !begin_snapshot(reader, answer, snapshot, failure))
		read = -1;
	json_decref(answer);
	if (read > 0) {
		const struct list lists[] = {
			{"/sluice/ports", "ports", snapshot->counters.sum.port_count, take_port},
			{"/sluice/rules", "rules", snapshot->rule_count, take_rule},
			{"/sluice/workers", "workers", snapshot->counters.worker_count,
				take_worker},
		};

		for (size_t i = 0; read > 0 && i < sizeof(lists) / sizeof(lists[0]); i++)
			read = read_list(reader, &lists[i], snapshot, failure);
	}
	if (read > 0)
		read = read_one(reader, "/sluice/flows", snapshot, take_flows, failure);
	if (read > 0)
		read = read_one(reader, "/sluice/pools", snapshot, take_pools, failure);
	return read;
}

bool telemetry_reader_read(
	struct telemetry_reader *reader, struct snapshot *snapshot, struct failure *failure)
{
	int read = 0;

	/* Others who ask for many snapshots may push ours out before its last page. */
	for (int attempt = 0; !read && attempt < ATTEMPTS; attempt++) {
		memset(snapshot, 0, sizeof(*snapshot));
		read = read_all(reader, snapshot, failure);
		if (read <= 0)
			snapshot_end(snapshot);
	}
	return read > 0 || failure_set(failure, EXIT_REFUSED,
				   "the box does not keep a snapshot long enough to be read");
}
