/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/outputs.h"

#include "control/counters_file.h"
#include "control/departures.h"
#include "control/pcapng.h"
#include "control/series.h"

#include "dataplane/reset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COMMENTS = 1024, COMMENT_BYTES = 120, HELD_BYTES = 80 };

/* Few different comments are written many times. */
struct comment {
	uint32_t key;
	uint32_t len; /* 0: free */
	char text[COMMENT_BYTES];
};

struct outputs {
	struct folder *folder;
	const struct playback *playback;
	struct flow_words words;
	struct outputs_totals totals;
	FILE *flows, *series_file;
	struct series *series;
	struct pcapng *verdicts, *out; /* NULL when not wanted */
	unsigned interfaces;           /* declared in both */
	struct departures *departures; /* held */
	struct comment comments[COMMENTS];
};

static struct pcapng *open_capture(struct folder *folder, const char *name, struct failure *failure)
{
	return pcapng_create(folder_path(folder, name), "sluice " SLUICE_VERSION, failure);
}

struct outputs *outputs_begin(struct folder *folder, const struct playback *playback,
	const struct ruleset *ruleset, bool packets, struct failure *failure)
{
	struct outputs *outputs = calloc(1, sizeof(*outputs));

	if (!outputs) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	outputs->folder = folder;
	outputs->playback = playback;
	outputs->words.ruleset = ruleset;
	outputs->words.pipeline = playback_pipeline(playback);
	outputs->words.sequences = sequences_begin(ruleset);
	outputs->departures = departures_new(packets);
	outputs->flows = folder_open(folder, "flows.csv", failure);
	outputs->series_file = folder_open(folder, "series.csv", failure);
	if (packets) {
		outputs->verdicts = open_capture(folder, "verdicts.pcapng", failure);
		outputs->out = open_capture(folder, "out.pcapng", failure);
	}
	if (!failure->exit_code)
		outputs->series = series_begin(outputs->series_file, &outputs->words);
	if (outputs->series && outputs->words.sequences && outputs->departures) {
		flow_rows_header(outputs->flows);
		return outputs;
	}
	failure_set(failure, EXIT_REFUSED, "out of memory");
	outputs_free(outputs);
	return NULL;
}

void outputs_free(struct outputs *outputs)
{
	struct failure ignored = {0};

	if (!outputs)
		return;
	if (outputs->series)
		series_end(outputs->series);
	if (outputs->flows)
		folder_close_file(outputs->flows, "flows.csv", &ignored);
	if (outputs->series_file)
		folder_close_file(outputs->series_file, "series.csv", &ignored);
	if (outputs->verdicts)
		pcapng_close(outputs->verdicts, &ignored);
	if (outputs->out)
		pcapng_close(outputs->out, &ignored);
	sequences_free(outputs->words.sequences);
	departures_free(outputs->departures);
	free(outputs);
}

static void compose(const struct outputs *outputs, const struct verdict *verdict, char *text,
	size_t size, uint32_t *len)
{
	const struct ruleset *ruleset = outputs->words.ruleset;
	static const char *const fates[] = {
		[FATE_FORWARD] = "forward", [FATE_DROP] = "drop", [FATE_HOLD] = "hold"};
	bool dropped = verdict->fate == FATE_DROP;
	const char *rule = ruleset_rule_id(ruleset, verdict->rule);

	if (!rule)
		rule = verdict->rule == RULE_UNDECIDED ? "undecided" : "none";

	*len = snprintf(text, size, "verdict=%s rule=%s%s%s reason=%s%s", fates[verdict->fate],
		rule, dropped ? " by=" : "", dropped ? drop_words[verdict->drop] : "",
		reason_words[verdict->reason], verdict->reset ? " made=rst" : "");
	if (*len >= size)
		*len = size - 1;
}

static const struct comment *comment_for(struct outputs *outputs, const struct verdict *verdict)
{
	uint32_t key = (uint32_t)verdict->rule << 16 | verdict->reason << 8 |
		       !!verdict->reset << 7 | verdict->drop << 2 | verdict->fate;
	struct comment *comment = &outputs->comments[key * 0x9e3779b1u >> 22];

	if (comment->len && comment->key == key)
		return comment;
	comment->key = key;
	compose(outputs, verdict, comment->text, sizeof(comment->text), &comment->len);
	return comment;
}

static void declare_interfaces(struct outputs *outputs, unsigned number)
{
	for (; outputs->interfaces <= number; outputs->interfaces++) {
		struct playback_interface of =
			playback_interface(outputs->playback, outputs->interfaces);
		char name[24];

		snprintf(name, sizeof(name), "port %u", of.file);
		pcapng_interface(outputs->verdicts, of.link, name);
		pcapng_interface(outputs->out, of.link, name);
	}
}

/* With what differs from packet to packet: how long it is held, and until when. */
static uint32_t comment_held(const struct comment *comment, const struct packet *packet,
	const struct verdict *verdict, char text[COMMENT_BYTES + HELD_BYTES])
{
	uint64_t held_ns = verdict->leaves_ns - packet->time_ns;

	return (uint32_t)snprintf(text, COMMENT_BYTES + HELD_BYTES,
		"%s held_ns=%" PRIu64 " leaves_ns=%" PRIu64, comment->text, held_ns,
		verdict->leaves_ns);
}

static void write_packet(struct outputs *outputs, const struct chunk *chunk, uint32_t i)
{
	const struct packet *packet = &chunk->packets[i];
	const struct verdict *verdict = &chunk->verdicts[i];
	const struct comment *comment = comment_for(outputs, verdict);
	char held[COMMENT_BYTES + HELD_BYTES];
	const char *text = comment->text;
	uint32_t len = comment->len;

	if (chunk->interface[i] >= outputs->interfaces)
		declare_interfaces(outputs, chunk->interface[i]);
	if (verdict->fate == FATE_HOLD) {
		len = comment_held(comment, packet, verdict, held);
		text = held;
	}
	pcapng_write(outputs->verdicts, chunk->interface[i], chunk->captured_ns[i], packet->frame,
		packet->captured, packet->wire, text, len);
	if (verdict->fate == FATE_FORWARD)
		pcapng_write(outputs->out, chunk->interface[i], packet->time_ns, packet->frame,
			packet->captured, packet->wire, NULL, 0);
}

/* What the box sends in answer to the packet, kept until it leaves. False when memory is gone. */
static bool answer(struct outputs *outputs, const struct chunk *chunk, uint32_t i)
{
	const struct verdict *verdict = &chunk->verdicts[i];
	const struct reset *reset = verdict->reset;
	uint8_t interface = chunk->interface[i];
	enum link_layer link = playback_interface(outputs->playback, interface).link;
	unsigned count = outputs->out && reset ? reset_count(reset) : 0;

	for (unsigned n = 0; n < count; n++) {
		uint8_t frame[RESET_BYTES_MAX];
		bool back;
		uint32_t bytes = reset_make(verdict, &chunk->packets[i], link, n, frame, &back);

		if (bytes && !departures_make(outputs->departures, &chunk->packets[i],
				     verdict->leaves_ns + reset->delay_ns, frame, bytes, interface))
			return false;
	}
	return true;
}

static void write_made(struct outputs *outputs, const struct departure *departure)
{
	char text[HELD_BYTES];
	int len = snprintf(text, sizeof(text), "made=rst answers=%" PRIu64, departure->index);

	pcapng_write(outputs->out, departure->interface, departure->verdict.leaves_ns,
		departure->frame, departure->captured, departure->wire, text, (uint32_t)len);
}

static void write_departure(struct outputs *outputs, const struct departure *departure)
{
	uint64_t time_ns = departure->verdict.leaves_ns;

	series_deliver(outputs->series, time_ns, &departure->verdict, departure->bytes);
	if (outputs->out)
		pcapng_write(outputs->out, departure->interface, time_ns, departure->frame,
			departure->captured, departure->wire, NULL, 0);
}

/* What leaves by then. */
static void let_go(struct outputs *outputs, uint64_t now_ns)
{
	struct departure *departure;

	while ((departure = departures_next(outputs->departures, now_ns))) {
		if (departure->made)
			write_made(outputs, departure);
		else
			write_departure(outputs, departure);
		free(departure);
	}
}

/* All that left before this packet came has been written. False when memory is gone. */
static bool add_packet(struct outputs *outputs, const struct chunk *chunk, uint32_t i)
{
	const struct packet *packet = &chunk->packets[i];
	const struct verdict *verdict = &chunk->verdicts[i];
	uint32_t bytes = verdict->flow ? packet->l3_bytes : packet->wire;

	let_go(outputs, packet->time_ns);
	series_add(outputs->series, packet->time_ns, verdict, bytes);
	sequences_add(outputs->words.sequences, packet, verdict);
	if (outputs->verdicts)
		write_packet(outputs, chunk, i);
	if (verdict->fate == FATE_HOLD &&
		!departures_hold(outputs->departures, packet, verdict, bytes, chunk->interface[i]))
		return false;
	return !verdict->reset || answer(outputs, chunk, i);
}

static void sum_up(struct outputs *outputs, const struct chunk *chunk)
{
	if (chunk->count && !outputs->totals.packets)
		outputs->totals.first_ns = chunk->packets[0].time_ns;
	if (chunk->count)
		outputs->totals.last_ns = chunk->packets[chunk->count - 1].time_ns;
	outputs->totals.packets += chunk->count;
}

bool outputs_chunk(void *context, const struct chunk *chunk, struct failure *failure)
{
	struct outputs *outputs = context;
	struct flow_rows *lists[SHARDS];

	for (uint32_t i = 0; i < chunk->count; i++) {
		if (!add_packet(outputs, chunk, i))
			return failure_set(failure, EXIT_REFUSED,
				"out of memory for packets that are held: try fewer (--hold)");
	}
	if (chunk->last)
		let_go(outputs, UINT64_MAX);
	sum_up(outputs, chunk);
	for (int shard = 0; shard < SHARDS; shard++)
		lists[shard] = (struct flow_rows *)&chunk->rows[shard];
	if (!flow_rows_write(
		    lists, SHARDS, &outputs->words, &outputs->totals.flows, outputs->flows))
		return failure_set(failure, EXIT_REFUSED, "out of memory for flows.csv");
	if (ferror(outputs->flows) || ferror(outputs->series_file))
		return failure_set(failure, EXIT_REFUSED, "cannot write the output: disk full?");
	return true;
}

static bool write_counters(
	struct outputs *outputs, const struct counters *counters, struct failure *failure)
{
	FILE *file = folder_open(outputs->folder, "counters.json", failure);
	struct snapshot names;
	json_t *json = NULL;
	bool good;

	if (snapshot_begin(&names, "", outputs->words.ruleset, NULL, 0))
		json = counters_json(counters, names.rules, names.rule_count, false);
	snapshot_end(&names);
	good = file && json && !json_dumpf(json, file, JSON_INDENT(2));
	json_decref(json);
	if (!file)
		return false;
	fputc('\n', file);
	good = folder_close_file(file, "counters.json", failure) && good;
	return good ? true : failure_set(failure, EXIT_REFUSED, "cannot write counters.json");
}

static bool write_sequences(struct outputs *outputs, struct failure *failure)
{
	FILE *file = folder_open(outputs->folder, "sequences.json", failure);

	if (!file)
		return false;
	sequences_write(outputs->words.sequences, file);
	return folder_close_file(file, "sequences.json", failure);
}

static bool close_captures(struct outputs *outputs, struct failure *failure)
{
	bool good = true;

	if (outputs->verdicts)
		good = pcapng_close(outputs->verdicts, failure) && good;
	if (outputs->out)
		good = pcapng_close(outputs->out, failure) && good;
	outputs->verdicts = outputs->out = NULL;
	return good;
}

bool outputs_finish(struct outputs *outputs, const struct counters *counters,
	struct outputs_totals *totals, struct failure *failure)
{
	bool good;

	series_end(outputs->series);
	outputs->series = NULL;
	good = folder_close_file(outputs->flows, "flows.csv", failure);
	good = folder_close_file(outputs->series_file, "series.csv", failure) && good;
	outputs->flows = outputs->series_file = NULL;
	good = close_captures(outputs, failure) && good;
	*totals = outputs->totals;
	return good && write_counters(outputs, counters, failure) &&
	       write_sequences(outputs, failure);
}
