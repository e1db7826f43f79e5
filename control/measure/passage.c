/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/passage.h"

#include "control/capture.h"
#include "control/progress.h"
#include "control/timeline.h"

#include <stdio.h>

struct passage {
	const struct passage_listener *listener;
	struct capture *capture;
	struct connections *connections;
	struct timeline timeline;
	struct progress progress;
	struct passage_totals *totals;
};

static bool take(
	struct passage *passage, const struct capture_frame *frame, struct failure *failure)
{
	struct packet packet;

	packet_parse(&packet, frame->link, frame->data, frame->captured, frame->wire);
	packet.time_ns = timeline_at(&passage->timeline, frame->time_ns);
	packet.index = ++passage->totals->packets;
	if (passage->listener->time)
		passage->listener->time(passage->listener->connections.context, packet.time_ns);
	if (packet.kind != PACKET_FLOW ||
		(packet.proto != PROTO_TCP && packet.proto != PROTO_UDP)) {
		passage->totals->other++;
		return true;
	}
	return connections_take(passage->connections, &packet) ||
	       failure_set(failure, EXIT_REFUSED, "out of memory");
}

static bool take_all(struct passage *passage, struct warnings *warnings, struct failure *failure)
{
	struct capture_frame frame;
	uint64_t done, total;
	int answer;

	while ((answer = capture_next(passage->capture, &frame, warnings, failure)) == 1) {
		if (!take(passage, &frame, failure))
			return false;
		if (passage->totals->packets % 4096)
			continue;
		capture_progress(passage->capture, &done, &total);
		progress_update(&passage->progress, done, total);
	}
	return answer == 0;
}

static void warn(const struct passage *passage, struct warnings *warnings)
{
	const struct timeline *time = &passage->timeline;
	uint64_t crowded = connections_crowded_out(passage->connections);

	if (time->large_steps)
		warnings_add(warnings,
			"time stamps step back %llu times, by up to %.1f s: time goes on from "
			"there",
			(unsigned long long)time->large_steps, (double)time->largest_step_ns / 1e9);
	if (crowded)
		warnings_add(warnings,
			"more than %d connections at a time: %llu were ended before their own "
			"end",
			PASSAGE_CONNECTIONS, (unsigned long long)crowded);
}

bool passage_run(const struct option_list *captures, const char *what,
	const struct passage_listener *listener, struct passage_totals *totals,
	struct warnings *warnings, struct failure *failure)
{
	struct passage passage = {
		.listener = listener,
		.totals = totals,
		.timeline = timeline_begin(1),
	};
	bool good;

	passage.capture = capture_open(captures->items, captures->count, failure);
	if (!passage.capture)
		return false;
	capture_forgo_digests(passage.capture);
	passage.connections = connections_new(PASSAGE_CONNECTIONS, &listener->connections);
	progress_begin(&passage.progress, what);
	good = passage.connections ? take_all(&passage, warnings, failure)
				   : failure_set(failure, EXIT_REFUSED, "out of memory");
	progress_end(&passage.progress);
	if (good)
		warn(&passage, warnings);
	connections_free(passage.connections);
	capture_close(passage.capture);
	return good;
}

void passage_print_warnings(const struct warnings *warnings)
{
	for (int i = 0; i < warnings->count; i++)
		fprintf(stderr, "sluice: warning: %s\n", warnings->text[i]);
}
